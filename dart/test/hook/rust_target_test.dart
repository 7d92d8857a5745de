import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/src/hook/rust_target.dart';
import 'package:test/test.dart';

void main() {
  test('every platform and architecture of an app has a target', () {
    for (final (os, architecture, isSimulator, triple) in [
      ('android', 'arm64', false, 'aarch64-linux-android'),
      ('android', 'arm', false, 'armv7-linux-androideabi'),
      ('android', 'x64', false, 'x86_64-linux-android'),
      ('ios', 'arm64', false, 'aarch64-apple-ios'),
      ('ios', 'arm64', true, 'aarch64-apple-ios-sim'),
      ('ios', 'x64', true, 'x86_64-apple-ios'),
      ('macos', 'arm64', false, 'aarch64-apple-darwin'),
      ('macos', 'x64', false, 'x86_64-apple-darwin'),
      ('linux', 'arm64', false, 'aarch64-unknown-linux-gnu'),
      ('linux', 'x64', false, 'x86_64-unknown-linux-gnu'),
      ('windows', 'arm64', false, 'aarch64-pc-windows-msvc'),
      ('windows', 'x64', false, 'x86_64-pc-windows-msvc'),
    ]) {
      final target = RustTarget.of(
        os: os,
        architecture: architecture,
        isSimulator: isSimulator,
      );
      expect(target?.triple, triple);
    }
  });

  test('other platforms have none', () {
    expect(RustTarget.of(os: 'fuchsia', architecture: 'arm64'), isNull);
    expect(RustTarget.of(os: 'linux', architecture: 'riscv64'), isNull);
  });

  test('rust-toolchain.toml has exactly these targets', () {
    final library = Isolate.resolvePackageUriSync(
      Uri.parse('package:rust_web_socket/rust_web_socket.dart'),
    )!;
    final toml = File.fromUri(
      library.resolve('../../rust/bridge/rust-toolchain.toml'),
    ).readAsStringSync();
    final listed = RegExp('^  "(.+)",\$', multiLine: true).allMatches(toml);
    expect(
      {for (final target in listed) target[1]},
      {for (final target in RustTarget.values) target.triple},
    );
  });
}
