// The fakes for tests of users' code.
import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart';

import 'support/fake_time.dart';

void main() {
  test('a server echoes', () async {
    final server = FakeServer(
      onConnect: (peer) => peer.stream.listen(peer.sink.add),
      protocol: 'echo',
    );
    final client = server.connect();
    client.sink.add('before it is open');
    await client.ready;
    expect(client.protocol, 'echo');
    expect(await client.stream.first, 'before it is open');
    await client.sink.close();
    expect((await client.ended).isClean, isTrue);
  });

  test('a server refuses', () async {
    final server = FakeServer()
      ..refusal = const ConnectionRefusedException('refused');
    await expectLater(
      server.connectWebSocket(),
      throwsA(isA<ConnectionRefusedException>()),
    );
    server.refusal = null;
    final socket = await server.connectWebSocket();
    expect(socket.readyState, RustWebSocket.open);
    await socket.close();
  });

  test('a refused connect ends progress and trace', () async {
    final server = FakeServer()
      ..refusal = const ConnectionRefusedException('refused');
    final client = server.connect();
    expect(await client.trace.toList(), isEmpty);
    expect(await client.receiveProgress.toList(), isEmpty);
  });

  test('dropConnections loses a connection', () async {
    final peers = <RustWebSocketChannel>[];
    final server = FakeServer(onConnect: peers.add);
    final socket = await server.connectWebSocket();
    server.dropConnections();
    expect(await socket.events.toList(), [CloseReceived(1006)]);
    await peers.single.stream.drain<void>();
    expect(peers.single.closeCode, 1006);
  });

  test('a reconnecting channel replaces a lost connection', () async {
    final server = FakeServer(
      onConnect: (peer) => peer.stream.listen(peer.sink.add),
    );
    final client = server.connectReconnecting(
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(start: Duration(milliseconds: 1)),
      ),
    );
    await client.ready;
    server.dropConnections();
    await client.states.firstWhere((state) => state is ChannelWaiting);
    client.sink.add('queued');
    expect(await client.stream.first, 'queued');
    await client.sink.close();
    expect(client.state, isA<ChannelClosed>());
  });

  test('a reconnecting socket replaces a lost connection', () async {
    final server = FakeServer(
      onConnect: (peer) => peer.stream.listen(peer.sink.add),
    );
    final socket = server.connectReconnectingWebSocket(
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(start: Duration(milliseconds: 1)),
      ),
    );
    await socket.ready;
    server.dropConnections();
    await socket.states.firstWhere((state) => state is ChannelWaiting);
    socket.sendText('queued');
    expect(await socket.events.first, TextDataReceived('queued'));
    expect(socket.reconnects, 1);
    await socket.close();
  });

  test('a reconnecting channel has the controls of its connections', () async {
    final server = FakeServer()
      ..controls.stats = const WebSocketStats(bytesSent: 5);
    final client = server.connectReconnecting(
      // No attempt is made during the test.
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(
          start: Duration(days: 1),
          cap: Duration(days: 1),
        ),
      ),
    );
    final trace = client.trace.toList();
    for (var connection = 0; connection < 2; connection++) {
      client.reconnectNow();
      await client.states.firstWhere((state) => state is ChannelOpen);
      expect(client.stats?.bytesSent, 5);
      expect(await client.ping(), Duration.zero);
      server.controls.addTrace(TraceOpened(DateTime(2000)));
      await pumpEventQueue();
      server.dropConnections();
      await client.states.firstWhere((state) => state is ChannelWaiting);
      expect(client.stats, isNull);
    }
    await client.sink.close();
    await client.flush();
    expect(await trace, hasLength(2));
  });

  group('in fake time', () {
    const second = Duration(seconds: 1);
    late FakeTime time;
    late FakeServer server;
    setUp(() {
      time = FakeTime();
      server = FakeServer();
    });
    tearDown(() => expect(time.unhandled, isEmpty));

    test('an outage of five minutes takes five minutes of fake time', () {
      const refusal = ConnectionRefusedException('refused');
      final states = <ChannelState>[];
      final client = time.run(() {
        final client = server.connectReconnecting(
          reconnect: const ReconnectOptions(
            backoff: BackoffOptions(cap: second),
            maxDuration: Duration(minutes: 5),
          ),
        );
        client.states.listen(states.add);
        return client;
      });
      time.elapse(second * 10);
      expect(client.state, isA<ChannelOpen>());
      server.refusal = refusal;
      time.run(server.dropConnections);
      time.elapse(second * 290);
      expect(client.state, isNot(isA<ChannelClosed>()));
      expect(states.whereType<ChannelConnecting>().length, greaterThan(100));
      time.elapse(second * 10);
      expect((client.state as ChannelClosed).cause, isA<ConnectFailed>());
    });

    test('a connection that stays open resets the attempts', () {
      final client = time.run(server.connectReconnecting);
      for (var i = 0; i < 3; i++) {
        time.elapse(second * 60);
        time.run(server.dropConnections);
        time.settle();
        final attempts = <int>[];
        time.run(
          () => client.states.listen((state) {
            if (state is ChannelConnecting) attempts.add(state.attempt);
          }),
        );
        time.elapse(second * 60);
        expect(attempts, [1]);
      }
    });

    test('an abandoned paused channel does not block reconnecting', () {
      final client = time.run(server.connectReconnecting);
      final subscription = time.run(() => client.stream.listen(null))..pause();
      // The limit of connections with undelivered messages.
      for (var connection = 0; connection < 16; connection++) {
        time.elapse(second * 60);
        expect(client.state, isA<ChannelOpen>());
        time.run(server.dropConnections);
      }
      time.elapse(second * 60);
      expect(client.state, isA<ChannelWaiting>());
      time.run(subscription.cancel);
      time.elapse(second * 60);
      expect(client.state, isA<ChannelOpen>());
    });
  });

  test('close codes reach the other side', () async {
    final (:client, :server) = connectedChannels();
    client.sink.add('last');
    await client.sink.close(3001, 'bye');
    expect(await server.stream.toList(), ['last']);
    expect((server.closeCode, server.closeReason), (3001, 'bye'));
    expect(server.closeInfo?.initiator, CloseInitiator.remote);
    expect(client.closeInfo?.initiator, CloseInitiator.local);
  });

  group('the controls', () {
    late FakeServer server;
    setUp(() => server = FakeServer());

    test('set the statistics and the round trip', () async {
      server.controls.stats = const WebSocketStats(
        sent: WebSocketTraffic(messages: 3, payload: 90, payloadOnWire: 30),
      );
      server.controls.roundTrip = const Duration(milliseconds: 80);
      final socket = await server.connectWebSocket();
      expect(socket.stats?.sent.messages, 3);
      expect(await socket.ping(), const Duration(milliseconds: 80));
      server.controls.stats = const WebSocketStats(roundTrips: 1);
      expect(socket.stats?.roundTrips, 1);
      server.controls.roundTrip = null;
      await expectLater(socket.ping(), throwsA(isA<TimeoutException>()));
    });

    test('delay a flush and the progress of an upload', () async {
      final client = server.connect();
      await client.ready;
      server.controls.bufferedAmount = 300;
      final left = <int>[];
      final progress = client.sendProgress(step: 100).listen(left.add);
      var isFlushed = false;
      unawaited(client.flush().then((_) => isFlushed = true));
      await pumpEventQueue();
      for (final amount in [250, 200, 50]) {
        server.controls.bufferedAmount = amount;
        await pumpEventQueue();
      }
      expect((client.bufferedAmount, isFlushed), (50, false));
      expect(left, [200, 50]);
      server.controls.bufferedAmount = 0;
      await progress.asFuture<void>();
      expect(left, [200, 50, 0]);
      expect(isFlushed, isTrue);
      expect(() => server.controls.bufferedAmount = -1, throwsRangeError);
    });

    test('complete a flush when the connection is lost', () async {
      final client = server.connect();
      await client.ready;
      server.controls.bufferedAmount = 300;
      final progress = client.sendProgress().toList();
      await pumpEventQueue();
      server.dropConnections();
      await client.flush();
      expect(await progress, [0]);
      expect(await client.trace.toList(), isEmpty);
    });

    test('limit the buffered amount', () async {
      final socket = await server.connectWebSocket();
      server.controls.maxBufferedAmount = 10;
      socket.sendText('ä' * 5);
      expect(
        () => socket.sendText('ä' * 6),
        throwsA(isA<SendBufferFullException>()),
      );
      server.controls.bufferedAmount = 8;
      expect(
        () => socket.sendBytes(Uint8List(3)),
        throwsA(isA<SendBufferFullException>()),
      );
      await socket.close();
    });

    test('refuse a queued message for which there is no room', () async {
      server.controls.maxBufferedAmount = 3;
      final client = server.connectReconnecting();
      expect(await Future.wait([client.send('long'), client.send('end')]), [
        SendResult.dropped,
        SendResult.sent,
      ]);
      await client.sink.close();
    });

    test('have text arrive as bytes', () async {
      final received = <Object?>[];
      server = FakeServer(
        onConnect: (peer) {
          peer.stream.listen(received.add);
          peer.sink
            ..add('你好')
            ..add([1, 255]);
        },
      );
      server.controls.textAsBytes = true;
      final client = server.connect();
      client.sink.add('你好');
      final messages = await client.stream.take(2).toList();
      expect(messages, everyElement(isA<Uint8List>()));
      expect(messages, [
        utf8.encode('你好'),
        [1, 255],
      ]);
      await client.sink.close();
      expect(received, ['你好']);
    });

    test('add trace and progress events', () async {
      final client = server.connect();
      final progress = client.receiveProgress.first;
      final trace = client.trace.toList();
      server.controls
        ..addReceiveProgress(const ReceiveProgress(1, 2))
        ..addTrace(TraceOpened(DateTime(2000)));
      expect((await progress).received, 1);
      await client.sink.close();
      expect((await trace).single, isA<TraceOpened>());
    });
  });
}
