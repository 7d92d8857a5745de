// The library is found where the build hook left it, without a word of where
// that is. `dart run` writes what is found here by hand: the VM's list of a
// program's code assets, beside its package config.
import 'dart:ffi';
import 'dart:io';

import 'package:test/test.dart';

import 'support/packages.dart';
import 'support/servers.dart';

const _variable = 'RUST_WEB_SOCKET_LIBRARY';

void main() {
  final library = Platform.environment[_variable];
  late Directory app;
  setUp(() => app = Directory.systemTemp.createTempSync('code_asset'));
  tearDown(() => app.deleteSync(recursive: true));

  /// Runs a program that echoes, with [assets] as the VM's list.
  Future<ProcessResult> run({String? assets}) async {
    final tool = Directory('${app.path}/.dart_tool')..createSync();
    final packages = File('${tool.path}/package_config.json');
    writePackageConfig(packages, const {});
    if (assets != null) {
      File('${tool.path}/native_assets.yaml').writeAsStringSync(assets);
    }
    final program = 'connect_and_close.dart';
    File.fromUri(
      repository.uri.resolve('tests/dart/programs/$program'),
    ).copySync('${app.path}/$program');
    return Process.run(
      Platform.resolvedExecutable,
      [
        '--packages=${packages.path}',
        '${app.path}/$program',
        '${await serveEcho()}',
      ],
      environment: {...Platform.environment}..remove(_variable),
      includeParentEnvironment: false,
    );
  }

  // Each starts the compiler, which takes seconds.
  const timeout = Timeout(Duration(minutes: 2));

  test(
    'the asset of the build hook is loaded',
    timeout: timeout,
    () async {
      final result = await run(
        assets:
            'format-version: [1, 0, 0]\n'
            'native-assets:\n'
            '  ${Abi.current()}:\n'
            '    "package:rust_web_socket/src/rust/frb_generated.io.dart":\n'
            '      ["absolute", "$library"]\n',
      );
      expect(result.stderr, '');
      expect(result.stdout, 'closed 1000\n');
    },
    skip: library == null ? '$_variable is not set' : null,
  );

  test('without an asset the failure says so', timeout: timeout, () async {
    final result = await run();
    expect(result.stderr, contains('LibraryException'));
    expect(result.stderr, contains('build hook'));
    expect(result.exitCode, isNot(0));
  });
}
