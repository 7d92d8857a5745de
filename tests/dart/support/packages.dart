import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

/// The top of the repository.
Directory get repository => Directory.fromUri(
  Isolate.resolvePackageUriSync(
    Uri.parse('package:rust_web_socket/rust_web_socket.dart'),
  )!.resolve('../../'),
);

/// Writes a package config to [file]: that of this program, with the packages
/// of [replacements] taken from other folders, and those of [additions] that it
/// does not have.
void writePackageConfig(
  File file,
  Map<String, Directory> replacements, {
  Map<String, Directory> additions = const {},
}) {
  final own = Isolate.packageConfigSync!;
  final config =
      json.decode(File.fromUri(own).readAsStringSync()) as Map<String, Object?>;
  final listed = config['packages']! as List<Object?>;
  final names = {
    for (final package in listed)
      if (package case {'name': final String name}) name,
  };
  final others = {
    ...replacements,
    for (final MapEntry(:key, :value) in additions.entries)
      if (!names.contains(key)) key: value,
  };
  final packages = [
    for (final package in listed)
      if (package case {
        'name': final String name,
        'rootUri': final String root,
      } when !others.containsKey(name))
        {...package, 'rootUri': '${own.resolve(root)}'},
    for (final MapEntry(:key, :value) in others.entries)
      {
        'name': key,
        'rootUri': '${value.absolute.uri}',
        'packageUri': 'lib/',
        'languageVersion': '3.7',
      },
  ];
  file.writeAsStringSync(
    json.encode({'configVersion': 2, 'packages': packages}),
  );
}

/// Compiles [program] with the Dart that runs this one, and returns what is
/// wrong with it: '' if nothing is.
Future<String> compile(File program, File packages, File output) async {
  final result = await Process.run(Platform.resolvedExecutable, [
    // Language features, which other packages may use.
    ...Platform.executableArguments.where(
      (it) => it.startsWith('--enable-experiment='),
    ),
    '--packages=${packages.path}',
    '--snapshot-kind=kernel',
    '--snapshot=${output.path}',
    program.path,
  ]);
  if (result.exitCode == 0) return '';
  return '${result.stdout}${result.stderr}exit code ${result.exitCode}';
}
