import 'hook_exception.dart';

/// What the app's pubspec says under `hooks: user_defines: rust_web_socket:`.
/// At most one of the options is set.
final class HookOptions {
  /// Creates options.
  const HookOptions({
    this.fromSource = false,
    this.library,
    this.libraryFolder,
  });

  /// Reads the options. [define] returns the value of a key, and [path] that of
  /// a key as a path relative to the pubspec.
  ///
  /// Throws a [HookException] if a value is invalid.
  factory HookOptions.read(
    Object? Function(String key) define,
    Uri? Function(String key) path,
  ) {
    final fromSource = define(_fromSource) ?? false;
    if (fromSource is! bool) {
      throw HookException(
        '$_place: $_fromSource is $fromSource. It must be true or false.',
      );
    }
    for (final key in [_library, _folder]) {
      final value = define(key);
      if (value != null && value is! String) {
        throw HookException('$_place: $key is $value. It must be a path.');
      }
    }
    final set = [
      if (fromSource) _fromSource,
      for (final key in [_library, _folder])
        if (define(key) != null) key,
    ];
    if (set.length > 1) {
      throw HookException(
        '$_place: ${set.join(' and ')} exclude each other. Keep one.',
      );
    }
    final folder = path(_folder);
    return HookOptions(
      fromSource: fromSource,
      library: path(_library),
      libraryFolder: folder == null || folder.path.endsWith('/')
          ? folder
          : folder.replace(path: '${folder.path}/'),
    );
  }

  static const _place = 'hooks: user_defines: rust_web_socket';
  static const _fromSource = 'from_source';
  static const _library = 'library';
  static const _folder = 'library_folder';

  /// Whether the library is built from the Rust sources, also if the package
  /// has it.
  final bool fromSource;

  /// A library to use instead of the package's.
  final Uri? library;

  /// A folder with libraries to use instead of the package's.
  final Uri? libraryFolder;
}
