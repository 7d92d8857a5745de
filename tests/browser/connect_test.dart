// Connecting with the browser's WebSocket.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web/page.dart';

import '../dart/support/program.dart';
import '../dart/support/servers.dart';
import 'support/page.dart';

/// The URL of a server that [request] was sent to, which refuses it.
Future<Uri> _refuse(int status, {Map<String, String> headers = const {}}) =>
    serveHttp((request) {
      request.response.statusCode = status;
      headers.forEach(request.response.headers.set);
      request.response
        ..write('the body')
        ..close();
    });

void main() {
  usePage();

  /// The error of `ready`, and of the stream.
  Future<Exception> failure(
    Object url, {
    List<String>? protocols,
    WebSocketOptions options = const WebSocketOptions(),
    Duration? connectTimeout,
  }) async {
    final channel = RustWebSocketChannel.connect(
      url,
      protocols: protocols,
      options: options,
      connectTimeout: connectTimeout,
    );
    try {
      await channel.ready;
    } on WebSocketChannelException catch (error) {
      await expectLater(channel.stream, emitsError(same(error)));
      expect(channel.closeCode, isNull);
      return error.inner! as Exception;
    } on TimeoutException catch (error) {
      return error;
    }
    fail('it connected');
  }

  Future<void> expectHidden(Object url, {List<String>? protocols}) async {
    final error = await failure(url, protocols: protocols);
    expect(error, isA<BrowserConnectException>());
    expect('$error', contains('It tells no page why'));
  }

  group('the subprotocol', () {
    test('is what the server chose', () async {
      final url = await serve(
        (socket) => socket.drain<void>(),
        selectProtocol: (offered) => offered.last,
      );
      final channel = RustWebSocketChannel.connect(url, protocols: ['a', 'b']);
      await channel.ready;
      expect(channel.protocol, 'b');
      await channel.sink.close();
    });

    test('is empty if none was offered', () async {
      final url = await serve((socket) => socket.drain<void>());
      final channel = RustWebSocketChannel.connect(url);
      await channel.ready;
      expect(channel.protocol, '');
      await channel.sink.close();
    });

    test('that a server leaves out fails the connect', () async {
      final url = await serve((socket) => socket.drain<void>());
      await expectHidden(url, protocols: ['a']);
    });

    test('that was not offered fails the connect', () async {
      final url = await serveFrames(
        (_) {},
        extraHeaders: 'Sec-WebSocket-Protocol: other\r\n',
      );
      await expectHidden(url);
      await expectHidden(url, protocols: ['a']);
    });

    test('that is offered twice is an InvalidRequestException', () async {
      final url = await serve((socket) => socket.drain<void>());
      final error = await failure(url, protocols: ['a', 'a']);
      expect(error, isA<InvalidRequestException>());
      expect('$error', contains('127.0.0.1:${url.port} (SyntaxError)'));
    });
  });

  group('has no cause:', () {
    test('a port that refuses', () async {
      final unused = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
      final url = 'ws://user:secret@127.0.0.1:${unused.port}/?token=secret';
      await unused.close();
      final error = await failure(url);
      expect(error, isA<BrowserConnectException>());
      expect('$error', contains('127.0.0.1:${unused.port}'));
      expect('$error', isNot(contains('secret')));
    });

    test('a port that the browser blocks', () async {
      // X11, of the Fetch standard's list of bad ports.
      await expectHidden('ws://127.0.0.1:6000');
    });

    for (final status in [200, 401, 403, 404, 503]) {
      test('the status $status', () async {
        await expectHidden(await _refuse(status));
      });
    }

    test('a redirect, which is not followed', () async {
      final target = await serve((_) => fail('it was followed'));
      await expectHidden(await _refuse(302, headers: {'location': '$target'}));
    });

    test('an answer that is not HTTP', () async {
      await expectHidden(
        await serveTcp(
          (socket) => socket
            ..write('SSH-2.0-OpenSSH_9.2\r\n')
            ..drain<void>(),
        ),
      );
    });

    test('a server that closes without an answer', () async {
      await expectHidden(await serveTcp((socket) => socket.destroy()));
    });

    test('a wrong Sec-WebSocket-Accept', () async {
      await expectHidden(
        await serveTcp(
          (socket) => socket.listen(
            (_) => socket.write(
              'HTTP/1.1 101 Switching Protocols\r\n'
              'Upgrade: websocket\r\n'
              'Connection: Upgrade\r\n'
              'Sec-WebSocket-Accept: ${acceptKey('another key')}\r\n\r\n',
            ),
          ),
        ),
      );
    });
  });

  test('a connect that takes too long is given up', () async {
    final isGone = Completer<void>();
    final url = await serveTcp(
      (socket) => socket.drain<void>().whenComplete(isGone.complete),
    );
    const limit = Duration(milliseconds: 50);
    final error = await failure(url, connectTimeout: limit);
    expect(error, isA<ConnectTimeoutException>());
    expect((error as ConnectTimeoutException).duration, limit);
    // The browser has closed its socket.
    await isGone.future;
  });

  test("the request has the browser's fields, and none of the app's", () async {
    final head = Completer<String>();
    final url = await serveFrames((peer) => head.complete(peer.request));
    Page.current.call({
      'call': 'evaluate',
      'script': 'document.cookie = "page=cookie"',
    });
    final channel = RustWebSocketChannel.connect(
      url.replace(userInfo: 'user:secret', path: '/a b', fragment: 'part'),
      headers: {'X-Token': 'secret', 'User-Agent': 'the app'},
    );
    await channel.ready;
    final fields = const LineSplitter().convert(await head.future);
    expect(fields.first, 'GET /a%20b HTTP/1.1');
    final text = fields.join('\n').toLowerCase();
    expect(text, contains('origin: http://127.0.0.1:'));
    expect(text, contains('chrome/'));
    expect(text, contains('cookie: page=cookie'));
    expect(text, contains('sec-websocket-extensions: permessage-deflate'));
    expect(text, isNot(contains('x-token')));
    expect(text, isNot(contains('the app')));
    expect(text, isNot(contains('authorization')));
  });

  test('compression is offered, whatever the options say', () async {
    final url = await serveEcho(
      compression: CompressionOptions.compressionDefault,
    );
    final socket = await RustWebSocket.connect(
      url,
      options: const WebSocketOptions(compression: DeflateOptions.off()),
    );
    expect(socket.extensions, startsWith('permessage-deflate'));
    await socket.close();
  });

  test('a second connect to the same port waits for the first', () async {
    final accepted = StreamController<Socket>();
    var count = 0;
    final url = await serveTcp((socket) {
      count++;
      accepted.add(socket);
    });
    final sockets = StreamIterator(accepted.stream);
    final first = failure(url);
    await sockets.moveNext();
    final second = failure(url);
    // Time passes, in which it would connect.
    final other = RustWebSocketChannel.connect(await serveEcho());
    await other.ready;
    await other.sink.close();
    expect(count, 1);
    sockets.current.destroy();
    expect(await first, isA<BrowserConnectException>());
    await sockets.moveNext();
    sockets.current.destroy();
    expect(await second, isA<BrowserConnectException>());
  });

  group('wss', () {
    test('to a server that the browser trusts', () async {
      final channel = RustWebSocketChannel.connect(
        Platform.environment['TRUSTED_SERVER']!,
      );
      await channel.ready;
      final messages = <Object>['Hello', '你好', List.filled(1 << 20, 7)];
      messages.forEach(channel.sink.add);
      expect(await channel.stream.take(3).toList(), messages);
      await channel.sink.close(1000);
      expect((await channel.ended).isClean, isTrue);
    });

    test('to another one has no cause, and no option helps', () async {
      final folder = await Directory.systemTemp.createTemp('browser');
      addTearDown(() => folder.delete(recursive: true));
      final authority = File('${folder.path}/authority.pem');
      final server = await Program.start(Platform.environment['ECHO_SERVER']!, [
        '--until-stdin-closes',
        '--tls-authority',
        authority.path,
      ]);
      final url = await server.url;
      for (final tls in [
        const TlsOptions(),
        const TlsOptions(dangerouslyAcceptAnyCertificate: true),
        TlsOptions(roots: [authority.readAsBytesSync()]),
      ]) {
        final error = await failure(url, options: WebSocketOptions(tls: tls));
        expect(error, isA<BrowserConnectException>());
      }
    });

    test('to a server without TLS has no cause', () async {
      final url = await serveEcho();
      await expectHidden(url.replace(scheme: 'wss'));
    });
  });
}
