import 'dart:io';

/// The files of the package that a program on the web reaches.
final class WebPackage {
  /// Reads them from the folder of the package.
  WebPackage(this._root) {
    for (final file in _lib.listSync().whereType<File>()) {
      // For dart:io's platforms alone; nothing else may import it.
      if (!file.uri.path.endsWith('/lib/io.dart')) _add(file.uri);
    }
  }

  final Directory _root;

  /// What the files hold, with every conditional import decided.
  final Map<String, String> files = {};

  /// The libraries of the SDK, and who imports each.
  final Map<String, Set<String>> sdkImports = {};

  Directory get _lib => Directory.fromUri(_root.uri.resolve('lib/'));

  /// The public libraries.
  Iterable<String> get libraries =>
      files.keys.where((name) => !name.contains('/') && name.endsWith('.dart'));

  static final _condition = RegExp(
    r"'[^']*'\s+if \(dart\.library\.js_interop\)\s+('[^']*')",
  );
  static final _directive = RegExp(
    r"^(?:import|export|part)\s+'([^']+)'",
    multiLine: true,
  );

  void _add(Uri file) {
    final name = file.path.substring(_lib.uri.path.length);
    if (files.containsKey(name)) return;
    final source = File.fromUri(
      file,
    ).readAsStringSync().replaceAllMapped(_condition, (match) => match[1]!);
    files[name] = source;
    for (final match in _directive.allMatches(source)) {
      final target = Uri.parse(match[1]!);
      switch (target.scheme) {
        case 'dart':
          sdkImports.putIfAbsent('$target', () => {}).add(name);
        case '':
          _add(file.resolveUri(target));
      }
    }
  }

  /// Writes the package, with the stand-in for what no VM has.
  void write(Directory root) {
    for (final MapEntry(:key, :value) in files.entries) {
      File('${root.path}/lib/$key')
        ..createSync(recursive: true)
        ..writeAsStringSync(
          value.replaceAll(
            "'dart:js_interop'",
            "'package:js_interop/js_interop.dart'",
          ),
        );
    }
  }
}
