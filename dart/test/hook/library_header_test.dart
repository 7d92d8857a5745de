import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/src/hook/library_header.dart';
import 'package:rust_web_socket/src/hook/rust_target.dart';
import 'package:test/test.dart';

import 'support/libraries.dart';

void main() {
  const x64 = 0x01000007, arm64 = 0x0100000c;

  test('the header of a library is that of its target', () {
    for (final (target, bytes) in [
      (RustTarget.aarch64Android, elf(elfArm64)),
      (RustTarget.armv7Android, elf(0x28)),
      (RustTarget.x64Android, elf(elfX64)),
      (RustTarget.aarch64Ios, machO(arm64, 2)),
      (RustTarget.aarch64IosSimulator, machO(arm64, 7)),
      (RustTarget.x64IosSimulator, machO(x64, 7)),
      (RustTarget.aarch64Macos, machO(arm64, 1)),
      (RustTarget.x64Macos, machO(x64, 1)),
      (RustTarget.aarch64Linux, elf(elfArm64)),
      (RustTarget.x64Linux, elf(elfX64)),
      (RustTarget.aarch64Windows, pe(0xaa64)),
      (RustTarget.x64Windows, pe(0x8664)),
    ]) {
      expect(readKind(bytes), kindOf(target), reason: target.triple);
    }
  });

  test('a kind is described', () {
    expect(describeKind(readKind(elf(3))!), 'ELF for ia32');
    expect(
      describeKind(kindOf(RustTarget.aarch64IosSimulator)),
      'Mach-O for arm64 on the iOS simulator',
    );
  });

  test('a universal file is for several processors', () {
    final bytes = Uint8List(64)..setAll(0, [0xca, 0xfe, 0xba, 0xbe]);
    expect(describeKind(readKind(bytes)!), contains('several processors'));
  });

  test('other files are no libraries', () {
    for (final bytes in [
      Uint8List(0),
      utf8.encode('<html>Not found</html>'),
      elf(elfX64).sublist(0, 10),
      pe(0x8664).sublist(0, 0x82),
      machO(arm64, 2).sublist(0, 50),
    ]) {
      expect(readKind(bytes), isNull);
    }
  });

  test('the program that runs this test is no exception', () {
    final file = File(Platform.resolvedExecutable).openSync();
    final kind = readKind(file.readSync(4096));
    file.closeSync();
    expect(kind?.format, switch (Platform.operatingSystem) {
      'linux' => 'ELF',
      'windows' => 'PE',
      _ => 'Mach-O',
    });
  });
}
