import 'dart:io';

import 'package:rust_web_socket/src/hook/hook_exception.dart';
import 'package:rust_web_socket/src/hook/library_source.dart';
import 'package:rust_web_socket/src/hook/rust_target.dart';
import 'package:test/test.dart';

void main() {
  const target = RustTarget.aarch64Android;
  late Directory folder;
  setUp(() => folder = Directory.systemTemp.createTempSync('source'));
  tearDown(() => folder.deleteSync(recursive: true));

  Uri package() => folder.uri.resolve('dart/');
  void write(String path) =>
      File.fromUri(folder.uri.resolve(path)).createSync(recursive: true);

  Matcher isCrate(String path) =>
      isA<RustCrate>().having((it) => it.path, 'path', path);

  test('in the repository the crate beside the package is used', () {
    write('rust/bridge/Cargo.toml');
    final source = LibrarySource.find(package(), target);
    expect(source, isCrate('../rust/bridge'));
  });

  test('in a published package its own crate is used', () {
    write('rust/bridge/Cargo.toml');
    write('dart/native/rust/bridge/Cargo.toml');
    final source = LibrarySource.find(package(), target);
    expect(source, isCrate('native/rust/bridge'));
  });

  test('a prebuilt library needs no crate', () {
    write('dart/native/rust/bridge/Cargo.toml');
    const path = 'dart/prebuilt/aarch64-linux-android/librust_web_socket.so';
    write(path);
    final source = LibrarySource.find(package(), target);
    expect(
      source,
      isA<PrebuiltLibrary>().having(
        (it) => it.file,
        'file',
        folder.uri.resolve(path),
      ),
    );
    final other = LibrarySource.find(package(), RustTarget.x64Windows);
    expect(other, isCrate('native/rust/bridge'));
  });

  test('fromSource ignores a prebuilt library', () {
    write('dart/native/rust/bridge/Cargo.toml');
    write('dart/prebuilt/aarch64-linux-android/librust_web_socket.so');
    final source = LibrarySource.find(package(), target, fromSource: true);
    expect(source, isCrate('native/rust/bridge'));
  });

  test('without library and crate the error names both', () {
    expect(
      () => LibrarySource.find(package(), target),
      throwsA(
        isA<HookException>().having(
          (it) => it.message,
          'message',
          allOf(
            contains('aarch64-linux-android'),
            contains('native/rust/bridge'),
            contains('pub.dev'),
          ),
        ),
      ),
    );
  });
}
