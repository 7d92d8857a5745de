// A page that does not answer ends the program that drives it.
import 'dart:io';
import 'dart:isolate';

import 'package:test/test.dart';

import '../dart/support/packages.dart';

void main() {
  late final Directory folder;
  late final File packages;
  late final File program;

  setUpAll(() async {
    folder = Directory.systemTemp.createTempSync('page_test');
    packages = File.fromUri((await Isolate.packageConfig)!);
    program = File('${folder.path}/lost_page.dill');
    final source = File('tests/browser/programs/lost_page.dart');
    expect(await compile(source, packages, program), '');
  });
  tearDownAll(() => folder.deleteSync(recursive: true));

  for (final (how, word) in [
    ('crashes', 'is gone: it crashed or was closed'),
    ('hangs', 'did not answer within 0:00:10.000000'),
    ('fails', 'failed: Uncaught ReferenceError'),
    ('does not load', 'did not load within 0:00:01.000000'),
  ]) {
    test(
      'a page that $how ends the program with a word',
      () async {
        final result = await Process.run(Platform.resolvedExecutable, [
          '--packages=${packages.path}',
          program.path,
          how,
        ]);
        expect(result.stderr, contains('error: the page in the browser $word'));
        expect(result.exitCode, 1);
      },
      timeout: const Timeout(Duration(minutes: 2)),
    );
  }
}
