// Builds the native library for an app, or uses the one in the package. `dart`
// and `flutter` run it: https://dart.dev/tools/hooks
import 'dart:io';

import 'package:code_assets/code_assets.dart';
import 'package:flutter_rust_bridge_hooks/flutter_rust_bridge_hooks.dart';
import 'package:rust_web_socket/src/hook/hook_exception.dart';
import 'package:rust_web_socket/src/hook/hook_options.dart';
import 'package:rust_web_socket/src/hook/library_source.dart';
import 'package:rust_web_socket/src/hook/manifest.dart';
import 'package:rust_web_socket/src/hook/rust_target.dart';
import 'package:rust_web_socket/src/hook/toolchain.dart';

Future<void> main(List<String> arguments) =>
    build(arguments, (input, output) async {
      // A web app has no native code.
      if (!input.config.buildCodeAssets) return;
      try {
        await _build(input, output);
      } on HookException catch (error) {
        throw InfraError(message: error.message);
      }
    });

/// The asset name that `lib/src/native/code_asset.dart` looks up.
const _assetName = 'src/rust/frb_generated.io.dart';

Future<void> _build(BuildInput input, BuildOutputBuilder output) async {
  final code = input.config.code;
  final target = RustTarget.of(
    os: code.targetOS.name,
    architecture: code.targetArchitecture.name,
    isSimulator:
        code.targetOS == OS.iOS && code.iOS.targetSdk == IOSSdk.iPhoneSimulator,
  );
  final options = HookOptions.read(
    (key) => input.userDefines[key],
    input.userDefines.path,
  );
  final LibrarySource source;
  if (target != null) {
    source = LibrarySource.find(
      input.packageRoot,
      target,
      abi: abiOf(input.packageRoot),
      options: options,
    );
  } else if (options.library case final library?) {
    source = LibraryFile.named(library, null);
  } else {
    throw HookException(
      'package:rust_web_socket has no library for ${code.targetOS} on '
      '${code.targetArchitecture}, and does not build one. Build it yourself, '
      'and name it with the key library in user_defines (see '
      '${HookException.page}).',
    );
  }
  switch (source) {
    case LibraryFile(:final file, :final dependencies):
      dependencies.forEach(output.dependencies.add);
      output.assets.code.add(
        CodeAsset(
          package: input.packageName,
          name: _assetName,
          linkMode: DynamicLoadingBundled(),
          file: file,
        ),
      );
    case RustCrate(:final path, :final target, :final reason):
      stdout.writeln('rust_web_socket is built from source: $reason.');
      final crate = input.packageRoot.resolve('$path/');
      await Toolchain.ofThisMachine().prepare(crate, target, reason: reason);
      await FlutterRustBridgeNativeAssetsBuilder(
        assetName: _assetName,
        cratePath: path,
        extraCargoBuildArgs: const ['--locked'],
      ).run(input: input, output: output);
      // The builder adds only the crate's own sources.
      RustCrate.dependencies(crate).forEach(output.dependencies.add);
  }
}
