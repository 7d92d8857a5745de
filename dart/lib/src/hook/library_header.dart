import 'dart:typed_data';

import 'rust_target.dart';

/// The format of a library's file, its processor, and Apple's system: `ELF`,
/// `arm64` and null.
typedef LibraryKind = ({String format, String architecture, String? system});

/// What a library for [target] says in its header.
LibraryKind kindOf(RustTarget target) => (
  format: switch (target.libraryName.split('.').last) {
    'so' => 'ELF',
    'dylib' => 'Mach-O',
    _ => 'PE',
  },
  architecture: switch (target.triple.split('-').first) {
    'aarch64' => 'arm64',
    'armv7' => 'arm',
    _ => 'x64',
  },
  system: switch (target) {
    RustTarget.aarch64Ios => 'iOS',
    RustTarget.aarch64IosSimulator ||
    RustTarget.x64IosSimulator => 'the iOS simulator',
    RustTarget.aarch64Macos || RustTarget.x64Macos => 'macOS',
    _ => null,
  },
);

/// Describes [kind]: `ELF for arm64`.
String describeKind(LibraryKind kind) => [
  '${kind.format} for ${kind.architecture}',
  if (kind.system case final system?) 'on $system',
].join(' ');

/// Reads what kind of library [bytes] are; null if they are none.
LibraryKind? readKind(Uint8List bytes) {
  try {
    final data = ByteData.sublistView(bytes);
    return _readElf(data) ?? _readPe(data) ?? _readMachO(data);
  } on RangeError {
    // It ends within its header.
    return null;
  }
}

LibraryKind? _readElf(ByteData data) {
  if (data.getUint32(0) != 0x7f454c46) return null;
  // The byte order is the sixth byte.
  final order = data.getUint8(5) == 1 ? Endian.little : Endian.big;
  final machine = data.getUint16(18, order);
  final architecture = switch (machine) {
    0x03 => 'ia32',
    0x28 => 'arm',
    0x3e => 'x64',
    0xb7 => 'arm64',
    0xf3 => 'riscv',
    _ => 'processor $machine',
  };
  return (format: 'ELF', architecture: architecture, system: null);
}

LibraryKind? _readPe(ByteData data) {
  if (data.getUint16(0) != 0x4d5a) return null;
  final header = data.getUint32(0x3c, Endian.little);
  if (data.getUint32(header) != 0x50450000) return null;
  final machine = data.getUint16(header + 4, Endian.little);
  final architecture = switch (machine) {
    0x014c => 'ia32',
    0x8664 => 'x64',
    0xaa64 => 'arm64',
    _ => 'processor $machine',
  };
  return (format: 'PE', architecture: architecture, system: null);
}

LibraryKind? _readMachO(ByteData data) {
  const format = 'Mach-O';
  if (data.getUint32(0) case 0xcafebabe || 0xcafebabf) {
    return (format: format, architecture: 'several processors', system: null);
  }
  if (data.getUint32(0, Endian.little) != 0xfeedfacf) return null;
  final processor = data.getUint32(4, Endian.little);
  final architecture = switch (processor) {
    0x01000007 => 'x64',
    0x0100000c => 'arm64',
    _ => 'processor $processor',
  };
  return (
    format: format,
    architecture: architecture,
    system: _readApplePlatform(data),
  );
}

/// The platform of the load command LC_BUILD_VERSION.
String? _readApplePlatform(ByteData data) {
  final count = data.getUint32(16, Endian.little);
  var offset = 32;
  for (var i = 0; i < count; i++) {
    if (data.getUint32(offset, Endian.little) == 0x32) {
      return switch (data.getUint32(offset + 8, Endian.little)) {
        1 => 'macOS',
        2 => 'iOS',
        7 => 'the iOS simulator',
        final platform => 'platform $platform',
      };
    }
    offset += data.getUint32(offset + 4, Endian.little);
  }
  return null;
}
