import 'dart:async';
import 'dart:ffi';
import 'dart:io';
import 'dart:isolate';

import 'package:flutter_rust_bridge/flutter_rust_bridge_for_generated.dart'
    show ExternalLibrary;

import '../exceptions/connect_exception.dart';
import '../log_record.dart';
import '../rust/api/connection.dart' as rust;
import '../rust/frb_generated.dart';
import 'code_asset.dart';
import 'outgoing.dart';

/// The native library of this package.
///
/// An app need not call it: the first connect loads the library that the build
/// bundled. Tests and command-line programs may load another one.
abstract final class RustWebSocketLibrary {
  static Outgoing? _outgoing;

  /// Lives as long as the isolate.
  // ignore: unused_field
  static _IsolateRegistration? _registration;

  /// Loads the library, unless this isolate has loaded it. The file is [path];
  /// otherwise, if [fromEnvironment] is true, that of the environment variable
  /// `RUST_WEB_SOCKET_LIBRARY`; otherwise the one that the package's build hook
  /// made for this program or app.
  ///
  /// [fromEnvironment] is false by default in a release build, such as those of
  /// `flutter build` and `dart compile exe`, since control of the environment
  /// would allow running any code in the app.
  ///
  /// Throws a [LibraryException] if the library can't be loaded or has another
  /// version than this package. A later call tries again.
  static void load({String? path, bool fromEnvironment = !_isRelease}) =>
      _load(path, fromEnvironment);

  /// The library's log records of [level] and above, from all isolates of the
  /// process. Without a listener nothing is logged.
  ///
  /// Records of the library's dependencies are left out. In a browser the
  /// stream is empty. If the library can't be loaded, its error is a
  /// [LibraryException].
  static Stream<WebSocketLogRecord> logs({LogLevel level = LogLevel.info}) {
    try {
      load();
    } on LibraryException catch (error, stackTrace) {
      return Stream.error(error, stackTrace);
    }
    late final RawReceivePort port;
    late final StreamController<WebSocketLogRecord> records;
    return (records = StreamController(
      onListen: () {
        port = RawReceivePort((Object? message) {
          if (message case [
            final int level,
            final int time,
            final String target,
            final String text,
          ]) {
            records.add(
              WebSocketLogRecord(
                DateTime.fromMicrosecondsSinceEpoch(time),
                LogLevel.values[level - 1],
                target,
                text,
              ),
            );
          }
        }, 'rust_web_socket logs');
        _setLogLevel(port, level.index + 1);
      },
      onCancel: () {
        _setLogLevel(port, 0);
        port.close();
      },
    )).stream;
  }

  static void _setLogLevel(RawReceivePort port, int level) =>
      rust.setLogLevel(port: port.sendPort.nativePort, level: level);

  /// The functions of the data path.
  static Outgoing get _loaded => _outgoing ?? _load(null, !_isRelease);

  static Outgoing _load(String? path, bool fromEnvironment) => _outgoing ??=
      _open(path ?? (fromEnvironment ? Platform.environment[_variable] : null));

  static Outgoing _open(String? path) {
    final library = path == null ? _openBundled() : _tryOpen(path);
    // Before the generated bindings, which can be initialised only once.
    if (Outgoing.fits(library.ffiDynamicLibrary)) {
      final outgoing = Outgoing(library.ffiDynamicLibrary);
      // The state is set synchronously. The future fails only if the library
      // was built from other bindings. The runtime's version may be another
      // plugin's choice, within the range that the pubspec gives.
      RustLib.init(
        externalLibrary: library,
        forceSameCodegenVersion: false,
      ).ignore();
      if (RustLib.instance.initialized) {
        _registration = _IsolateRegistration(library.ffiDynamicLibrary);
        return outgoing;
      }
    }
    throw LibraryException(
      'The native library ${path ?? 'of this app'} has another version than '
      'package:rust_web_socket: rebuild it',
    );
  }

  static ExternalLibrary _openBundled() {
    LibraryException? failure;
    for (final name in [
      if (codeAssetPath() case final path?) path,
      ..._bundledNames,
    ]) {
      try {
        return _tryOpen(name);
      } on LibraryException catch (error) {
        failure ??= error;
      }
    }
    throw failure!;
  }

  static ExternalLibrary _tryOpen(String name) {
    try {
      return ExternalLibrary.open(name);
    } on ArgumentError catch (error) {
      // Windows ends its message with a line break.
      final detail = '${error.message}'.replaceAll(RegExp(r'\s+'), ' ');
      throw LibraryException(
        'The native library $name could not be loaded ($detail): '
        'build the app with the package\'s build hook, or name another one '
        'with RustWebSocketLibrary.load',
      );
    }
  }

  static const _variable = 'RUST_WEB_SOCKET_LIBRARY';
  static const _isRelease = bool.fromEnvironment('dart.vm.product');

  static List<String> get _bundledNames => switch (Abi.current()) {
    Abi.iosArm64 || Abi.iosX64 || Abi.macosArm64 || Abi.macosX64 => const [
      'rust_web_socket.framework/rust_web_socket',
      'librust_web_socket.dylib',
    ],
    // Without a folder, Windows would look in the working folder and in PATH
    // too.
    Abi.windowsArm64 || Abi.windowsX64 || Abi.windowsIA32 => [
      '${File(Platform.resolvedExecutable).parent.path}\\rust_web_socket.dll',
    ],
    _ => const ['librust_web_socket.so'],
  };
}

/// Counts this isolate among those that use the library. The native bridge
/// stops posting messages when the last counted isolate ends.
///
/// flutter_rust_bridge's runtime registers only the first library that an
/// isolate loads. Without this, a library that another plugin precedes in one
/// isolate would fall silent there when another isolate ends.
final class _IsolateRegistration implements Finalizable {
  _IsolateRegistration(DynamicLibrary library)
    : _atEnd = NativeFinalizer(
        library.lookupFunction<
          Pointer<NativeFinalizerFunction> Function(),
          Pointer<NativeFinalizerFunction> Function()
        >('frb_create_shutdown_callback')(),
      ) {
    _atEnd.attach(this, nullptr);
  }

  final NativeFinalizer _atEnd;
}

/// The data path of the library, which is loaded if necessary.
Outgoing get nativeOutgoing => RustWebSocketLibrary._loaded;
