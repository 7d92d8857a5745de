// The package on the web, as far as a Dart VM can test it: with the conditional
// imports of a browser's compiler, and stand-ins for dart:js_interop and
// package:web.
import 'dart:convert';
import 'dart:io';

import 'package:test/test.dart';

import 'support/packages.dart';
import 'support/servers.dart';

void main() {
  late final Directory folder;
  late final _WebPackage package;

  setUpAll(() {
    folder = Directory.systemTemp.createTempSync('web_test');
    package = _WebPackage(Directory.fromUri(repository.uri.resolve('dart/')));
  });
  tearDownAll(() => folder.deleteSync(recursive: true));

  test('the web build imports only libraries that a browser has', () {
    const absent = {'dart:ffi', 'dart:io', 'dart:isolate'};
    expect(package.sdkImports.keys.toSet().intersection(absent), isEmpty);
    expect(package.sdkImports, contains('dart:js_interop'));
    expect(package.files.keys, contains('src/web/connector.dart'));
    expect(package.files.keys, isNot(contains('src/native/connection.dart')));
    expect(package.files.keys, isNot(contains('src/io/web_socket.dart')));
  });

  test('everything type-checks on the web, and works with a server', () async {
    package.write(Directory('${folder.path}/rust_web_socket'));
    final config = File('${folder.path}/packages.json');
    writePackageConfig(config, {
      'rust_web_socket': Directory('${folder.path}/rust_web_socket'),
      'web': Directory.fromUri(repository.uri.resolve('tests/standins/web/')),
    });
    final program = File('${folder.path}/main.dart')
      ..writeAsStringSync(
        [
          for (final library in package.libraries)
            "import 'package:rust_web_socket/$library';",
          "import '${repository.uri.resolve('tests/dart/programs/web_client.dart')}'"
              ' as client;',
          'void main(List<String> arguments) => client.main(arguments);',
        ].join('\n'),
      );
    final kernel = File('${folder.path}/main.dill');
    expect(await compile(program, config, kernel), '');

    final url = await serve((socket) {
      socket.listen((message) {
        if (message == 'please close') {
          socket.close(3001, 'as you like');
        } else {
          socket.add(message);
        }
      });
    }, selectProtocol: (offered) => offered.firstOrNull);
    final unused = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final closedPort = unused.port;
    await unused.close();
    final result = await Process.run(Platform.resolvedExecutable, [
      '--enable-asserts',
      kernel.path,
      '$url',
      '$closedPort',
    ]);
    expect(result.stderr, '');
    final seen = json.decode(result.stdout as String) as Map<String, Object?>;
    expect(seen['protocol'], 'echo');
    expect(seen['echoed'], [
      {'type': 'text', 'is': 'early'},
      {
        'type': 'binary',
        'is': [1, 2, 3],
      },
    ]);
    // 1001 is none of a browser's codes.
    expect(seen['closed'], 'CloseInfo(1005, local, clean)');
    expect(seen['events'], ['close 3001 as you like']);
    expect(
      seen['refused'],
      allOf(
        startsWith('BrowserConnectException: '),
        contains('127.0.0.1:$closedPort'),
        isNot(contains('secret')),
      ),
    );
    expect(
      seen['twice'],
      allOf(
        startsWith('InvalidRequestException: '),
        contains('127.0.0.1:${url.port} (SyntaxError)'),
      ),
    );
  });
}

/// The files of the package that a program on the web reaches.
final class _WebPackage {
  _WebPackage(this._root) {
    for (final file in _lib.listSync().whereType<File>()) {
      // For dart:io's platforms alone; nothing else may import it.
      if (!file.uri.path.endsWith('/lib/io.dart')) _add(file.uri);
    }
  }

  final Directory _root;

  /// What the files hold, with every conditional import decided.
  final Map<String, String> files = {};

  /// The libraries of the SDK, and who imports each.
  final Map<String, Set<String>> sdkImports = {};

  Directory get _lib => Directory.fromUri(_root.uri.resolve('lib/'));

  /// The public libraries.
  Iterable<String> get libraries =>
      files.keys.where((name) => !name.contains('/') && name.endsWith('.dart'));

  static final _condition = RegExp(
    r"'[^']*'\s+if \(dart\.library\.js_interop\)\s+('[^']*')",
  );
  static final _directive = RegExp(
    r"^(?:import|export|part)\s+'([^']+)'",
    multiLine: true,
  );

  void _add(Uri file) {
    final name = file.path.substring(_lib.uri.path.length);
    if (files.containsKey(name)) return;
    final source = File.fromUri(
      file,
    ).readAsStringSync().replaceAllMapped(_condition, (match) => match[1]!);
    files[name] = source;
    for (final match in _directive.allMatches(source)) {
      final target = Uri.parse(match[1]!);
      switch (target.scheme) {
        case 'dart':
          sdkImports.putIfAbsent('$target', () => {}).add(name);
        case '':
          _add(file.resolveUri(target));
      }
    }
  }

  /// Writes the package, with the stand-in for what no VM has.
  void write(Directory root) {
    for (final MapEntry(:key, :value) in files.entries) {
      File('${root.path}/lib/$key')
        ..createSync(recursive: true)
        ..writeAsStringSync(
          value.replaceAll(
            "'dart:js_interop'",
            "'package:web/js_interop.dart'",
          ),
        );
    }
  }
}
