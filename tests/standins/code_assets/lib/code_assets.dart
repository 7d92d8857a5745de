/// Stand-in for package:code_assets: the native libraries among the assets of
/// package:hooks.
library;

import 'package:hooks/hooks.dart';

const _type = 'code_assets/code';

extension HookConfigCodeConfig on HookConfig {
  bool get buildCodeAssets => buildAssetTypes.contains(_type);

  CodeConfig get code => CodeConfig(switch (json['extensions']) {
    {'code_assets': final Map<String, Object?> config} => config,
    _ => throw StateError('No code assets are asked for'),
  });
}

/// The system that an app is built for.
final class CodeConfig {
  CodeConfig(this._json);

  final Map<String, Object?> _json;

  OS get targetOS => OS._(_json['target_os']! as String);

  Architecture get targetArchitecture =>
      Architecture._(_json['target_architecture']! as String);

  IOSCodeConfig get iOS =>
      IOSCodeConfig._(_json['ios']! as Map<String, Object?>);
}

final class IOSCodeConfig {
  IOSCodeConfig._(this._json);

  final Map<String, Object?> _json;

  IOSSdk get targetSdk => IOSSdk._(_json['target_sdk']! as String);
}

final class IOSSdk {
  const IOSSdk._(this._name);

  final String _name;

  static const iPhoneSimulator = IOSSdk._('iphonesimulator');

  @override
  bool operator ==(Object other) => other is IOSSdk && other._name == _name;

  @override
  int get hashCode => _name.hashCode;
}

final class OS {
  const OS._(this.name);

  final String name;

  static const iOS = OS._('ios');

  @override
  bool operator ==(Object other) => other is OS && other.name == name;

  @override
  int get hashCode => name.hashCode;

  @override
  String toString() => name;
}

final class Architecture {
  const Architecture._(this.name);

  final String name;

  @override
  String toString() => name;
}

/// A library that is bundled with the app and loaded by it.
final class DynamicLoadingBundled {}

/// A native library, by the name under which Dart code asks for it.
final class CodeAsset {
  CodeAsset({
    required String package,
    required String name,
    required this.linkMode,
    required this.file,
  }) : id = 'package:$package/$name';

  final String id;
  final DynamicLoadingBundled linkMode;
  final Uri file;
}

extension BuildOutputCodeAssets on BuildOutputAssetsBuilder {
  BuildOutputCodeAssetsBuilder get code => BuildOutputCodeAssetsBuilder(this);
}

final class BuildOutputCodeAssetsBuilder {
  BuildOutputCodeAssetsBuilder(this._assets);

  final BuildOutputAssetsBuilder _assets;

  void add(CodeAsset asset) => _assets.encoded.add({
    'type': _type,
    'encoding': {
      'id': asset.id,
      'link_mode': {'type': 'dynamic_loading_bundle'},
      'file': asset.file.toFilePath(),
    },
  });
}
