import 'dart:io';

import 'hook_exception.dart';
import 'rust_target.dart';

/// Runs a program to its end; throws a [ProcessException] if it does not exist.
typedef RunProgram =
    Future<ProcessResult> Function(String program, List<String> arguments);

/// The Rust toolchain of the machine that builds the app. Missing parts are
/// installed, or an error says why they can't be.
final class Toolchain {
  /// Creates a toolchain from [run] and [environment].
  const Toolchain({required this.run, required this.environment});

  /// The toolchain of this machine.
  Toolchain.ofThisMachine()
    : this(run: Process.run, environment: Platform.environment);

  /// Runs rustup, which runs cargo.
  final RunProgram run;

  /// The environment variables. `HOME` and `USERPROFILE` locate rustup.
  final Map<String, String> environment;

  /// Installs what is missing to build [target] with the Rust version of
  /// [crate]'s rust-toolchain.toml. [reason] is why it is built.
  ///
  /// Throws a [HookException] if that fails.
  Future<void> prepare(
    Uri crate,
    RustTarget target, {
    required String reason,
  }) async {
    final rustup = await _findRustup(target, reason);
    final version = _versionFor(crate);
    final triple = target.triple;
    const network = 'That needs a network connection';
    final installed = await run(rustup, [
      'target', 'list', '--installed', '--toolchain', version, //
    ]);
    if (installed.exitCode != 0) {
      await _install(rustup, [
        'toolchain',
        'install',
        version,
        '--profile',
        'minimal',
      ], 'Rust $version is not installed. $network');
    }
    final targets = '${installed.stdout}'.split(RegExp(r'\s+'));
    if (installed.exitCode != 0 || !targets.contains(triple)) {
      await _install(
        rustup,
        ['target', 'add', triple, '--toolchain', version],
        'The standard library of Rust $version for $triple is not installed. '
        '$network',
      );
    }
    final cargo = await run(rustup, ['run', version, 'cargo', '--version']);
    if (cargo.exitCode != 0) {
      throw HookException(
        'Rust $version has no cargo (${_lastLine(cargo)}). Install it: '
        'rustup component add cargo --toolchain $version',
      );
    }
  }

  /// An IDE that was not started from a terminal may lack rustup's directory in
  /// its PATH.
  Future<String> _findRustup(RustTarget target, String reason) async {
    for (final program in [
      'rustup',
      for (final variable in ['HOME', 'USERPROFILE'])
        if (environment[variable] case final home?) '$home/.cargo/bin/rustup',
    ]) {
      try {
        await run(program, ['--version']);
        return program;
      } on ProcessException {
        continue;
      }
    }
    throw HookException(
      'package:rust_web_socket is built from Rust, since $reason. rustup, '
      'which installs Rust, was not found. Install it from https://rustup.rs, '
      'open a new terminal, and build again. Without Rust, name a library for '
      '${target.triple} in user_defines (see ${HookException.page}).',
    );
  }

  String _versionFor(Uri crate) {
    final file = File.fromUri(crate.resolve('rust-toolchain.toml'));
    final channel = RegExp(r'^channel\s*=\s*"(.+)"', multiLine: true);
    final match = file.existsSync()
        ? channel.firstMatch(file.readAsStringSync())
        : null;
    if (match == null) {
      throw HookException(
        '${file.path} names no version of Rust: the package is incomplete. '
        'Run dart pub cache repair, or take the repository anew.',
      );
    }
    return match[1]!;
  }

  Future<void> _install(
    String rustup,
    List<String> arguments,
    String missing,
  ) async {
    final result = await run(rustup, arguments);
    if (result.exitCode == 0) return;
    throw HookException(
      '$missing. This failed, try it in a terminal: '
      'rustup ${arguments.join(' ')} (${_lastLine(result)})',
    );
  }

  /// The last line of the output, which has rustup's error.
  static String _lastLine(ProcessResult result) =>
      '${result.stderr}'.trimRight().split('\n').last.trim();
}
