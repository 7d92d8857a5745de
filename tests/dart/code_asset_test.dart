// Where the library is found. These tests write the VM's list of a program's
// code assets, which `dart run` writes beside its package config.
import 'dart:convert';
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

  /// Copies the library into [folder], with the name that an app's has.
  String copyLibrary(Directory folder) {
    final name = Uri.file(library!).pathSegments.last;
    folder.createSync();
    final copy = folder.uri.resolve(name).toFilePath();
    return File(library).copySync(copy).path;
  }

  /// The VM's list of code assets, with the library and [others].
  String assets({String? file, Map<String, String> others = const {}}) => [
    'format-version: [1, 0, 0]',
    'native-assets:',
    '  ${Abi.current()}:',
    for (final MapEntry(:key, :value) in {
      'rust/frb_generated.io.dart': file ?? library,
      ...others,
    }.entries) ...[
      '    "package:rust_web_socket/src/$key":',
      '      ["absolute", ${json.encode(value)}]',
    ],
    '',
  ].join('\n');

  /// Runs a program that connects, and returns what it prints.
  Future<List<String>> run({
    String? assets,
    Map<String, String> environment = const {},
    bool isRelease = false,
    List<String> arguments = const [],
    Directory? workingFolder,
  }) async {
    final tool = Directory('${app.path}/.dart_tool')..createSync();
    final packages = File('${tool.path}/package_config.json');
    writePackageConfig(packages, const {});
    if (assets != null) {
      File('${tool.path}/native_assets.yaml').writeAsStringSync(assets);
    }
    const program = 'connect_once.dart';
    File.fromUri(
      repository.uri.resolve('tests/dart/programs/$program'),
    ).copySync('${app.path}/$program');
    final process = await Process.start(
      Platform.resolvedExecutable,
      [
        '--packages=${packages.path}',
        if (isRelease) '-Ddart.vm.product=true',
        '${app.path}/$program',
        '${await serveEcho()}',
        ...arguments,
      ],
      environment: {...Platform.environment}
        ..remove(_variable)
        ..addAll(environment),
      includeParentEnvironment: false,
      workingDirectory: workingFolder?.path,
    );
    addTearDown(process.kill);
    process.stderr.listen(stderr.add);
    final lines = await process.stdout
        .transform(utf8.decoder)
        .transform(const LineSplitter())
        .toList();
    expect(await process.exitCode, 0);
    expect(lines.removeAt(0), isRelease ? 'release' : 'debug');
    return lines;
  }

  final failsToLoad = equals([startsWith('LibraryException: ')]);

  // Each starts the compiler, which takes seconds.
  group(
    'the library is',
    timeout: const Timeout(Duration(minutes: 2)),
    skip: library == null ? '$_variable is not set' : null,
    () {
      test('the asset of the build hook', () async {
        expect(await run(assets: assets()), ['open']);
      });

      test('named in the error when it is missing', () async {
        final output = await run();
        expect(output, failsToLoad);
        expect(output.single, contains('build hook'));
      });

      test('a failed connect when its asset is unknown', () async {
        const others = {'native/code_asset.dart': '/does/not/exist.so'};
        expect(await run(assets: assets(others: others)), failsToLoad);
      }, testOn: '!windows');

      test('never taken from the working folder', () async {
        copyLibrary(app);
        expect(await run(workingFolder: app), failsToLoad);
      });

      test('in a folder with spaces and letters of any script', () async {
        final folder = Directory('${app.path}/Über uns 你好 🎉');
        final file = copyLibrary(folder);
        expect(await run(assets: assets(file: file)), ['open']);
        expect(
          await run(environment: {_variable: file}, workingFolder: folder),
          ['open'],
        );
      });

      test('that of the environment variable', () async {
        expect(await run(environment: {_variable: library!}), ['open']);
      });

      test(
        'in a release build that of the environment only on request',
        () async {
          final environment = {_variable: library!};
          expect(
            await run(environment: environment, isRelease: true),
            failsToLoad,
          );
          expect(
            await run(
              environment: environment,
              isRelease: true,
              arguments: ['from-environment'],
            ),
            ['open'],
          );
        },
      );
    },
  );
}
