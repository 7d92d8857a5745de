// Through a proxy, and to another address than the URL's.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  /// An HTTP proxy that asks for credentials, and its requests.
  Future<(Uri, List<String>)> serveProxy() async {
    final requests = <String>[];
    final url = await serveTcp((client) {
      Socket? server;
      client.listen((bytes) async {
        if (server != null) return server!.add(bytes);
        final request = latin1.decode(bytes);
        requests.add(request.split('\r\n').first);
        final credentials = base64.encode(utf8.encode('me:secret'));
        if (!request.contains('Proxy-Authorization: Basic $credentials')) {
          client.write(
            'HTTP/1.1 407 Proxy Authentication Required\r\n'
            'Content-Length: 0\r\n\r\n',
          );
          return;
        }
        final target = Uri.parse('http://${request.split(' ')[1]}');
        server = await Socket.connect(target.host, target.port);
        addTearDown(server!.destroy);
        server!.listen(client.add, onDone: client.destroy);
        client.write('HTTP/1.1 200 Connected\r\n\r\n');
      }, onDone: () => server?.destroy());
    });
    return (url, requests);
  }

  WebSocketOptions through(String proxy, [List<String> noProxy = const []]) =>
      WebSocketOptions(proxy: ProxyOptions.url(proxy, noProxy: noProxy));

  Future<void> expectEcho(Uri url, WebSocketOptions options) async {
    final channel = RustWebSocketChannel.connect(url, options: options);
    channel.sink.add('Hello');
    expect(await channel.stream.first, 'Hello');
    await channel.sink.close();
  }

  test('messages pass through a proxy that requires credentials', () async {
    final (proxy, requests) = await serveProxy();
    final url = await serveEcho();
    await expectEcho(url, through('http://me:secret@127.0.0.1:${proxy.port}'));
    expect(requests, ['CONNECT 127.0.0.1:${url.port} HTTP/1.1']);
  });

  test('a proxy that refuses is a ProxyException with its status', () async {
    final (proxy, _) = await serveProxy();
    final url = await serveEcho();
    await expectLater(
      RustWebSocket.connect(
        url,
        options: through('http://me:wrong@127.0.0.1:${proxy.port}'),
      ),
      throwsA(
        isA<ProxyException>()
            .having((error) => error.statusCode, 'statusCode', 407)
            .having((error) => error, 'as dart:io has it', isA<HttpException>())
            .having(
              (error) => error.message,
              'message',
              allOf(
                contains('127.0.0.1:${proxy.port}'),
                isNot(contains('wrong')),
              ),
            ),
      ),
    );
  });

  test(
    'a tunnel that ends early is a ProxyException with its status',
    () async {
      final proxy = await serveTcp((client) {
        var isOpen = false;
        client.listen((_) {
          if (isOpen) return client.destroy();
          isOpen = true;
          client.write('HTTP/1.1 200 Connected\r\n\r\n');
        });
      });
      for (final scheme in ['ws', 'wss']) {
        await expectLater(
          RustWebSocket.connect(
            Uri.parse('$scheme://known-to-the-proxy.invalid'),
            options: through('http://me:secret@127.0.0.1:${proxy.port}'),
          ),
          throwsA(
            isA<ProxyException>()
                .having((error) => error.statusCode, 'statusCode', 200)
                .having(
                  (error) => error.message,
                  'message',
                  allOf(
                    contains('127.0.0.1:${proxy.port}'),
                    contains('known-to-the-proxy.invalid'),
                    isNot(contains('secret')),
                  ),
                ),
          ),
        );
      }
    },
  );

  test('noProxy bypasses the proxy', () async {
    final url = await serveEcho();
    await expectEcho(url, through('http://127.0.0.1:1', ['127.0.0.0/8']));
  });

  test(
    "the system's proxy is the environment's on Linux",
    () async {
      final (proxy, requests) = await serveProxy();
      final url = await serveEcho();
      // A process of its own has an environment of its own.
      final result = await Process.run(
        Platform.resolvedExecutable,
        [
          '--packages=${Platform.packageConfig}',
          'tests/dart/programs/system_proxy.dart',
          '$url',
        ],
        environment: {
          'http_proxy': 'http://me:secret@127.0.0.1:${proxy.port}',
          'no_proxy': '',
        },
      );
      expect(
        (result.exitCode, result.stdout),
        (0, 'Hello\n'),
        reason: '${result.stderr}',
      );
      expect(requests, ['CONNECT 127.0.0.1:${url.port} HTTP/1.1']);
    },
    testOn: 'linux',
    timeout: const Timeout(Duration(minutes: 2)),
  );

  test('an unknown kind of proxy is rejected by name', () async {
    await expectLater(
      RustWebSocket.connect(
        Uri.parse('ws://localhost:1'),
        options: through('ftp://user:secret@localhost'),
      ),
      throwsA(
        isA<InvalidRequestException>().having(
          (error) => error.message,
          'message',
          allOf(contains('proxy.url'), isNot(contains('secret'))),
        ),
      ),
    );
  });

  test('another address leaves the Host header as it is', () async {
    final requests = StreamController<String>();
    final server = await serveFrames((peer) {
      requests.add(peer.request);
      peer.sendFrame(8, []);
    });
    final channel = RustWebSocketChannel.connect(
      'ws://no-such-host.invalid:1234/',
      options: WebSocketOptions(
        address: ConnectAddress('127.0.0.1', port: server.port),
      ),
    );
    await channel.stream.drain<void>();
    expect(
      await requests.stream.first,
      contains('Host: no-such-host.invalid:1234\r\n'),
    );
  });

  test('with maxRedirects 0 a redirect is a refusal', () async {
    final url = await serveHttp(
      (request) => request.response
        ..statusCode = HttpStatus.found
        ..headers.set('Location', '/again')
        ..close(),
    );
    await expectLater(
      RustWebSocket.connect(
        url,
        options: const WebSocketOptions(maxRedirects: 0),
      ),
      throwsA(
        isA<UpgradeRefusedException>().having(
          (error) => error.statusCode,
          'statusCode',
          302,
        ),
      ),
    );
  });
}
