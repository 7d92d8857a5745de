// Reconnecting channels with real connections. dart/test/reconnect_test.dart
// tests the rules.
import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/rust/api/connection.dart'
    show liveConnections;
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart'
    show CloseReceived, TextDataReceived;

import 'support/servers.dart';

/// Short waits, for tests.
const _quick = BackoffOptions(
  start: Duration(milliseconds: 1),
  cap: Duration(milliseconds: 20),
  minUptime: Duration.zero,
);

const _text = 1;
const _close = 8;

/// Echoes texts and a close until the client is gone.
Future<void> _echo(RawPeer peer) async {
  while (true) {
    final frame = await peer.nextFrame();
    if (frame == null) return;
    if (frame.opcode case _text || _close) {
      peer.sendFrame(frame.opcode, frame.payload);
    }
  }
}

/// A server in its own isolate. It drops the first connection, and creates a
/// file at the second.
Future<void> _dropThenMark((SendPort, String) arguments) async {
  final (ready, mark) = arguments;
  final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
  ready.send(server.port);
  var connections = 0;
  server.listen((request) async {
    connections++;
    if (connections == 2) File(mark).writeAsStringSync('dialled');
    final socket = await WebSocketTransformer.upgrade(request);
    if (connections == 1) unawaited(socket.close(1001));
  });
}

void main() {
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
    expect(channel.state, isA<ChannelClosed>());
  });

  test('a queue larger than maxBufferedAmount arrives in full', () async {
    final url = await serveEcho();
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      options: const WebSocketOptions(maxBufferedAmount: 300 * 1024),
    );
    // Before it is open.
    final sizes = [for (var i = 0; i < 64; i++) i.isEven ? 256 * 1024 + i : i];
    final results = [for (final size in sizes) channel.send(Uint8List(size))];
    final received = channel.stream
        .take(sizes.length)
        .map((message) => (message as Uint8List).length)
        .toList();
    expect(
      await Future.wait(results),
      List.filled(sizes.length, SendResult.sent),
    );
    await channel.flush();
    expect(channel.bufferedAmount, 0);
    expect(await received, sizes);
    expect(await channel.ping(), greaterThan(Duration.zero));
    expect(channel.stats!.sent.messages, sizes.length);
    expect(channel.reconnects, 0);
    await channel.sink.close();
  });

  test('a message for a dead connection is not reported as sent', () async {
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
    peers.single.socket.destroy();
    // Rust notices it, but this isolate handles no event.
    final busy = Stopwatch()..start();
    while (channel.connection.isWritable &&
        busy.elapsed < const Duration(seconds: 20)) {
      utf8.encode('busy');
    }
    expect(channel.state, isA<ChannelOpen>());
    expect(await channel.send('into the void'), SendResult.lost);
    await channel.states.firstWhere((state) => state is ChannelOpen);
    await channel.sink.close();
  });

  test('503 with Retry-After is obeyed', () async {
    final requests = <Duration>[];
    final clock = Stopwatch()..start();
    final url = await serveHttp((request) async {
      requests.add(clock.elapsed);
      if (requests.length > 1) {
        final socket = await WebSocketTransformer.upgrade(request);
        socket.listen(socket.add);
        return;
      }
      request.response
        ..statusCode = 503
        ..headers.set('retry-after', '1');
      await request.response.close();
    });
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    await channel.ready;
    final wait = requests[1] - requests[0];
    // The server's clock starts a little after the client's.
    expect(wait, greaterThan(const Duration(milliseconds: 900)));
    channel.sink.add('after it');
    expect(await channel.stream.first, 'after it');
    await channel.sink.close();
  });

  test('401 ends it with the first attempt', () async {
    var requests = 0;
    final url = await serveHttp((request) {
      requests++;
      request.response.statusCode = 401;
      request.response.close();
    });
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    final result = channel.send('never');
    await expectLater(
      channel.ready,
      throwsA(
        isA<WebSocketChannelException>().having(
          (error) => error.inner,
          'inner',
          isA<UpgradeRefusedException>(),
        ),
      ),
    );
    expect(await result, SendResult.closed);
    await channel.sink.done;
    await expectLater(channel.stream, emitsError(anything));
    expect(requests, 1);
  });

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
    await channel.sink.close();
  });

  test('each attempt has its own token', () async {
    final tokens = <String?>[];
    final isThird = Completer<void>();
    final url = await serveHttp((request) async {
      tokens.add(request.headers.value('authorization'));
      final socket = await WebSocketTransformer.upgrade(request);
      socket.listen(null);
      if (tokens.length < 3) return unawaited(socket.close(1001));
      isThird.complete();
    });
    final channel = ReconnectingWebSocketChannel.connectTo(
      (attempt) async => ConnectTarget(
        url,
        headers: {'authorization': 'token ${tokens.length}'},
      ),
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    await isThird.future;
    expect(tokens, ['token 0', 'token 1', 'token 2']);
    await channel.sink.close();
  });

  test('the dial is in time while the isolate is busy', () async {
    final folder = Directory.systemTemp.createTempSync('reconnect');
    addTearDown(() => folder.deleteSync(recursive: true));
    final mark = File('${folder.path}/dialled');
    final ready = ReceivePort();
    final server = await Isolate.spawn(_dropThenMark, (
      ready.sendPort,
      mark.path,
    ));
    addTearDown(server.kill);
    final channel = ReconnectingWebSocketChannel.connect(
      'ws://127.0.0.1:${await ready.first}',
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(start: Duration(milliseconds: 300)),
      ),
    );
    await channel.states.firstWhere((state) => state is ChannelWaiting);
    // No event is handled here: neither a timer nor a port.
    final busy = Stopwatch()..start();
    while (!mark.existsSync() && busy.elapsed < const Duration(seconds: 20)) {
      for (var i = 0; i < 1000; i++) {
        utf8.encode('busy');
      }
    }
    expect(mark.existsSync(), isTrue);
    await channel.sink.close();
  });

  test('resume replaces a dead connection', () async {
    final peers = <RawPeer>[];
    final url = await serveFrames((peer) {
      peers.add(peer);
      // The first never says anything.
      if (peers.length > 1) _echo(peer);
    });
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      options: const WebSocketOptions(closeTimeout: Duration(milliseconds: 1)),
      reconnect: const ReconnectOptions(
        probeTimeout: Duration(milliseconds: 50),
      ),
    );
    await channel.ready;
    channel.suspend();
    channel.sink.add('queued');
    channel.resume();
    expect(await channel.stream.first, 'queued');
    expect(peers, hasLength(2));
    await channel.sink.close();
  });

  group('a heartbeat', () {
    final ping = utf8.encode('ping');
    final pong = utf8.encode('pong');
    bool isPing(Uint8List payload) => utf8.decode(payload) == 'ping';

    test('keeps a connection to a server that answers no pings', () async {
      final peers = <RawPeer>[];
      final isFifth = Completer<void>();
      var beats = 0;
      final url = await serveFrames((peer) async {
        peers.add(peer);
        while (true) {
          final frame = await peer.nextFrame();
          if (frame == null) return;
          if (frame.opcode == _close) peer.sendFrame(_close, frame.payload);
          if (frame.opcode != _text) continue;
          peer.sendFrame(_text, isPing(frame.payload) ? pong : frame.payload);
          if (isPing(frame.payload) && ++beats == 5) isFifth.complete();
        }
      });
      final channel = ReconnectingWebSocketChannel.connect(
        url,
        pingInterval: null,
        reconnect: ReconnectOptions(
          heartbeat: Heartbeat(
            message: () => 'ping',
            isAnswer: (message) => message == 'pong',
            interval: const Duration(milliseconds: 10),
          ),
        ),
      );
      final received = StreamIterator<dynamic>(channel.stream);
      final first = received.moveNext();
      await isFifth.future;
      channel
        ..suspend()
        ..resume();
      await channel.states.firstWhere((state) => state is ChannelOpen);
      channel.sink.add('hello');
      expect(await first, isTrue);
      expect(received.current, 'hello');
      expect(peers, hasLength(1));
      await channel.sink.close();
    });

    test('replaces a connection to a server that answers nothing', () async {
      final peers = <RawPeer>[];
      final url = await serveFrames((peer) {
        peers.add(peer);
        if (peers.length > 1) _echo(peer);
      });
      final channel = ReconnectingWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 1),
        ),
        reconnect: ReconnectOptions(
          backoff: _quick,
          heartbeat: Heartbeat(
            message: () => ping,
            interval: const Duration(milliseconds: 10),
            timeout: const Duration(milliseconds: 50),
          ),
        ),
      );
      final state = await channel.states.firstWhere(
        (state) => state is! ChannelConnecting && state is! ChannelOpen,
      );
      expect(
        '$state',
        contains('The peer did not answer a heartbeat within 0:00:00.050000'),
      );
      expect(channel.closeCode, 1001);
      channel.stream.drain<void>().ignore();
      while (peers.length < 2) {
        await Future<void>.delayed(const Duration(milliseconds: 1));
      }
      await channel.sink.close();
    });

    test('is sent to a server that has to wait, whose silence does not '
        'count', () async {
      final peers = <RawPeer>[];
      final isFifth = Completer<void>();
      final block = Uint8List(60000);
      final url = await serveFrames((peer) async {
        peers.add(peer);
        for (var i = 0; i < 100; i++) {
          peer.sendFrame(2, block);
        }
        var beats = 0;
        while (await peer.nextFrame() != null) {
          if (++beats == 5) isFifth.complete();
        }
      });
      final channel = ReconnectingWebSocketChannel.connect(
        url,
        pingInterval: null,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 1),
        ),
        reconnect: ReconnectOptions(
          probeTimeout: const Duration(milliseconds: 10),
          heartbeat: Heartbeat(
            message: () => 'ping',
            interval: const Duration(milliseconds: 10),
            timeout: const Duration(milliseconds: 10),
          ),
        ),
      );
      final subscription = channel.stream.listen(null)..pause();
      channel.ready.then((_) => channel.suspend()).ignore();
      while (!channel.connection.isReading) {
        await Future<void>.delayed(const Duration(milliseconds: 1));
      }
      while (channel.connection.isReading) {
        await Future<void>.delayed(const Duration(milliseconds: 1));
      }
      channel.resume();
      await isFifth.future;
      expect(channel.state, isA<ChannelOpen>());
      expect(peers, hasLength(1));
      subscription.resume();
      await channel.sink.close();
    });

    test('is answered by the part of a message', () async {
      final peers = <RawPeer>[];
      final url = await serveFrames(peers.add);
      final channel = ReconnectingWebSocketChannel.connect(url);
      await channel.ready;
      final before = channel.connection.received;
      // Without FIN.
      peers.single.sendFrame(_text, pong, flags: 0);
      while (channel.connection.received == before) {
        await Future<void>.delayed(const Duration(milliseconds: 1));
      }
      peers.single.socket.destroy();
      channel.sink.close().ignore();
      await channel.ended;
    });
  });

  test('a close during a long wait is immediate, and leaves nothing', () async {
    RustWebSocketLibrary.load();
    final before = liveConnections();
    final url = await serveHttp((request) {
      request.response
        ..statusCode = 503
        ..headers.set('retry-after', '240');
      request.response.close();
    });
    final channel = ReconnectingWebSocketChannel.connect(url);
    await channel.states.firstWhere((state) => state is ChannelWaiting);
    expect(liveConnections(), before + 1);
    await channel.sink.close();
    while (liveConnections() > before) {
      await Future<void>.delayed(const Duration(milliseconds: 10));
    }
  });

  test('the socket reconnects too', () async {
    final peers = <RawPeer>[];
    final url = await serveFrames((peer) {
      peers.add(peer);
      _echo(peer);
    });
    final socket = ReconnectingWebSocket.connect(
      url,
      reconnect: const ReconnectOptions(backoff: _quick),
    );
    await socket.ready;
    peers.single.socket.destroy();
    await socket.states.firstWhere((state) => state is ChannelWaiting);
    socket.sendText('queued');
    final events = StreamIterator(socket.events);
    expect(await events.moveNext(), isTrue);
    expect(events.current, TextDataReceived('queued'));
    // Policy violation, which ends reconnecting.
    peers.last.sendFrame(_close, [3, 240]);
    expect(await events.moveNext(), isTrue);
    expect(events.current, CloseReceived(1008));
    expect(await events.moveNext(), isFalse);
    expect(peers, hasLength(2));
  });
}
