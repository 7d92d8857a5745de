import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/src/hook/hook_exception.dart';
import 'package:rust_web_socket/src/hook/manifest.dart';
import 'package:rust_web_socket/src/hook/rust_target.dart';
import 'package:test/test.dart';

import 'support/libraries.dart';

void main() {
  late Directory folder;
  setUp(() => folder = Directory.systemTemp.createTempSync('manifest'));
  tearDown(() => folder.deleteSync(recursive: true));

  void writeManifest(List<int> bytes) =>
      write(folder.uri.resolve('manifest.json'), bytes);

  test('a manifest has an entry for each target', () {
    writeManifest(
      manifest([
        manifestEntry('x86_64-unknown-linux-gnu', 'x64/it.so', [1, 2, 3]),
      ]),
    );
    final read = Manifest.read(folder.uri)!;
    expect(read[RustTarget.aarch64Linux], isNull);
    final entry = read[RustTarget.x64Linux]!;
    expect(entry.file, 'x64/it.so');
    expect(entry.size, 3);
    expect(entry.abi, (dataPath: 1, bindings: 2));
  });

  test('a folder may have none', () {
    expect(Manifest.read(folder.uri), isNull);
  });

  test('an invalid manifest is an error that says what to do', () {
    for (final text in [
      '{"format": 1,',
      '{"format": 2, "libraries": []}',
      '{"format": 1, "libraries": [{"target": "it"}]}',
    ]) {
      writeManifest(utf8.encode(text));
      expect(
        () => Manifest.read(folder.uri),
        throwsA(
          isA<HookException>().having(
            (it) => it.message,
            'message',
            allOf(
              contains('manifest.json is not a valid manifest'),
              contains('dart pub cache repair'),
            ),
          ),
        ),
        reason: text,
      );
    }
  });

  test('the ABI is that of the Rust sources', () {
    final library = Isolate.resolvePackageUriSync(
      Uri.parse('package:rust_web_socket/rust_web_socket.dart'),
    )!;
    int constant(String path, String name) {
      final source = File.fromUri(
        library.resolve('../../rust/bridge/src/$path'),
      ).readAsStringSync();
      return int.parse(
        RegExp('$name: \\w+ = (-?\\d+);').firstMatch(source)![1]!,
      );
    }

    expect(abiOf(library.resolve('../')), (
      dataPath: constant('ffi/mod.rs', 'DATA_PATH_VERSION'),
      bindings: constant(
        'frb_generated.rs',
        'FLUTTER_RUST_BRIDGE_CODEGEN_CONTENT_HASH',
      ),
    ));
  });

  test('a package without bindings is incomplete', () {
    expect(
      () => abiOf(folder.uri),
      throwsA(
        isA<HookException>().having(
          (it) => it.message,
          'message',
          contains('incomplete'),
        ),
      ),
    );
  });
}
