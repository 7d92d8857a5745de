/// Stand-in for package:hooks: a build hook reads what is asked of it from one
/// JSON file and writes what it has made to another.
library;

import 'dart:convert';
import 'dart:io';

/// Runs [builder] with the input that [arguments] name, and writes its output.
Future<void> build(
  List<String> arguments,
  Future<void> Function(BuildInput input, BuildOutputBuilder output) builder,
) async {
  const option = '--config=';
  final path = arguments
      .firstWhere((it) => it.startsWith(option))
      .substring(option.length);
  final text = File(path).readAsStringSync();
  final input = BuildInput(json.decode(text) as Map<String, Object?>);
  final output = BuildOutputBuilder();
  try {
    await builder(input, output);
  } on InfraError catch (error) {
    stderr.writeln(error.message);
    output.json
      ..['status'] = 'failure'
      ..['failure_details'] = {'type': 'infra'};
    exitCode = 2;
  }
  File(
    input.json['out_file']! as String,
  ).writeAsStringSync(json.encode(output.json));
}

/// What is asked of a hook.
final class BuildInput {
  BuildInput(this.json);

  final Map<String, Object?> json;

  String get packageName => json['package_name']! as String;

  Uri get packageRoot => Uri.directory(json['package_root']! as String);

  /// A folder that stays between runs.
  Uri get outputDirectoryShared =>
      Uri.directory(json['out_dir_shared']! as String);

  HookConfig get config => HookConfig(json['config']! as Map<String, Object?>);

  HookInputUserDefines get userDefines => HookInputUserDefines(
    switch (json['user_defines']) {
      {
        'workspace_pubspec': {
          'base_path': final String basePath,
          'defines': final Map<String, Object?> defines,
        },
      } =>
        defines.map((key, value) => MapEntry(key, (value, Uri.file(basePath)))),
      _ => const {},
    },
  );
}

/// For which app it is asked.
final class HookConfig {
  HookConfig(this.json);

  final Map<String, Object?> json;

  List<String> get buildAssetTypes =>
      (json['build_asset_types']! as List<Object?>).cast();
}

/// What the app's pubspec says to the hook.
final class HookInputUserDefines {
  HookInputUserDefines(this._defines);

  /// Each value, and the file that it is relative to if it is a path.
  final Map<String, (Object?, Uri)> _defines;

  Object? operator [](String key) => _defines[key]?.$1;

  Uri? path(String key) => switch (_defines[key]) {
    (final String path, final base) => base.resolve(path),
    _ => null,
  };
}

/// What a hook has made.
final class BuildOutputBuilder {
  final Map<String, Object?> json = {
    'status': 'success',
    'assets': <Object?>[],
    'dependencies': <String>[],
  };

  HookOutputDependenciesBuilder get dependencies =>
      HookOutputDependenciesBuilder(json['dependencies']! as List<String>);

  BuildOutputAssetsBuilder get assets =>
      BuildOutputAssetsBuilder(json['assets']! as List<Object?>);
}

/// The files that the output was made from.
final class HookOutputDependenciesBuilder {
  HookOutputDependenciesBuilder(this._paths);

  final List<String> _paths;

  void add(Uri uri) => _paths.add(uri.toFilePath());
}

/// The assets of an output.
final class BuildOutputAssetsBuilder {
  BuildOutputAssetsBuilder(this.encoded);

  final List<Object?> encoded;
}

/// A failure of the machine rather than of the code.
final class InfraError extends Error {
  InfraError({required this.message});

  final String message;
}
