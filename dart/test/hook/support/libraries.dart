import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/src/hook/source_hash.dart';

/// The first bytes of a library in ELF for [machine].
Uint8List elf(int machine) => Uint8List(64)
  ..setAll(0, [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  ..[18] = machine;

/// The machine of 64-bit ARM in ELF.
const elfArm64 = 0xb7;

/// The machine of 64-bit x86 in ELF.
const elfX64 = 0x3e;

/// The first bytes of a library in PE for [machine].
Uint8List pe(int machine) {
  final bytes = Uint8List(256)
    ..setAll(0, [0x4d, 0x5a])
    ..setAll(0x80, [0x50, 0x45, 0, 0]);
  ByteData.sublistView(bytes)
    ..setUint32(0x3c, 0x80, Endian.little)
    ..setUint16(0x84, machine, Endian.little);
  return bytes;
}

/// The first bytes of a library in Mach-O for [processor] on [platform], the
/// second of two load commands.
Uint8List machO(int processor, int platform) {
  final bytes = ByteData(32 + 16 + 24);
  for (final (offset, value) in [
    (0, 0xfeedfacf),
    (4, processor),
    (16, 2),
    (32, 0x2a), // LC_SOURCE_VERSION
    (36, 16),
    (48, 0x32), // LC_BUILD_VERSION
    (52, 24),
    (56, platform),
  ]) {
    bytes.setUint32(offset, value, Endian.little);
  }
  return bytes.buffer.asUint8List();
}

/// Writes [bytes] to [file], and creates its folder.
void write(Uri file, List<int> bytes) => File.fromUri(file)
  ..createSync(recursive: true)
  ..writeAsBytesSync(bytes);

/// What a manifest says of the library with [bytes] in [file] for [target].
Map<String, Object?> manifestEntry(
  String target,
  String file,
  List<int> bytes, {
  String source = '',
  int dataPath = 1,
  int bindings = 2,
}) => {
  'target': target,
  'file': file,
  'size': bytes.length,
  'sha256': hashOf(bytes),
  'minimum_system': 'glibc 2.17',
  'built_for': target,
  'rust': '1.95.0',
  'source': source,
  'abi': {'data_path': dataPath, 'bindings': bindings},
};

/// A manifest of [entries].
List<int> manifest(List<Map<String, Object?>> entries) =>
    utf8.encode(json.encode({'format': 1, 'libraries': entries}));
