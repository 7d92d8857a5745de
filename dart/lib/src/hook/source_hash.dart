import 'dart:convert';
import 'dart:io';

import 'package:crypto/crypto.dart';

/// The files in [folder] and below, by their path relative to it, with slashes.
/// What tools leave there is omitted: hidden files, and folders named `target`.
Map<String, File> sourceFiles(Directory folder, {String prefix = ''}) {
  final files = <String, File>{};
  for (final entry in folder.listSync()) {
    final name = entry.uri.pathSegments.lastWhere((it) => it.isNotEmpty);
    if (name.startsWith('.') || name == 'target') continue;
    switch (entry) {
      case File():
        files['$prefix$name'] = entry;
      case Directory():
        files.addAll(sourceFiles(entry, prefix: '$prefix$name/'));
    }
  }
  return files;
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
