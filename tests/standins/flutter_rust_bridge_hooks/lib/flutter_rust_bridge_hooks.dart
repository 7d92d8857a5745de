/// Stand-in for package:flutter_rust_bridge_hooks: has rustup's cargo build a
/// crate, for 64-bit Linux.
library;

import 'dart:io';

import 'package:code_assets/code_assets.dart';
import 'package:hooks/hooks.dart';

export 'package:hooks/hooks.dart';

/// Builds the crate in [cratePath].
final class FlutterRustBridgeNativeAssetsBuilder {
  const FlutterRustBridgeNativeAssetsBuilder({
    required this.assetName,
    required this.cratePath,
    required this.extraCargoBuildArgs,
  });

  final String assetName;
  final String cratePath;
  final List<String> extraCargoBuildArgs;

  Future<void> run({
    required BuildInput input,
    required BuildOutputBuilder output,
  }) async {
    final crate = input.packageRoot.resolve('$cratePath/');
    final toolchain = File.fromUri(
      crate.resolve('rust-toolchain.toml'),
    ).readAsStringSync();
    final target = input.outputDirectoryShared.resolve('target/');
    const triple = 'x86_64-unknown-linux-gnu';
    final result = await Process.run('rustup', [
      'run',
      RegExp('channel = "(.+)"').firstMatch(toolchain)![1]!,
      'cargo', 'build', '--release', //
      '--manifest-path', crate.resolve('Cargo.toml').toFilePath(),
      '--target', triple,
      '--target-dir', target.toFilePath(),
      ...extraCargoBuildArgs,
    ]);
    if (result.exitCode != 0) throw InfraError(message: '${result.stderr}');
    output.assets.code.add(
      CodeAsset(
        package: input.packageName,
        name: assetName,
        linkMode: DynamicLoadingBundled(),
        file: target.resolve('$triple/release/librust_web_socket.so'),
      ),
    );
  }
}
