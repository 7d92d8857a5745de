import 'dart:io';

import 'hook_exception.dart';
import 'hook_options.dart';
import 'library_header.dart';
import 'manifest.dart';
import 'rust_target.dart';
import 'source_hash.dart';

/// Where the native library for an app comes from.
sealed class LibrarySource {
  /// Creates a source.
  const LibrarySource();

  /// Finds the source for [target] in the package in [packageRoot]: the library
  /// that [options] name, otherwise the one in the package, otherwise the crate
  /// to build it from. The library must be for the version [abi].
  ///
  /// Throws a [HookException] if a library is not what it should be, or if
  /// there is neither a library nor a crate.
  factory LibrarySource.find(
    Uri packageRoot,
    RustTarget target, {
    required Abi abi,
    HookOptions options = const HookOptions(),
  }) {
    if (options.library case final library?) {
      return LibraryFile.named(library, target);
    }
    if (options.libraryFolder case final folder?) {
      return LibraryFile.inFolder(folder, target, abi);
    }
    final String reason;
    if (options.fromSource) {
      reason = 'from_source is set in user_defines';
    } else {
      switch (LibraryFile._inPackage(packageRoot, target, abi)) {
        case (final library?, _):
          return library;
        case (_, final why):
          reason = why;
      }
    }
    for (final crate in _crates) {
      final manifest = packageRoot.resolve('$crate/Cargo.toml');
      if (File.fromUri(manifest).existsSync()) {
        return RustCrate(crate, target, reason);
      }
    }
    throw HookException(
      'package:rust_web_socket has neither a library for ${target.triple} nor '
      'the Rust crates to build it from: ${packageRoot.toFilePath()} has no '
      '${_crates.join(', ')}. Depend on the package from pub.dev, or on the '
      'folder dart of the whole repository.',
    );
  }

  /// The crate in a published package, and in the repository.
  static const _crates = ['$_native/rust/bridge', '../rust/bridge'];

  /// The folder of the crates in a published package.
  static const _native = 'native';
}

/// A library that need not be built.
final class LibraryFile extends LibrarySource {
  LibraryFile._(this.file, this.dependencies);

  /// The library in [file], which the app's pubspec names. Its header is
  /// verified if Rust's [target] is known.
  factory LibraryFile.named(Uri file, RustTarget? target) {
    if (!File.fromUri(file).existsSync()) {
      throw HookException(
        'The library that user_defines names does not exist: '
        '${file.toFilePath()}. Correct the path, which is relative to the '
        'pubspec of the app, or remove it.',
      );
    }
    if (target != null) {
      _checkKind(
        file,
        target,
        'Name a library for ${target.triple}, or a library_folder with one for '
        'each target.',
      );
    }
    return LibraryFile._(file, [file]);
  }

  /// The library for [target] in [folder], which the app's pubspec names. It
  /// has the layout of the package's own folder. A manifest is optional.
  factory LibraryFile.inFolder(Uri folder, RustTarget target, Abi abi) {
    final entry = Manifest.read(folder)?[target];
    final file = folder.resolve(
      entry?.file ?? '${target.triple}/${target.libraryName}',
    );
    final shown = file.toFilePath();
    if (!File.fromUri(file).existsSync()) {
      throw HookException(
        'The library_folder of user_defines has no library for '
        '${target.triple}: $shown does not exist. Put it there (see '
        '${HookException.page}), or remove library_folder.',
      );
    }
    if (entry != null) {
      if (entry.abi != abi) {
        throw HookException(
          '$shown was built for another version of package:rust_web_socket. '
          'Take the libraries of the version that the app uses.',
        );
      }
      _checkHash(file, entry, 'Copy the folder again.');
    }
    _checkKind(file, target, 'Put a library for ${target.triple} there.');
    return LibraryFile._(file, [
      file,
      if (entry != null) folder.resolve(Manifest.name),
    ]);
  }

  /// The library for [target] in the package; otherwise null and the reason.
  static (LibraryFile?, String) _inPackage(
    Uri packageRoot,
    RustTarget target,
    Abi abi,
  ) {
    final folder = packageRoot.resolve('$_prebuilt/');
    final manifest = Manifest.read(folder);
    if (manifest == null) return (null, 'the package has no libraries');
    final entry = manifest[target];
    if (entry == null) {
      return (null, 'the package has no library for ${target.triple}');
    }
    if (entry.abi != abi) {
      return (
        null,
        'the Dart code of the package is not that of its libraries',
      );
    }
    final native = Directory.fromUri(
      packageRoot.resolve('${LibrarySource._native}/'),
    );
    final hasSources = native.existsSync();
    if (hasSources && sourceHash(native) != entry.source) {
      return (
        null,
        'the Rust sources of the package are not those of its libraries',
      );
    }
    final file = folder.resolve(entry.file);
    if (!File.fromUri(file).existsSync()) {
      throw HookException(
        '${file.toFilePath()} is missing: the package is incomplete. $repair',
      );
    }
    _checkHash(file, entry, '$_repairOrBuild.');
    _checkKind(file, target, '$_repairOrBuild.');
    return (
      LibraryFile._(file, [
        file,
        folder.resolve(Manifest.name),
        if (hasSources)
          for (final source in sourceFiles(native).values) source.uri,
      ]),
      '',
    );
  }

  static void _checkHash(Uri file, ManifestEntry entry, String wayOut) {
    final bytes = File.fromUri(file).readAsBytesSync();
    final hash = hashOf(bytes);
    if (bytes.length == entry.size && hash == entry.sha256) return;
    throw HookException(
      '${file.toFilePath()} is damaged or was replaced: it has ${bytes.length} '
      'bytes and the SHA-256 $hash, but the manifest says ${entry.size} and '
      '${entry.sha256}. $wayOut',
    );
  }

  static void _checkKind(Uri file, RustTarget target, String wayOut) {
    final kind = readKind(File.fromUri(file).readAsBytesSync());
    final expected = kindOf(target);
    if (kind == expected) return;
    throw HookException(
      '${file.toFilePath()} is not a library for ${target.triple}: it is '
      '${kind == null ? 'no library' : describeKind(kind)}, and '
      '${describeKind(expected)} is needed. $wayOut',
    );
  }

  static const _prebuilt = 'prebuilt';
  static const _repairOrBuild =
      'Run dart pub cache repair, or set from_source to true in user_defines '
      'to build the library with Rust';

  /// Where the library is.
  final Uri file;

  /// The files that were read to choose the library.
  final List<Uri> dependencies;
}

/// A crate to build the library from.
final class RustCrate extends LibrarySource {
  /// The crate in the folder [path], relative to the package, which is built
  /// for [target] because of [reason].
  const RustCrate(this.path, this.target, this.reason);

  /// The folder of the crate, relative to the package.
  final String path;

  /// What the library is built for.
  final RustTarget target;

  /// Why the library is built.
  final String reason;

  /// The manifests and sources of the crates that this crate in [crate] depends
  /// on. A hook does not look into a folder that it names as a dependency.
  static Iterable<Uri> dependencies(Uri crate) sync* {
    for (final other in ['../core/', '../protocol/']) {
      yield crate.resolve('${other}Cargo.toml');
      final sources = Directory.fromUri(crate.resolve('${other}src/'));
      for (final entry in sources.listSync(recursive: true)) {
        if (entry is File) yield entry.uri;
      }
    }
  }
}
