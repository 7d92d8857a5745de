// Every sample of Dart in the README, in docs/ and in the package's dartdoc
// compiles.
//
// A sample with imports or a `main` stands alone; another one becomes the body
// of a function, with the package imported, and the library that it is in. One
// that can't be compiled here has `ignore` after the language.
import 'dart:io';

import 'package:test/test.dart';

import 'support/packages.dart';

void main() {
  final root = repository;
  late final Directory folder;
  setUpAll(() => folder = Directory.systemTemp.createTempSync('samples'));
  tearDownAll(() => folder.deleteSync(recursive: true));

  test('the samples compile', () async {
    final samples = [
      for (final file in _filesWithSamples(root)) ..._samplesOf(file, root),
    ];
    final compiled = [
      for (final sample in samples)
        if (!sample.isIgnored) sample,
    ];
    expect(compiled.length, greaterThan(8), reason: 'they are found');
    final ignored = [
      for (final sample in samples)
        if (sample.isIgnored) sample.place,
    ];
    print('${compiled.length} samples; not compiled: ${ignored.join(', ')}');

    // One program, since each start of the compiler takes seconds.
    final main = StringBuffer();
    for (final (index, sample) in compiled.indexed) {
      final name = 'sample_$index.dart';
      File('${folder.path}/$name').writeAsStringSync(sample.library);
      main.writeln("import '$name' as sample_$index;");
    }
    main.writeln('void main() {}');
    final program = File('${folder.path}/main.dart')
      ..writeAsStringSync('$main');
    final packages = File('${folder.path}/packages.json');
    final interfaces = Directory.fromUri(root.uri.resolve('tests/interfaces/'));
    writePackageConfig(
      packages,
      const {},
      additions: {
        for (final folder in interfaces.listSync().whereType<Directory>())
          folder.uri.pathSegments.lastWhere((it) => it.isNotEmpty): folder,
      },
    );
    final output = File('${folder.path}/main.dill');
    final errors = await compile(program, packages, output);
    expect(
      errors.replaceAllMapped(
        RegExp(r'\S*sample_(\d+)\.dart:(\d+)'),
        (match) => compiled[int.parse(match[1]!)].lineOf(int.parse(match[2]!)),
      ),
      '',
    );
    // With the real packages the compiler reads all of Flutter.
  }, timeout: const Timeout(Duration(minutes: 4)));

  test('samples are found in all kinds of files', () {
    final file = File('${folder.path}/found.md')
      ..writeAsStringSync(
        '```dart\nprint(1);\n```\n'
        '- item\n\n  ```dart ignore\n  nonsense\n  ```\n'
        '```sh\nls\n```\n'
        '/// ```dart\n/// void main() {}\n/// ```\n',
      );
    final samples = _samplesOf(file, folder);
    expect(samples.map((it) => it.code), [
      'print(1);\n',
      'nonsense\n',
      'void main() {}\n',
    ]);
    expect(samples.map((it) => it.isIgnored), [false, true, false]);
    expect(samples.map((it) => it.place), [
      'found.md:1',
      'found.md:6',
      'found.md:12',
    ]);
    expect(samples.first.library, contains('Future<void> sample() async {'));
    expect(samples.last.library, isNot(contains('sample()')));
  });
}

/// A block of Dart in a text.
final class _Sample {
  _Sample(this.file, this.line, this.code, {required this.isIgnored});

  final String file;

  /// Where the block begins.
  final int line;
  final String code;
  final bool isIgnored;

  String get place => '$file:$line';

  static final _alone = RegExp(
    r"^(?:import '|library|(?:void|Future<void>) main\()",
    multiLine: true,
  );

  bool get _standsAlone => code.contains(_alone);

  static final _publicLibrary = RegExp(r'^dart/lib/(\w+\.dart)$');

  String get _head {
    final imports = {
      'package:rust_web_socket/rust_web_socket.dart',
      if (_publicLibrary.firstMatch(file) case final match?)
        'package:rust_web_socket/${match[1]}',
      'package:test/test.dart',
    };
    return [
      for (final library in imports) "import '$library';\n",
      'Future<void> sample() async {\n',
    ].join();
  }

  /// The library to compile.
  String get library => _standsAlone ? code : '$_head$code}\n';

  /// Where in the text line [compiled] of the library is.
  String lineOf(int compiled) {
    final before = _standsAlone ? 0 : '\n'.allMatches(_head).length;
    return '$file:${line + compiled - before}';
  }
}

Iterable<File> _filesWithSamples(Directory root) sync* {
  yield File.fromUri(root.uri.resolve('README.md'));
  yield File.fromUri(root.uri.resolve('CONTRIBUTING.md'));
  for (final folder in ['dart/', 'docs/']) {
    final entries = Directory.fromUri(root.uri.resolve(folder)).listSync();
    yield* entries.whereType<File>().where((it) => it.path.endsWith('.md'));
  }
  yield* _dartFiles(Directory.fromUri(root.uri.resolve('dart/lib/')));
}

Iterable<File> _dartFiles(Directory folder) => folder
    .listSync(recursive: true)
    .whereType<File>()
    .where((it) => it.path.endsWith('.dart'));

String _nameOf(File file, Directory root) =>
    file.absolute.uri.path.substring(root.absolute.uri.path.length);

/// The blocks in [file], in Markdown or in dartdoc.
List<_Sample> _samplesOf(File file, Directory root) {
  final fence = RegExp(r'^(\s*(?:/// ?)?\s*)```(.*)$');
  final samples = <_Sample>[];
  final lines = file.readAsLinesSync();
  for (var i = 0; i < lines.length; i++) {
    final open = fence.firstMatch(lines[i]);
    if (open == null) continue;
    final margin = open[1]!.length;
    final [language, ...rest] = open[2]!.trim().split(RegExp(r'\s+'));
    final begin = i + 1;
    final code = StringBuffer();
    while (++i < lines.length && !fence.hasMatch(lines[i])) {
      // An empty line may lack the margin.
      code.writeln(lines[i].length < margin ? '' : lines[i].substring(margin));
    }
    if (language != 'dart') continue;
    samples.add(
      _Sample(
        _nameOf(file, root),
        begin,
        '$code',
        isIgnored: rest.contains('ignore'),
      ),
    );
  }
  return samples;
}
