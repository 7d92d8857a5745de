import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/src/hook/source_hash.dart';
import 'package:test/test.dart';

import 'support/libraries.dart';

void main() {
  late Directory folder;
  setUp(() => folder = Directory.systemTemp.createTempSync('sources'));
  tearDown(() => folder.deleteSync(recursive: true));

  test('the hash is SHA-256', () {
    expect(
      hashOf(utf8.encode('abc')),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(
      hashOf(utf8.encode('a' * 1000)),
      '41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3',
    );
  });

  // rust/xtask/src/platforms/manifest.rs has the same files and the same hash.
  test('the source hash is that of sha256sum of its output', () {
    for (final (path, text) in [
      ('a/src/lib.rs', 'fn main() {}\n'),
      ('a.toml', '[package]\n'),
      ('Z', ''),
      // Omitted.
      ('.DS_Store', 'hidden'),
      ('a/target/debug/lib.d', 'built'),
    ]) {
      write(folder.uri.resolve(path), utf8.encode(text));
    }
    expect(
      sourceHash(folder),
      '96107460d693671b305028a98d23e9a91f0a35e705e484b6db471136befd0bd8',
    );
  });
}
