import 'dart:convert';
import 'dart:io';

import 'package:crypto/crypto.dart';

/// The files in [folder] and below, by their path relative to it, with slashes.
Map<String, File> sourceFiles(Directory folder) {
  final length = folder.uri.toFilePath().length;
  return {
    for (final entry in folder.listSync(recursive: true))
      if (entry is File)
        entry.path.substring(length).replaceAll(r'\', '/'): entry,
  };
}

/// The hash of the files in [folder]: SHA-256 of one line for each file, sorted
/// by path. A line is the file's own SHA-256, two spaces, and the path, as
/// `sha256sum` prints it.
String sourceHash(Directory folder) {
  final files = sourceFiles(folder);
  final lines = StringBuffer();
  for (final path in files.keys.toList()..sort()) {
    lines.write('${hashOf(files[path]!.readAsBytesSync())}  $path\n');
  }
  return hashOf(utf8.encode('$lines'));
}

/// SHA-256 of [bytes], in hexadecimal.
String hashOf(List<int> bytes) => '${sha256.convert(bytes)}';
