// docs/contract.md names only tests that exist.
import 'dart:io';

import 'package:test/test.dart';

void main() {
  test('each test in docs/contract.md exists', () {
    final sources = <String, String>{};
    for (final (folder, prefix) in [
      ('tests/dart', ''),
      ('dart/test', ''),
      ('tests/browser', 'browser/'),
    ]) {
      for (final file in Directory(folder).listSync().whereType<File>()) {
        final name = file.uri.pathSegments.last;
        if (!name.endsWith('_test.dart')) continue;
        // Long names are written over several lines.
        sources.update(
          prefix + name.replaceAll('_test.dart', ''),
          (other) => other + file.readAsStringSync(),
          ifAbsent: file.readAsStringSync,
        );
      }
    }
    final references = RegExp(r'\| ([\w/]+): "(.+?)" \|');
    final missing = <String>[];
    var count = 0;
    for (final line in File('docs/contract.md').readAsLinesSync()) {
      final reference = references.firstMatch(line);
      if (reference == null) continue;
      count++;
      final [file, name] = reference.groups([1, 2]).cast<String>();
      if (!(sources[file] ?? '').contains(name)) missing.add('$file: $name');
    }
    expect(missing, isEmpty);
    expect(count, greaterThan(60));
  });
}
