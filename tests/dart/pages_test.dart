// The files, tests and commands that the documentation names exist.
import 'dart:io';

import 'package:test/test.dart';

import 'support/packages.dart';

void main() {
  final root = repository;
  File fileOf(String path) => File.fromUri(root.uri.resolve(path));
  bool exists(String path) =>
      FileSystemEntity.typeSync('${root.path}/$path') !=
      FileSystemEntityType.notFound;

  final pages = {
    for (final folder in ['', 'dart', 'dart/example', 'docs', 'example_app'])
      for (final entry in Directory('${root.path}/$folder').listSync())
        if (entry is File && entry.path.endsWith('.md'))
          [
            if (folder.isNotEmpty) folder,
            entry.uri.pathSegments.last,
          ].join('/'): entry
              .readAsStringSync(),
  };

  test('the pages are found', () {
    expect(pages.keys, containsAll(['README.md', 'docs/systems.md']));
  });

  test('each file that a page links to', () {
    final link = RegExp(r'\]\(([^)#:]+)(?:#[^)]*)?\)');
    final missing = [
      for (final MapEntry(key: page, value: text) in pages.entries)
        for (final match in link.allMatches(text))
          if (!exists(Uri.parse(page).resolve(match[1]!).path))
            '$page: ${match[1]}',
    ];
    expect(missing, isEmpty);
  });

  test('each command', () {
    final program = fileOf('rust/xtask/src/main.rs').readAsStringSync();
    final tasks = program.substring(program.indexOf('enum Task {'));
    final names = {
      for (final match in RegExp(
        r'^    ([A-Z]\w*)[(,\s{]',
        multiLine: true,
      ).allMatches(tasks.substring(0, tasks.indexOf('\n}'))))
        // As clap has it: CheckApp is check-app.
        match[1]!
            .replaceAllMapped(
              RegExp('(?<=[a-z])[A-Z]'),
              (letter) => '-${letter[0]}',
            )
            .toLowerCase(),
    };
    expect(names, containsAll(['test', 'check-app', 'dart']));
    final command = RegExp(r'cargo xtask\s+([a-z][a-z0-9-]*)');
    final missing = {
      for (final MapEntry(key: page, value: text) in pages.entries)
        for (final match in command.allMatches(text))
          if (!names.contains(match[1])) '$page: ${match[1]}',
    };
    expect(missing, isEmpty);
  });

  group('docs/systems.md names', () {
    final page = pages['docs/systems.md']!;

    test('files that exist', () {
      final path = RegExp(r'[\w.]+(?:/[\w.]+)+\.(?:dart|js|md)\b');
      final paths = {for (final match in path.allMatches(page)) match[0]!};
      expect(paths.length, greaterThan(15));
      expect([
        for (final path in paths)
          // The package's libraries by their URI.
          if (path != 'rust_web_socket/w3c.dart' && !exists(path)) path,
      ], isEmpty);
    });

    test('tests that exist', () {
      final reference = RegExp(r'`([\w/]+_test\.dart)`: "(.+?)" \|');
      final missing = <String>[];
      var count = 0;
      for (final match in reference.allMatches(page)) {
        count++;
        final [path, name] = match.groups([1, 2]).cast<String>();
        // A quotation mark within the quotes of Dart's.
        final text = fileOf(path).readAsStringSync().replaceAll(r'\', '');
        if (!text.contains("'$name")) missing.add('$path: $name');
      }
      expect(missing, isEmpty);
      expect(count, greaterThan(25));
    });

    test('filters that match a test file', () {
      final files = [
        for (final folder in ['dart/test', 'tests/dart', 'example_app/test'])
          for (final entry in Directory(
            '${root.path}/$folder',
          ).listSync(recursive: true))
            if (entry.path.endsWith('_test.dart')) entry.uri.path,
      ];
      final filter = RegExp(r'`cargo xtask test ([\w/]+)`');
      expect({
        for (final match in filter.allMatches(page))
          if (match[1] != 'NAME' &&
              !files.any((file) => file.contains(match[1]!)))
            match[1],
      }, isEmpty);
    });

    test('a command in each row', () {
      final rows = page
          .split('\n')
          .where((line) => line.startsWith('| ') && line.contains('.dart`'));
      final command = RegExp(r'\| `(?:cargo xtask|flutter|node) [^|]+ \|$');
      expect(rows.where((row) => !command.hasMatch(row)), isEmpty);
    });
  });
}
