// The program that serves the inspector's page.
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

import 'package:test/test.dart';

import 'support/packages.dart';
import 'support/program.dart';

List<String> _command(List<String> arguments) => [
  '--packages=${Isolate.packageConfigSync}',
  '${repository.path}dart/bin/inspector.dart',
  ...arguments,
];

Future<Program> _start([List<String> arguments = const []]) =>
    Program.start(Platform.resolvedExecutable, _command(arguments));

Future<Uri> _serve([List<String> arguments = const []]) async =>
    Uri.parse(await (await _start(arguments)).url);

/// What the server at [page] answers to [request], byte for byte.
Future<String> _exchange(Uri page, String request) async {
  final socket = await Socket.connect(page.host, page.port);
  addTearDown(socket.destroy);
  socket.write('$request\r\nConnection: close\r\n\r\n');
  return utf8.decodeStream(socket);
}

void main() {
  test(
    'the page and its modules have the types that browsers require',
    () async {
      final page = await _serve();
      final client = HttpClient();
      addTearDown(() => client.close(force: true));
      final folder = Directory.fromUri(
        repository.uri.resolve('dart/extension/devtools/build/'),
      );
      final files = folder.listSync(recursive: true).whereType<File>();
      expect(files, isNotEmpty);
      for (final file in files) {
        final path = file.uri.path.substring(folder.uri.path.length);
        final request = await client.getUrl(page.resolve(path));
        final response = await request.close();
        expect(response.statusCode, 200, reason: path);
        final body = await response.expand((chunk) => chunk).toList();
        expect(body, file.readAsBytesSync(), reason: path);
        final type = switch (path.split('.').last) {
          'html' => 'text/html; charset=utf-8',
          'css' => 'text/css; charset=utf-8',
          'js' || 'mjs' => 'text/javascript; charset=utf-8',
          'svg' => 'image/svg+xml',
          'png' => 'image/png',
          _ => isNotNull,
        };
        expect(response.headers.value('content-type'), type, reason: path);
        expect(response.headers.value('cache-control'), 'no-store');
        expect(response.headers.value('x-content-type-options'), 'nosniff');
        expect(response.headers.value('referrer-policy'), 'no-referrer');
      }
    },
  );

  test("the page's address has the service's, with its code", () async {
    const service = 'http://127.0.0.1:8181/a+b/c==/?x&y#z';
    final page = await _serve([service]);
    expect(page.host, '127.0.0.1');
    expect(page.path, '/');
    expect(page.queryParameters, {'uri': service});
    expect((await _serve()).hasQuery, isFalse);
  });

  test('no path leads out of its folder', () async {
    final page = await _serve();
    for (final path in [
      '/../config.yaml',
      '/../../../pubspec.yaml',
      '/%2e%2e/config.yaml',
      '/..%2fconfig.yaml',
      r'/..\config.yaml',
      '//etc/passwd',
      '/index.html/../../config.yaml',
      '/views',
      '/%',
      '/%zz',
      '/%00',
    ]) {
      final answer = await _exchange(
        page,
        'GET $path HTTP/1.1\r\nHost: ${page.authority}',
      );
      expect(answer, matches('^HTTP/1.1 40[04] '), reason: path);
    }
  });

  test('a page of another host gets nothing', () async {
    final page = await _serve();
    for (final host in [
      'evil.example',
      'evil.example:${page.port}',
      '127.0.0.1',
      '127.0.0.1:${page.port + 1}',
      '127.0.0.1.evil.example:${page.port}',
      '',
    ]) {
      final answer = await _exchange(page, 'GET / HTTP/1.1\r\nHost: $host');
      expect(answer, matches('^HTTP/1.1 40[03] '), reason: host);
    }
    final local = await _exchange(
      page,
      'GET / HTTP/1.1\r\nHost: localhost:${page.port}',
    );
    expect(local, startsWith('HTTP/1.1 200 '));
  });

  test('other methods are refused', () async {
    final page = await _serve();
    final answer = await _exchange(
      page,
      'POST / HTTP/1.1\r\nHost: ${page.authority}\r\nContent-Length: 0',
    );
    expect(answer, startsWith('HTTP/1.1 405 '));
    expect(answer.toLowerCase(), contains('allow: get, head'));
  });

  test('bad arguments are a sentence and exit code 64', () async {
    for (final (arguments, sentence) in [
      (['--port'], "--port needs a number up to 65535, not ''."),
      (['--port=65536'], "--port needs a number up to 65535, not '65536'."),
      (['--prot', '1'], 'There is no option --prot.'),
      (['8181'], "'8181' is not the address of a VM service"),
      (['file:///x'], "'file:///x' is not the address of a VM service"),
      (
        ['http://127.0.0.1:1/', 'http://127.0.0.1:2/'],
        'Only one address is allowed: http://127.0.0.1:2/ is another.',
      ),
    ]) {
      final result = await Process.run(
        Platform.resolvedExecutable,
        _command(arguments),
      );
      expect(result.exitCode, 64, reason: '$arguments');
      expect(result.stderr, startsWith(sentence));
      expect(result.stdout, isEmpty);
    }
  });

  test('a port that is taken is a sentence and exit code 1', () async {
    final page = await _serve();
    final result = await Process.run(
      Platform.resolvedExecutable,
      _command(['--port', '${page.port}']),
    );
    expect(result.exitCode, 1);
    expect(result.stderr, contains('Cannot listen on port ${page.port}: '));
  });

  test(
    'it ends with an interrupt, or when standard input closes',
    () async {
      final interrupted = await _start();
      await interrupted.url;
      interrupted.process.kill(ProcessSignal.sigint);
      expect(await interrupted.process.exitCode, 0);

      final closed = await _start(['--until-stdin-closes']);
      await closed.url;
      await closed.input.close();
      expect(await closed.process.exitCode, 0);
    },
    skip: Platform.isWindows ? 'a program cannot send Ctrl-C' : false,
  );
}
