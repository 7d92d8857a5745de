// Writes what tests in a browser run with, into a folder: the package as a
// compiler for the web sees it, and a package config whose package:web is the
// bridge to a browser.
//
// Usage: prepare.dart FOLDER
import 'dart:io';

import '../dart/support/packages.dart';
import '../dart/support/web_package.dart';

void main(List<String> arguments) {
  final [path] = arguments;
  final folder = Directory(path);
  if (folder.existsSync()) folder.deleteSync(recursive: true);
  final package = Directory('$path/rust_web_socket');
  WebPackage(Directory.fromUri(repository.uri.resolve('dart/'))).write(package);
  writePackageConfig(File('$path/package_config.json'), {
    'rust_web_socket': package,
    'js_interop': Directory.fromUri(
      repository.uri.resolve('tests/standins/js_interop/'),
    ),
    'web': Directory.fromUri(repository.uri.resolve('tests/browser/web/')),
  });
}
