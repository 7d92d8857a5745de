// The package's build hook, run as `dart` and `flutter` run it: one JSON file
// in, another out. A script replaces rustup.
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/src/hook/manifest.dart';
import 'package:test/test.dart';

import '../../dart/test/hook/support/libraries.dart';
import 'support/packages.dart';

/// What `rustup run VERSION cargo build` does, as far as the hook sees it.
const _rustup = r'''
#!/bin/sh
echo "$*" >> "$RUSTUP_LOG"
case "$*" in
  "target list"*) echo x86_64-unknown-linux-gnu ;;
  *"cargo build"*)
    while [ $# -gt 0 ]; do
      case "$1" in
        --target-dir) folder="$2" ;;
        --target) target="$2" ;;
      esac
      shift
    done
    mkdir -p "$folder/$target/release"
    echo library > "$folder/$target/release/librust_web_socket.so"
    echo "library: $0" > "$folder/$target/release/librust_web_socket.d"
    ;;
esac
''';

void main() {
  final noScripts = Platform.isWindows
      ? 'a shell script replaces rustup'
      : null;

  // Compiled once: each start of the compiler takes seconds.
  late final Directory compiled;
  setUpAll(() async {
    compiled = Directory.systemTemp.createTempSync('hook');
    final errors = await compile(
      File.fromUri(repository.uri.resolve('dart/hook/build.dart')),
      File.fromUri(Isolate.packageConfigSync!),
      File('${compiled.path}/build.dill'),
    );
    expect(errors, '');
  });
  tearDownAll(() => compiled.deleteSync(recursive: true));

  late Directory folder;
  setUp(() {
    folder = Directory.systemTemp.createTempSync('hook');
    Directory('${folder.path}/shared').createSync();
    Directory('${folder.path}/bin').createSync();
  });
  tearDown(() => folder.deleteSync(recursive: true));

  /// A path in [folder], with the system's separators.
  String at(String path) => folder.uri.resolve(path).toFilePath();

  void installRustup() {
    final file = File('${folder.path}/bin/rustup')..writeAsStringSync(_rustup);
    Process.runSync('chmod', ['+x', file.path]);
  }

  List<String> rustupCommands() =>
      File('${folder.path}/rustup.log').readAsLinesSync();

  /// Runs the hook for a package in [package].
  Future<(ProcessResult, Map<String, Object?>)> run(
    Directory package, {
    List<String> assetTypes = const ['code_assets/code'],
    String os = 'linux',
    String architecture = 'x64',
    Map<String, Object?> userDefines = const {},
  }) async {
    final input = File('${folder.path}/input.json');
    final output = File('${folder.path}/output.json');
    input.writeAsStringSync(
      json.encode({
        'package_name': 'rust_web_socket',
        'package_root': package.absolute.uri.toFilePath(),
        'out_dir_shared': at('shared/'),
        'out_file': output.path,
        'assets': <String, Object?>{},
        if (userDefines.isNotEmpty)
          'user_defines': {
            'workspace_pubspec': {
              'base_path': at('pubspec.yaml'),
              'defines': userDefines,
            },
          },
        'config': {
          'build_asset_types': assetTypes,
          'linking_enabled': false,
          if (assetTypes.isNotEmpty)
            'extensions': {
              'code_assets': {
                'target_os': os,
                'target_architecture': architecture,
                'link_mode_preference': 'dynamic',
              },
            },
        },
      }),
    );
    final result = await Process.run(
      Platform.resolvedExecutable,
      ['${compiled.path}/build.dill', '--config=${input.path}'],
      environment: {
        'PATH': '${folder.path}/bin:/bin:/usr/bin',
        'HOME': folder.path,
        // No program of Windows starts without it.
        if (Platform.environment['SystemRoot'] case final root?)
          'SystemRoot': root,
        'RUSTUP_LOG': '${folder.path}/rustup.log',
      },
      includeParentEnvironment: false,
    );
    return (
      result,
      json.decode(output.readAsStringSync()) as Map<String, Object?>,
    );
  }

  Matcher isAsset(Matcher file) => isA<Map<String, Object?>>().having(
    (it) => it['encoding'],
    'encoding',
    isA<Map<String, Object?>>()
        .having(
          (it) => it['id'],
          'id',
          'package:rust_web_socket/src/rust/frb_generated.io.dart',
        )
        .having((it) => it['file'], 'file', file),
  );

  final dart = Directory.fromUri(repository.uri.resolve('dart'));

  test('the library is built from the crate of the repository', () async {
    installRustup();
    final (result, output) = await run(dart);
    expect(result.exitCode, 0, reason: '${result.stderr}');
    final [asset] = output['assets']! as List<Object?>;
    expect(
      asset,
      isAsset(
        endsWith('x86_64-unknown-linux-gnu/release/librust_web_socket.so'),
      ),
    );
    final build = rustupCommands().firstWhere((it) => it.contains('build'));
    expect(build, matches(r'^run \S+ cargo build --release '));
    expect(build, contains('rust/bridge/Cargo.toml'));
    expect(build, contains('--locked'));
    final dependencies = output['dependencies']! as List<Object?>;
    for (final source in ['core/src/lib.rs', 'protocol/src/mask.rs']) {
      expect(dependencies, contains(endsWith('/rust/$source')));
    }
  }, skip: noScripts);

  const name = 'x86_64-unknown-linux-gnu/librust_web_socket.so';
  final library = elf(elfX64);

  /// Makes [folder] a published package without crates, whose library has
  /// [bytes].
  void publish(List<int> bytes) {
    const bindings = 'lib/src/rust/frb_generated.dart';
    final generated = File.fromUri(dart.uri.resolve(bindings));
    write(folder.uri.resolve(bindings), generated.readAsBytesSync());
    final abi = abiOf(dart.uri);
    write(folder.uri.resolve('prebuilt/$name'), bytes);
    write(
      folder.uri.resolve('prebuilt/manifest.json'),
      manifest([
        manifestEntry(
          'x86_64-unknown-linux-gnu',
          name,
          library,
          dataPath: abi.dataPath,
          bindings: abi.bindings,
        ),
      ]),
    );
  }

  test('a prebuilt library needs no Rust', () async {
    publish(library);
    final (result, output) = await run(folder);
    expect(result.exitCode, 0, reason: '${result.stderr}');
    expect(result.stdout, isEmpty);
    final [asset] = output['assets']! as List<Object?>;
    final file = at('prebuilt/$name');
    expect(asset, isAsset(equals(file)));
    expect(output['dependencies'], contains(file));
  });

  test('a damaged prebuilt library fails with what to do', () async {
    publish([...library, 0]);
    final (result, output) = await run(folder);
    expect(result.exitCode, isNot(0));
    expect(result.stderr, contains('dart pub cache repair'));
    expect(output['status'], 'failure');
  });

  test('user_defines name a library relative to the pubspec', () async {
    write(folder.uri.resolve('own/$name'), library);
    for (final userDefines in [
      {'library': 'own/$name'},
      {'library_folder': 'own'},
    ]) {
      final (result, output) = await run(dart, userDefines: userDefines);
      expect(result.exitCode, 0, reason: '${result.stderr}');
      final [asset] = output['assets']! as List<Object?>;
      expect(asset, isAsset(equals(at('own/$name'))));
    }
  });

  test('user_defines ask for a build from source', () async {
    installRustup();
    final (result, _) = await run(dart, userDefines: {'from_source': true});
    expect(result.exitCode, 0, reason: '${result.stderr}');
    expect(
      result.stdout,
      'rust_web_socket is built from source: from_source is set in '
      'user_defines.\n',
    );
  }, skip: noScripts);

  test('without rustup the error says how to install it', () async {
    final (result, output) = await run(dart);
    expect(result.exitCode, isNot(0));
    expect(result.stderr, contains('https://rustup.rs'));
    expect(output['status'], 'failure');
  });

  test('an unsupported system needs a library of its own', () async {
    final (result, _) = await run(dart, architecture: 'riscv64');
    expect(result.exitCode, isNot(0));
    expect(result.stderr, contains('no library for linux on riscv64'));
    write(folder.uri.resolve('own.so'), elf(0xf3));
    final (_, output) = await run(
      dart,
      architecture: 'riscv64',
      userDefines: {'library': 'own.so'},
    );
    final [asset] = output['assets']! as List<Object?>;
    expect(asset, isAsset(equals(at('own.so'))));
  });

  test('a web app gets no library', () async {
    final (result, output) = await run(dart, assetTypes: const []);
    expect(result.exitCode, 0, reason: '${result.stderr}');
    expect(output['assets'] ?? const <Object?>[], isEmpty);
  });
}
