import 'dart:async';
import 'dart:ffi';
import 'dart:io';

/// A native library that is loaded.
class ExternalLibrary {
  /// Loads the library at [path], or by name from the system's search path.
  ExternalLibrary.open(String path, {String debugInfo = ''})
    : ffiDynamicLibrary = DynamicLibrary.open(path),
      debugInfo = 'opened as $path $debugInfo';

  /// The symbols of the process itself.
  ExternalLibrary.process({
    required bool iKnowHowToUseIt,
    String debugInfo = '',
  }) : ffiDynamicLibrary = DynamicLibrary.process(),
       debugInfo = 'symbols of the process $debugInfo';

  final DynamicLibrary ffiDynamicLibrary;

  /// Where the library came from, for error messages.
  final String debugInfo;
}

/// Where generated code says that its library is.
class ExternalLibraryLoaderConfig {
  const ExternalLibraryLoaderConfig({
    required this.stem,
    required this.ioDirectory,
    required this.webPrefix,
    this.wasmBindgenName = 'wasm_bindgen',
  });

  /// File name without prefix and extension.
  final String stem;

  /// Folder to look in first, relative to the current directory.
  final String? ioDirectory;

  /// Unused here: there is no web.
  final String? webPrefix;

  /// Unused here: there is no web.
  final String wasmBindgenName;
}

/// Loads the library of [config] from its folder, else by its bare name.
FutureOr<ExternalLibrary> loadExternalLibrary(
  ExternalLibraryLoaderConfig config,
) {
  final name = switch (Platform.operatingSystem) {
    'windows' => '${config.stem}.dll',
    'macos' || 'ios' => 'lib${config.stem}.dylib',
    _ => 'lib${config.stem}.so',
  };
  if (config.ioDirectory case final folder?) {
    final path = Directory.current.uri
        .resolve(folder)
        .resolve(name)
        .toFilePath();
    if (File(path).existsSync()) return ExternalLibrary.open(path);
  }
  return ExternalLibrary.open(name);
}
