// Channels and sockets that reconnect with the browser's WebSocket.
import 'dart:async';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart'
    show CloseReceived, TextDataReceived;

import '../dart/support/servers.dart';
import 'support/page.dart';

/// Short waits, for tests.
const _quick = BackoffOptions(
  start: Duration(milliseconds: 1),
  cap: Duration(milliseconds: 20),
  minUptime: Duration.zero,
);

const _text = 1;
const _close = 8;

/// Echoes texts, and answers a Close frame.
Future<void> _echo(RawPeer peer) async {
  while (true) {
    final frame = await peer.nextFrame();
    if (frame == null) return;
    if (frame.opcode case _text || _close) {
      peer.sendFrame(frame.opcode, frame.payload);
    }
    if (frame.opcode == _close) return peer.socket.destroy();
  }
}

void main() {
  usePage();

  test('a lost connection is replaced, and queued messages arrive', () async {
    final peers = <RawPeer>[];
    final url = await serveFrames((peer) {
      peers.add(peer);
      if (peers.length > 1) _echo(peer);
    });
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      reconnect: ReconnectOptions(
        backoff: _quick,
        onReconnected: (send) => send('subscribe'),
      ),
    );
    final replies = StreamIterator<dynamic>(channel.stream);
    await channel.ready;
    expect(await channel.send('lost on the way'), SendResult.sent);
    peers.single.socket.destroy();
    await channel.states.firstWhere((state) => state is ChannelWaiting);
    expect(channel.closeCode, 1006);
    expect(await channel.send('queued'), SendResult.sent);
    final received = [
      for (var i = 0; i < 2; i++)
        if (await replies.moveNext()) replies.current,
    ];
    expect(received, ['subscribe', 'queued']);
    expect(peers, hasLength(2));
    await channel.sink.close();
    expect(await replies.moveNext(), isFalse);
    await channel.ended;
  });

  for (final message in ['too late', '']) {
    final name = message.isEmpty ? 'an empty message' : 'a message';
    test("$name after the server's Close frame is lost", () async {
      final peers = <RawPeer>[];
      final url = await serveFrames((peer) {
        peers.add(peer);
        if (peers.length > 1) _echo(peer);
      });
      final channel = ReconnectingWebSocketChannel.connect(
        url,
        reconnect: const ReconnectOptions(backoff: _quick),
      );
      await channel.ready;
      // The browser reports the close when the server has closed TCP, too.
      peers.single.sendFrame(_close, const []);
      while (lastSocketIsOpen) {
        await Future<void>.delayed(const Duration(milliseconds: 1));
      }
      expect(channel.state, isA<ChannelOpen>());
      final result = channel.send(message);
      await pumpEventQueue();
      expect(channel.state, isA<ChannelOpen>());
      unawaited(peers.single.socket.close());
      expect(await result, SendResult.lost);
      await channel.states.firstWhere((state) => state is ChannelOpen);
      await channel.sink.close();
    });
  }

  test('a server that starts late is found', () async {
    final probe = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final port = probe.port;
    await probe.close();
    final channel = ReconnectingWebSocketChannel.connect(
      'ws://127.0.0.1:$port',
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    await channel.states.firstWhere(
      (state) => state is ChannelWaiting && state.cause is ConnectFailed,
    );
    final server = await HttpServer.bind(InternetAddress.loopbackIPv4, port);
    addTearDown(() => server.close(force: true));
    server.transform(WebSocketTransformer()).listen((it) => it.listen(it.add));
    await channel.ready;
    channel.sink.add('found');
    expect(await channel.stream.first, 'found');
    await channel.sink.close();
  });

  test('each attempt has its own URL and subprotocol', () async {
    final tokens = <String?>[];
    final isThird = Completer<void>();
    final url = await serveHttp((request) async {
      tokens.add(request.uri.query);
      final socket = await WebSocketTransformer.upgrade(
        request,
        protocolSelector: (offered) => offered.last,
      );
      socket.listen(null);
      if (tokens.length < 3) return unawaited(socket.close(1001));
      isThird.complete();
    });
    final channel = ReconnectingWebSocketChannel.connectTo(
      (attempt) async => ConnectTarget(
        url.replace(query: 'token${tokens.length}'),
        protocols: ['p${tokens.length}'],
      ),
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    await isThird.future;
    await channel.states.firstWhere((state) => state is ChannelOpen);
    expect(tokens, ['token0', 'token1', 'token2']);
    expect(channel.protocol, 'p2');
    await channel.sink.close();
  });

  for (final status in [401, 503]) {
    test('$status is one of many attempts', () async {
      var requests = 0;
      final url = await serveHttp((request) {
        requests++;
        request.response
          ..statusCode = status
          ..headers.set('retry-after', '240')
          ..close();
      });
      final channel = ReconnectingWebSocketChannel.connect(
        url,
        reconnect: const ReconnectOptions(backoff: _quick, maxAttempts: 3),
      );
      await expectLater(
        channel.ready,
        throwsA(
          isA<WebSocketChannelException>().having(
            (error) => error.inner,
            'inner',
            isA<BrowserConnectException>(),
          ),
        ),
      );
      await expectLater(channel.stream, emitsError(anything));
      expect(requests, 3);
    });
  }

  test('reconnectNow replaces an open connection', () async {
    final peers = <RawPeer>[];
    final url = await serveFrames((peer) {
      peers.add(peer);
      _echo(peer);
    });
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    await channel.ready;
    channel
      ..reconnectNow()
      ..sink.add('over the second');
    expect(await channel.stream.first, 'over the second');
    expect(peers, hasLength(2));
    await channel.sink.close();
  });

  test('a queue larger than maxBufferedAmount arrives in full', () async {
    final channel = ReconnectingWebSocketChannel.connect(
      await serveEcho(),
      options: const WebSocketOptions(maxBufferedAmount: 300 * 1024),
    );
    // Before it is open.
    final messages = [for (var i = 0; i < 8; i++) '$i' * (256 * 1024)];
    final results = messages.map(channel.send).toList();
    final received = channel.stream.take(messages.length).toList();
    expect(await Future.wait(results), everyElement(SendResult.sent));
    expect((await received).map((message) => (message as String)[0]), [
      for (var i = 0; i < 8; i++) '$i',
    ]);
    await channel.sink.close();
  });

  test('the socket reconnects too', () async {
    final peers = <RawPeer>[];
    final url = await serveFrames(peers.add);
    final socket = ReconnectingWebSocket.connect(
      url,
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    await socket.ready;
    peers.single.socket.destroy();
    await socket.states.firstWhere((state) => state is ChannelWaiting);
    socket.sendText('queued');
    await socket.states.firstWhere((state) => state is ChannelOpen);
    final frame = await peers.last.nextFrame();
    // Then a policy violation, which ends reconnecting.
    peers.last
      ..sendFrame(_text, frame!.payload)
      ..sendFrame(_close, [3, 240])
      ..socket.close();
    final events = StreamIterator(socket.events);
    expect(await events.moveNext(), isTrue);
    expect(events.current, TextDataReceived('queued'));
    expect(await events.moveNext(), isTrue);
    expect(events.current, CloseReceived(1008));
    expect(await events.moveNext(), isFalse);
    expect(peers, hasLength(2));
  });
}
