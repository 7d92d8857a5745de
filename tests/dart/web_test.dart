// The package on the web, as far as a Dart VM can test it: with the conditional
// imports of a browser's compiler, and stand-ins for dart:js_interop and
// package:web.
import 'dart:convert';
import 'dart:io';

import 'package:test/test.dart';

import 'support/packages.dart';
import 'support/servers.dart';
import 'support/web_package.dart';

void main() {
  late final Directory folder;
  late final WebPackage package;

  setUpAll(() {
    folder = Directory.systemTemp.createTempSync('web_test');
    package = WebPackage(Directory.fromUri(repository.uri.resolve('dart/')));
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
      for (final name in ['js_interop', 'web'])
        name: Directory.fromUri(
          repository.uri.resolve('tests/standins/$name/'),
        ),
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
