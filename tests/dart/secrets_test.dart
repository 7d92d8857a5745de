// No message, exception, state, trace or log of a connect contains a secret.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/w3c.dart' as w3c;
import 'package:test/test.dart';

import 'support/servers.dart';

/// Part of every secret here, in lower case.
const _mark = 's3cret';

const _headers = {
  'Authorization': 'Bearer header-s3cret',
  'Cookie': ['session=cookie-s3cret'],
};
const _protocols = ['chat', 'bearer.protocol-s3cret'];

Uri _withSecrets(Uri url) => url.replace(
  userInfo: 'user-s3cret:password-s3cret',
  path: '/chat',
  query: 'token=query-s3cret',
);

String _proxyAt(Uri proxy) =>
    'http://proxy-user-s3cret:proxy-password-s3cret@${proxy.authority}';

/// All texts of [error].
Iterable<String> _wordsOf(Object error) sync* {
  yield '$error';
  switch (error) {
    case WebSocketChannelException(:final message, :final inner):
      yield '$message';
      if (inner != null) yield* _wordsOf(inner);
    case final ArgumentError error:
      yield '${error.name} ${error.message} ${error.invalidValue}';
    case final FormatException error:
      yield '${error.message} ${error.source}';
    case final ConnectException error:
      yield error.message;
      switch (error) {
        case final SocketException error:
          yield '${error.osError} ${error.address} ${error.port}';
        case final HttpException error:
          yield '${error.uri}';
        case final TlsException error:
          yield '${error.type} ${error.osError}';
        default:
      }
  }
}

void main() {
  final said = <String>[];
  setUp(said.clear);

  void expectNoSecret() {
    expect(said, isNotEmpty);
    final texts = [
      _mark,
      for (final pair in [
        'user-s3cret:password-s3cret',
        'proxy-user-s3cret:proxy-password-s3cret',
      ])
        base64.encode(utf8.encode(pair)).toLowerCase(),
    ];
    for (final words in said) {
      for (final text in texts) {
        expect(words.toLowerCase(), isNot(contains(text)));
      }
    }
  }

  /// Connects with each interface, and records all texts until it has failed.
  Future<void> listenToConnects(Uri url, WebSocketOptions options) async {
    final logs = RustWebSocketLibrary.logs(
      level: LogLevel.trace,
    ).listen((record) => said.add('$record'));

    final channel = RustWebSocketChannel.connect(
      url,
      protocols: _protocols,
      headers: _headers,
      connectTimeout: const Duration(seconds: 1),
      options: options,
    );
    final trace = channel.trace.map((event) => '$event').toList();
    var failed = false;
    await channel.stream.handleError((Object error) {
      failed = true;
      said.addAll(_wordsOf(error));
    }).drain<void>();
    said
      ..addAll(await trace)
      ..add('${channel.closeInfo} ${channel.stats}');

    try {
      final socket = await RustWebSocket.connect(
        url,
        protocols: _protocols,
        headers: _headers,
        connectTimeout: const Duration(seconds: 1),
        options: options,
      );
      await socket.events.map((event) => said.add('$event')).drain<void>();
    } catch (error) {
      said.addAll(_wordsOf(error));
    }

    final reconnecting = ReconnectingWebSocketChannel.connect(
      url,
      protocols: _protocols,
      headers: _headers,
      connectTimeout: const Duration(seconds: 1),
      options: options,
    );
    reconnecting.stream.listen(
      null,
      onError: (Object error) => said.addAll(_wordsOf(error)),
    );
    await for (final state in reconnecting.states) {
      said.add('$state');
      switch (state) {
        case ChannelWaiting(cause: ConnectFailed(:final error)) ||
            ChannelClosed(cause: ConnectFailed(:final error)):
          said.addAll(_wordsOf(error));
        default:
      }
      if (state is ChannelWaiting || state is ChannelClosed) break;
    }
    await reconnecting.sink.close();
    await logs.cancel();
    expect(failed, isTrue);
    expectNoSecret();
  }

  Future<Uri> answer(String response) => serveTcp(
    (socket) => socket.listen(
      (_) => socket.write(response),
      // A client that sees garbage resets the connection.
      onError: (Object _) {},
    ),
  );

  group('no secret is printed when', () {
    const none = WebSocketOptions();
    for (final (name, server) in <(String, Future<Uri> Function())>[
      ('nobody listens', () async => Uri.parse('ws://127.0.0.1:1')),
      ('there is no such host', () async => Uri.parse('ws://x.invalid')),
      (
        'there is no TLS',
        () async {
          final url = await answer('HTTP/1.1 400 Bad Request\r\n\r\n');
          return url.replace(scheme: 'wss');
        },
      ),
      ('time runs out', () => serveTcp((socket) => socket.listen((_) {}))),
      ('nothing is answered', () => serveTcp((socket) => socket.destroy())),
      ('garbage is answered', () => answer('SSH-2.0-x\r\n\r\n')),
      (
        'the upgrade is refused',
        () => serveHttp((request) {
          request.response
            ..statusCode = 403
            ..close();
        }),
      ),
      (
        'a redirect leads nowhere',
        () => serveHttp((request) {
          request.response
            ..statusCode = 302
            ..headers.set(
              'Location',
              'ws://user:redirect-s3cret@127.0.0.1:1/?token=redirect-s3cret',
            )
            ..close();
        }),
      ),
      (
        'redirects have no end',
        () => serveHttp((request) {
          request.response
            ..statusCode = 302
            ..headers.set('Location', '/again?token=redirect-s3cret')
            ..close();
        }),
      ),
    ]) {
      test(name, () async {
        await listenToConnects(_withSecrets(await server()), none);
      });
    }

    for (final (name, proxy) in <(String, Future<String> Function())>[
      ('nobody is a proxy', () async => _proxyAt(Uri.parse('//127.0.0.1:1'))),
      (
        'a proxy refuses',
        () async => _proxyAt(
          await answer(
            'HTTP/1.1 407 Proxy Authentication Required\r\n'
            'Content-Length: 0\r\n\r\n',
          ),
        ),
      ),
      (
        'a tunnel ends',
        () async => _proxyAt(await serveTcp((socket) => socket.destroy())),
      ),
      (
        'a proxy is of no kind',
        () async => 'ftp://user:proxy-password-s3cret@127.0.0.1:1',
      ),
      (
        'a proxy has no URL',
        () async => 'http://user:proxy-password-s3cret@[broken',
      ),
    ]) {
      test(name, () async {
        await listenToConnects(
          _withSecrets(Uri.parse('ws://127.0.0.1:2')),
          WebSocketOptions(proxy: ProxyOptions.url(await proxy())),
        );
      });
    }

    test('a client certificate has an invalid key', () async {
      final key = utf8.encode(
        '-----BEGIN PRIVATE KEY-----\nkey-s3cret\n-----END PRIVATE KEY-----\n',
      );
      await listenToConnects(
        _withSecrets(Uri.parse('wss://127.0.0.1:1')),
        WebSocketOptions(
          tls: TlsOptions(
            identity: ClientIdentity(certificates: key, privateKey: key),
          ),
        ),
      );
    });

    for (final (name, call) in <(String, FutureOr<Object> Function())>[
      (
        'a string is no URL',
        () => RustWebSocketChannel.connect('ws://a:b-s3cret@[broken?t=s3cret'),
      ),
      (
        'a port is no number',
        () => RustWebSocketChannel.connect('ws://a:b-s3cret@host:x?t=s3cret'),
      ),
      (
        'the scheme of a channel is another',
        () => RustWebSocketChannel.connect('http://a:b-s3cret@host?t=s3cret'),
      ),
      (
        'the scheme of a socket is another',
        () => RustWebSocket.connect(Uri.parse('http://a:s3cret@h?t=s3cret')),
      ),
      (
        'a URL of the standard is none',
        () => w3c.WebSocket('ws://a:b-s3cret@[broken?t=s3cret'),
      ),
      (
        'the scheme of the standard is another',
        () => w3c.WebSocket('ftp://a:b-s3cret@host?t=s3cret'),
      ),
      (
        'a subprotocol is no token',
        () => RustWebSocketChannel.connect(
          'ws://127.0.0.1:1',
          protocols: ['Bearer s3cret'],
        ),
      ),
      (
        'a subprotocol of the standard is no token',
        () => w3c.WebSocket('ws://127.0.0.1:1', 'Bearer s3cret'),
      ),
      (
        'a subprotocol of the standard is offered twice',
        () => w3c.WebSocket('ws://127.0.0.1:1', ['s3cret', 's3cret']),
      ),
      (
        'a header has a line break',
        () => RustWebSocketChannel.connect(
          'ws://127.0.0.1:1',
          headers: {'Authorization': 'Bearer s3cret\n'},
        ),
      ),
    ]) {
      test(name, () async {
        try {
          await call();
        } catch (error) {
          said.addAll(_wordsOf(error));
        }
        expectNoSecret();
      });
    }
  });
}
