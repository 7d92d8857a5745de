import 'dart:io';

import 'hook_exception.dart';
import 'rust_target.dart';

/// Where the native library for an app comes from.
sealed class LibrarySource {
  /// Creates a source.
  const LibrarySource();

  /// Finds the source for [target] in the package in [packageRoot]: the library
  /// that a published package may contain, otherwise the crate to build it
  /// from. With [fromSource] always the crate.
  factory LibrarySource.find(
    Uri packageRoot,
    RustTarget target, {
    bool fromSource = false,
  }) {
    final library = packageRoot.resolve(
      '$_prebuilt/${target.triple}/${target.libraryName}',
    );
    if (!fromSource && File.fromUri(library).existsSync()) {
      return PrebuiltLibrary(library);
    }
    for (final crate in _crates) {
      final manifest = packageRoot.resolve('$crate/Cargo.toml');
      if (File.fromUri(manifest).existsSync()) return RustCrate(crate);
    }
    throw HookException(
      'package:rust_web_socket has neither a library for ${target.triple} nor '
      'the Rust crates to build it from: ${packageRoot.toFilePath()} holds no '
      '${_crates.join(', ')}. Depend on the package from pub.dev, or on the '
      'folder dart of the whole repository.',
    );
  }

  static const _prebuilt = 'prebuilt';

  /// The crate in a published package, and in the repository.
  static const _crates = ['native/rust/bridge', '../rust/bridge'];
}

/// A library in the package.
final class PrebuiltLibrary extends LibrarySource {
  /// The library in [file].
  const PrebuiltLibrary(this.file);

  /// Where the library is.
  final Uri file;
}

/// A crate to build the library from.
final class RustCrate extends LibrarySource {
  /// The crate in the folder [path], relative to the package.
  const RustCrate(this.path);

  /// The folder of the crate, relative to the package.
  final String path;

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
