// What tools see of connections, and that a release build shows nothing.
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

import 'package:test/test.dart';

import 'support/packages.dart';
import 'support/program.dart';
import 'support/servers.dart';

const _variable = 'RUST_WEB_SOCKET_LIBRARY';

void main() {
  late Uri server;

  Future<Map<String, dynamic>> run({required bool isRelease}) async {
    server = await serveEcho();
    final program = repository.uri.resolve('tests/dart/programs/');
    final started = await Program.start(Platform.resolvedExecutable, [
      '--packages=${(await Isolate.packageConfig)!.toFilePath()}',
      // The VM has no release mode. This is what a release build has set, and
      // what the compiler drops the code by.
      if (isRelease) '-Ddart.vm.product=true',
      program.resolve('what_tools_see.dart').toFilePath(),
      '$server/chat?token=s3cret',
    ]);
    final seen = jsonDecode(await started.line) as Map<String, dynamic>;
    expect(seen['isRelease'], isRelease);
    return seen;
  }

  // Each starts the compiler, which takes seconds.
  group(
    timeout: const Timeout(Duration(minutes: 2)),
    skip: Platform.environment.containsKey(_variable)
        ? null
        : '$_variable is not set',
    'tools see',
    () {
      test('the connections of a debug build, without secrets', () async {
        final seen = await run(isRelease: false);
        expect(
          seen['extensions'],
          containsAll([
            for (final it in ['connections', 'watch', 'frames', 'send'])
              'ext.rust_web_socket.$it',
          ]),
        );
        expect(seen['upgrades'], [
          {
            'uri': '$server/chat?token=...',
            'status': 101,
            'phases': [
              startsWith('lookup '),
              'tcp ${server.authority}',
              'upgrade ${server.authority} 101',
            ],
          },
        ]);
      });

      test('nothing of a release build', () async {
        final seen = await run(isRelease: true);
        expect(seen['extensions'], isEmpty);
        expect(seen['upgrades'], isEmpty);
      });
    },
  );
}
