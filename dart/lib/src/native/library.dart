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
/// An app needs not call it: the first connect loads the library that the
/// build bundled. Tests and command-line programs may name another one.
abstract final class RustWebSocketLibrary {
  static Outgoing? _outgoing;

  /// Loads the library, unless this isolate has it already: from [path], else
  /// if [fromEnvironment] is true from the path in the environment variable
  /// `RUST_WEB_SOCKET_LIBRARY`, else the one that the package's build hook made
  /// for this program or app.
  ///
  /// [fromEnvironment] is false by default in a release build, such as those of
  /// `flutter build` and `dart compile exe`: whoever sets the environment could
  /// make the app run any code.
  ///
  /// Throws a [LibraryException] if there is none, or it is of another version
  /// than this package. A later call tries again.
  static void load({String? path, bool fromEnvironment = !_isRelease}) =>
      _load(path, fromEnvironment);

  /// What the library logs at [level] and above, while somebody listens; all of
  /// the process, not of this isolate alone. Without a listener it logs nothing.
  ///
  /// What the libraries below it log is left out. In a browser there is nothing to
  /// log.
  /// Without the library the stream is a [LibraryException].
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

  /// What the library does for each message.
  static Outgoing get _loaded => _outgoing ?? _load(null, !_isRelease);

  static Outgoing _load(String? path, bool fromEnvironment) => _outgoing ??=
      _open(path ?? (fromEnvironment ? Platform.environment[_variable] : null));

  static Outgoing _open(String? path) {
    final library = path == null ? _openBundled() : _tryOpen(path);
    // Before the generated bindings, which are bound once and for all.
    if (Outgoing.fits(library.ffiDynamicLibrary)) {
      final outgoing = Outgoing(library.ffiDynamicLibrary);
      // Its state is set before the future completes, which is a failure's only
      // way to tell; what can fail is that versions differ.
      RustLib.init(externalLibrary: library).ignore();
      if (RustLib.instance.initialized) return outgoing;
    }
    throw LibraryException(
      'The native library ${path ?? 'of this app'} is of another version '
      'than package:rust_web_socket: build it anew',
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
      throw LibraryException(
        'The native library $name could not be loaded (${error.message}): '
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
    Abi.windowsArm64 ||
    Abi.windowsX64 ||
    Abi.windowsIA32 => const ['rust_web_socket.dll'],
    _ => const ['librust_web_socket.so'],
  };
}

/// The data path of the loaded library, which is loaded if need be.
Outgoing get nativeOutgoing => RustWebSocketLibrary._loaded;
