import 'dart:io';

import 'package:rust_web_socket/src/hook/hook_exception.dart';
import 'package:rust_web_socket/src/hook/rust_target.dart';
import 'package:rust_web_socket/src/hook/toolchain.dart';
import 'package:test/test.dart';

/// A rustup that answers a command by the first entry that it contains, and
/// with success if there is none.
final class _Rustup {
  final answers = <String, ProcessResult>{};
  final commands = <String>[];

  /// What it is called; no other program exists.
  String path = 'rustup';

  void fails(String command, String message) =>
      answers[command] = ProcessResult(0, 1, '', message);

  void says(String command, String text) =>
      answers[command] = ProcessResult(0, 0, text, '');

  Future<ProcessResult> run(String program, List<String> arguments) async {
    if (program != path) throw ProcessException(program, arguments);
    final command = arguments.join(' ');
    commands.add(command);
    for (final MapEntry(:key, :value) in answers.entries) {
      if (command.contains(key)) return value;
    }
    return ProcessResult(0, 0, '', '');
  }
}

void main() {
  const target = RustTarget.aarch64Android;
  const add = 'target add aarch64-linux-android --toolchain 1.95.0';
  late Directory crate;
  late _Rustup rustup;
  setUp(() {
    crate = Directory.systemTemp.createTempSync('toolchain');
    File(
      '${crate.path}/rust-toolchain.toml',
    ).writeAsStringSync('[toolchain]\nchannel = "1.95.0"\n');
    rustup = _Rustup();
  });
  tearDown(() => crate.deleteSync(recursive: true));

  Future<void> prepare() => Toolchain(
    run: rustup.run,
    environment: const {'HOME': '/home/me', 'USERPROFILE': '/users/me'},
  ).prepare(crate.uri, target, reason: 'the package has no libraries');

  Matcher failsWith(List<String> parts) => throwsA(
    isA<HookException>().having(
      (it) => it.message,
      'message',
      allOf([for (final part in parts) contains(part)]),
    ),
  );

  test('nothing is installed if nothing is missing', () async {
    rustup.says(
      '--installed',
      'aarch64-linux-android\nx86_64-unknown-linux-gnu\n',
    );
    await prepare();
    expect(rustup.commands, [
      '--version',
      'target list --installed --toolchain 1.95.0',
      'run 1.95.0 cargo --version',
    ]);
  });

  test('a missing toolchain is installed with its target', () async {
    rustup.fails('--installed', "error: toolchain '1.95.0' is not installed");
    await prepare();
    expect(rustup.commands.sublist(2), [
      'toolchain install 1.95.0 --profile minimal',
      add,
      'run 1.95.0 cargo --version',
    ]);
  });

  test('a missing target is added', () async {
    rustup.says('--installed', 'x86_64-unknown-linux-gnu\n');
    await prepare();
    expect(rustup.commands, contains(add));
    expect(rustup.commands, isNot(contains(startsWith('toolchain install'))));
  });

  // Windows has USERPROFILE, and some of its programs set HOME too.
  for (final home in ['/home/me', '/users/me']) {
    test('rustup is found in its default folder in $home', () async {
      rustup
        ..path = '$home/.cargo/bin/rustup'
        ..says('--installed', 'aarch64-linux-android\n');
      await prepare();
      expect(rustup.commands, isNotEmpty);
    });
  }

  test(
    'without rustup the error says why it is needed and how to do without',
    () async {
      rustup.path = 'elsewhere';
      await expectLater(
        prepare(),
        failsWith([
          'since the package has no libraries',
          'https://rustup.rs',
          'aarch64-linux-android in user_defines',
          'README',
        ]),
      );
    },
  );

  test("the error names a toolchain that can't be installed", () async {
    rustup
      ..fails('--installed', 'no such toolchain')
      ..fails('toolchain install', 'info: syncing\nerror: no network');
    await expectLater(
      prepare(),
      failsWith([
        'Rust 1.95.0',
        'rustup toolchain install 1.95.0',
        'error: no network',
      ]),
    );
  });

  test("the error names a target that can't be added", () async {
    rustup.fails('target add', 'error: no network');
    await expectLater(
      prepare(),
      failsWith(['aarch64-linux-android', 'rustup $add', 'no network']),
    );
  });

  test('a toolchain without cargo has its own error', () async {
    rustup.fails('cargo', "error: the 'cargo' binary is not applicable");
    await expectLater(
      prepare(),
      failsWith(['no cargo', 'rustup component add cargo --toolchain 1.95.0']),
    );
  });

  test('a crate without a Rust version is incomplete', () async {
    File('${crate.path}/rust-toolchain.toml').deleteSync();
    await expectLater(prepare(), failsWith(['rust-toolchain.toml']));
  });
}
