import 'dart:io';

import 'package:rust_web_socket/src/hook/hook_exception.dart';
import 'package:rust_web_socket/src/hook/hook_options.dart';
import 'package:rust_web_socket/src/hook/library_source.dart';
import 'package:rust_web_socket/src/hook/rust_target.dart';
import 'package:rust_web_socket/src/hook/source_hash.dart';
import 'package:test/test.dart';

import 'support/libraries.dart' as libraries;

void main() {
  const target = RustTarget.aarch64Android;
  const file = 'aarch64-linux-android/librust_web_socket.so';
  const abi = (dataPath: 1, bindings: 2);
  final library = libraries.elf(libraries.elfArm64);
  late Directory folder;
  setUp(() => folder = Directory.systemTemp.createTempSync('source'));
  tearDown(() => folder.deleteSync(recursive: true));

  Uri at(String path) => folder.uri.resolve(path);
  // With the system's separators.
  String path(String path) => File.fromUri(at(path)).path;
  void write(String path, [List<int> bytes = const []]) =>
      libraries.write(at(path), bytes);

  void writeCrate() => write('dart/native/rust/bridge/Cargo.toml');

  /// Writes the library with [bytes], and a manifest that says what the
  /// library's own would.
  void writeLibrary(
    String place, {
    List<int>? bytes,
    String? source,
    int dataPath = 1,
  }) {
    final native = Directory.fromUri(at('dart/native/'));
    write('$place/$file', bytes ?? library);
    write(
      '$place/manifest.json',
      libraries.manifest([
        libraries.manifestEntry(
          target.triple,
          file,
          library,
          source: source ?? (native.existsSync() ? sourceHash(native) : ''),
          dataPath: dataPath,
        ),
      ]),
    );
  }

  LibrarySource find({
    HookOptions options = const HookOptions(),
    RustTarget? forTarget,
  }) => LibrarySource.find(
    at('dart/'),
    forTarget ?? target,
    abi: abi,
    options: options,
  );

  Matcher isCrate(String path, String reason) => isA<RustCrate>()
      .having((it) => it.path, 'path', path)
      .having((it) => it.reason, 'reason', contains(reason));

  Matcher isLibrary(String path) =>
      isA<LibraryFile>().having((it) => it.file, 'file', at(path));

  Matcher failsWith(List<String> parts) => throwsA(
    isA<HookException>().having(
      (it) => it.message,
      'message',
      allOf([for (final part in parts) contains(part)]),
    ),
  );

  group('from source, with the reason:', () {
    test('the repository has no libraries', () {
      write('rust/bridge/Cargo.toml');
      expect(find(), isCrate('../rust/bridge', 'has no libraries'));
    });

    test('the package has none for the target', () {
      writeCrate();
      writeLibrary('dart/prebuilt');
      expect(
        find(forTarget: RustTarget.x64Windows),
        isCrate('native/rust/bridge', 'no library for x86_64-pc-windows-msvc'),
      );
    });

    test('from_source is set', () {
      writeCrate();
      writeLibrary('dart/prebuilt');
      expect(
        find(options: const HookOptions(fromSource: true)),
        isCrate('native/rust/bridge', 'from_source is set'),
      );
    });

    test('the sources were changed', () {
      writeCrate();
      writeLibrary('dart/prebuilt');
      write('dart/native/rust/core/src/lib.rs', [1]);
      expect(find(), isCrate('native/rust/bridge', 'Rust sources'));
    });

    test('the Dart code was changed', () {
      writeCrate();
      writeLibrary('dart/prebuilt', dataPath: 3);
      expect(find(), isCrate('native/rust/bridge', 'Dart code'));
    });

    test('a published package has its own crate', () {
      write('rust/bridge/Cargo.toml');
      writeCrate();
      expect(find(), isCrate('native/rust/bridge', 'has no libraries'));
    });
  });

  group('the library of the package', () {
    test('needs no crate', () {
      writeLibrary('dart/prebuilt');
      expect(find(), isLibrary('dart/prebuilt/$file'));
    });

    test('is preferred, and depends on its manifest and the sources', () {
      writeCrate();
      writeLibrary('dart/prebuilt');
      final source = find();
      expect(source, isLibrary('dart/prebuilt/$file'));
      expect(
        (source as LibraryFile).dependencies,
        unorderedEquals([
          at('dart/prebuilt/$file'),
          at('dart/prebuilt/manifest.json'),
          at('dart/native/rust/bridge/Cargo.toml'),
        ]),
      );
    });

    test('with a wrong hash is an error', () {
      writeLibrary(
        'dart/prebuilt',
        bytes: [...library]..[library.length - 1] = 1,
      );
      expect(
        find,
        failsWith([
          path('dart/prebuilt/$file'),
          'damaged or was replaced',
          hashOf(library),
          'dart pub cache repair',
          'from_source',
        ]),
      );
    });

    test('with a wrong size is an error', () {
      writeLibrary('dart/prebuilt', bytes: [...library, 0]);
      expect(find, failsWith(['65 bytes', 'the manifest says 64']));
    });

    test('that is missing is an error', () {
      writeLibrary('dart/prebuilt');
      File.fromUri(at('dart/prebuilt/$file')).deleteSync();
      expect(
        find,
        failsWith([
          path('dart/prebuilt/$file'),
          'incomplete',
          'dart pub cache repair',
        ]),
      );
    });

    test('for another architecture is an error', () {
      final other = libraries.elf(libraries.elfX64);
      write('dart/prebuilt/$file', other);
      write(
        'dart/prebuilt/manifest.json',
        libraries.manifest([
          libraries.manifestEntry(target.triple, file, other),
        ]),
      );
      expect(
        find,
        failsWith([
          'not a library for aarch64-linux-android',
          'it is ELF for x64, and ELF for arm64 is needed',
          'dart pub cache repair',
        ]),
      );
    });
  });

  group('the library of user_defines', () {
    LibrarySource findNamed() =>
        find(options: HookOptions(library: at('own.so')));

    test('is preferred', () {
      writeCrate();
      writeLibrary('dart/prebuilt');
      write('own.so', library);
      expect(findNamed(), isLibrary('own.so'));
    });

    test('that does not exist is an error', () {
      writeLibrary('dart/prebuilt');
      expect(findNamed, failsWith(['own.so', 'does not exist', 'pubspec']));
    });

    test('for another architecture is an error', () {
      write('own.so', libraries.pe(0x8664));
      expect(
        findNamed,
        failsWith(['PE for x64', 'ELF for arm64', 'library_folder']),
      );
    });

    test('is not verified for a system that Rust has no name for here', () {
      write('own.so', libraries.elf(0xf3));
      expect(LibraryFile.named(at('own.so'), null), isLibrary('own.so'));
    });

    test('that is another file is an error', () {
      write('own.so', [1, 2, 3]);
      expect(findNamed, failsWith(['no library']));
    });
  });

  group('the library_folder of user_defines', () {
    LibrarySource findInFolder() =>
        find(options: HookOptions(libraryFolder: at('own/')));

    test('is preferred, without a manifest', () {
      writeLibrary('dart/prebuilt');
      write('own/$file', library);
      expect(findInFolder(), isLibrary('own/$file'));
    });

    test('is verified by its manifest', () {
      writeLibrary('own');
      expect(findInFolder(), isLibrary('own/$file'));
      writeLibrary('own', bytes: [...library, 0]);
      expect(findInFolder, failsWith(['damaged', 'Copy the folder again']));
    });

    test('without a library for the target is an error', () {
      writeCrate();
      writeLibrary('dart/prebuilt');
      expect(
        findInFolder,
        failsWith(['no library for aarch64-linux-android', path('own/$file')]),
      );
    });

    test('of another version is an error', () {
      writeLibrary('own', dataPath: 3);
      expect(findInFolder, failsWith(['another version', 'of the version']));
    });

    test('for another architecture is an error', () {
      write('own/$file', libraries.machO(0x0100000c, 2));
      expect(
        findInFolder,
        failsWith(['Mach-O for arm64 on iOS', 'ELF for arm64']),
      );
    });
  });

  test('without library and crate the error names both', () {
    expect(
      find,
      failsWith(['aarch64-linux-android', 'native/rust/bridge', 'pub.dev']),
    );
  });
}
