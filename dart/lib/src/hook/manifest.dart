import 'dart:convert';
import 'dart:io';

import '../native/outgoing.dart';
import 'hook_exception.dart';
import 'rust_target.dart';

/// The version of the interface between the library and the Dart code.
typedef Abi = ({int dataPath, int bindings});

/// The version that the Dart code of the package in [packageRoot] has.
Abi abiOf(Uri packageRoot) {
  final file = File.fromUri(
    packageRoot.resolve('lib/src/rust/frb_generated.dart'),
  );
  final hash = RegExp(r'rustContentHash => (-?\d+)');
  final match = file.existsSync()
      ? hash.firstMatch(file.readAsStringSync())
      : null;
  if (match == null) {
    throw HookException(
      '${file.path} has no version of the bindings: the package is '
      'incomplete. $repair',
    );
  }
  return (dataPath: Outgoing.dataPathVersion, bindings: int.parse(match[1]!));
}

/// What to do about a package that is not as it was published.
const repair = 'Run dart pub cache repair, or take the repository anew.';

/// What `manifest.json` says of the libraries beside it. `cargo xtask prebuilt`
/// writes it.
final class Manifest {
  Manifest._(this._libraries);

  /// Reads the manifest in [folder]; null if there is none.
  ///
  /// Throws a [HookException] if it is invalid.
  static Manifest? read(Uri folder) {
    final file = File.fromUri(folder.resolve(name));
    if (!file.existsSync()) return null;
    try {
      return Manifest._parse(json.decode(file.readAsStringSync()));
    } on FormatException catch (error) {
      throw HookException(
        '${file.path} is not a valid manifest (${error.message}). $repair',
      );
    }
  }

  factory Manifest._parse(Object? value) {
    if (value case {'format': 1, 'libraries': final List<Object?> libraries}) {
      return Manifest._([
        for (final library in libraries) ManifestEntry._parse(library),
      ]);
    }
    throw const FormatException('another format');
  }

  /// The name of the file.
  static const name = 'manifest.json';

  final List<ManifestEntry> _libraries;

  /// The library for [target]; null if there is none.
  ManifestEntry? operator [](RustTarget target) {
    for (final library in _libraries) {
      if (library.target == target.triple) return library;
    }
    return null;
  }
}

/// What a manifest says of one library.
final class ManifestEntry {
  ManifestEntry._({
    required this.target,
    required this.file,
    required this.size,
    required this.sha256,
    required this.source,
    required this.abi,
  });

  factory ManifestEntry._parse(Object? value) => switch (value) {
    {
      'target': final String target,
      'file': final String file,
      'size': final int size,
      'sha256': final String sha256,
      'source': final String source,
      'abi': {'data_path': final int dataPath, 'bindings': final int bindings},
    } =>
      ManifestEntry._(
        target: target,
        file: file,
        size: size,
        sha256: sha256,
        source: source,
        abi: (dataPath: dataPath, bindings: bindings),
      ),
    _ => throw const FormatException('a library lacks a field'),
  };

  /// The target, by its name in rustc.
  final String target;

  /// The file, relative to the manifest.
  final String file;

  /// The size of the file, in bytes.
  final int size;

  /// The SHA-256 of the file, in hexadecimal.
  final String sha256;

  /// The hash of the Rust sources that the library was built from.
  final String source;

  /// The version of the library's interface.
  final Abi abi;
}
