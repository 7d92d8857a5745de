// Statistics, traces and logs of connections.
import 'dart:async';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  group('stats', () {
    test('count messages and bytes of both directions', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      expect(channel.stats!.sent.messages, 0);
      channel.sink
        ..add('x' * 10)
        ..add(Uint8List(100000));
      await channel.ping();
      final received = await channel.stream.take(2).toList();
      expect(received, hasLength(2));
      final stats = channel.stats!;
      expect((stats.sent.messages, stats.sent.payload), (2, 100010));
      expect((stats.received.messages, stats.received.payload), (2, 100010));
      expect(stats.sent.compressionRatio, 1);
      expect(stats.bytesSent, greaterThan(100010));
      expect(stats.bytesReceived, greaterThan(100010));
      expect(stats.roundTrips, 1);
      expect(stats.lastRoundTrip, greaterThan(Duration.zero));
      expect(stats.shortestRoundTrip, stats.lastRoundTrip);
      expect(stats.averageRoundTrip, stats.lastRoundTrip);
      expect(stats.openFor, greaterThan(Duration.zero));
      await channel.sink.close();
    });

    test('stay after the end', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      channel.sink.add('Hello');
      expect(await channel.stream.first, 'Hello');
      await channel.sink.close();
      // A close completes earlier; the trace ends with the connection.
      await channel.trace.drain<void>();
      final stats = channel.stats!;
      expect(stats.sent.messages, 1);
      expect(channel.stats!.openFor, stats.openFor);
    });

    test('have the compression ratio', () async {
      final url = await serveEcho(
        compression: CompressionOptions.compressionDefault,
      );
      final socket = await RustWebSocket.connect(url);
      socket.sendText('x' * 10000);
      await socket.events.first;
      expect(socket.stats!.sent.compressionRatio, lessThan(0.1));
      expect(socket.stats!.received.compressionRatio, lessThan(0.1));
      await socket.close();
    });

    test('of a connect that failed are zero', () async {
      final channel = RustWebSocketChannel.connect('ws://127.0.0.1:1');
      await channel.ready.then<void>((_) {}, onError: (_) {});
      expect(channel.stats!.bytesSent, 0);
      expect(channel.stats!.lastRoundTrip, isNull);
      expect(channel.stats!.openFor, Duration.zero);
    });
  });

  group('trace', () {
    test('has states and the frames of both sides, without payloads', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      final events = channel.trace.toList();
      channel.sink.add('Hello');
      expect(await channel.stream.first, 'Hello');
      await channel.sink.close(1000);
      final all = await events;
      expect(all.map((event) => '$event'), [
        'open',
        '-> text, 5 bytes',
        '<- text, 5 bytes',
        'closing',
        '-> close, 2 bytes',
        '<- close, 2 bytes',
        startsWith('closed: CloseInfo(1000, local'),
      ]);
      for (final frame in all.whereType<TraceFrame>()) {
        expect(frame.payload, isEmpty);
        expect(frame.isFinal, isTrue);
        expect(frame.isCompressed, isFalse);
        expect(frame.time.difference(DateTime.now()).inMinutes, 0);
      }
    });

    test('has the requested part of payloads', () async {
      final channel = RustWebSocketChannel.connect(
        await serveEcho(),
        options: const WebSocketOptions(tracePayloadSize: 3),
      );
      final frames = channel.trace
          .where((event) => event is TraceFrame)
          .cast<TraceFrame>()
          .take(2)
          .toList();
      channel.sink.add('Hello');
      for (final frame in await frames) {
        expect((frame.opcode, frame.size), (1, 5));
        expect(String.fromCharCodes(frame.payload), 'Hel');
      }
      await channel.sink.close();
    });

    test('stops after a cancel, and can be listened to again', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      final messages = StreamIterator(channel.stream);
      for (var i = 0; i < 3; i++) {
        final frame = channel.trace.firstWhere(
          (event) => event is TraceFrame && !event.isSent,
        );
        channel.sink.add('$i');
        await frame;
        await messages.moveNext();
        channel.sink.add('not traced');
        await messages.moveNext();
      }
      await channel.sink.close();
    });

    test('of a reconnecting channel has the end of each connection', () async {
      final channel = ReconnectingWebSocketChannel.connect(
        await serve((socket) => socket.close(4000)),
        reconnect: const ReconnectOptions(
          backoff: BackoffOptions(start: Duration(milliseconds: 1)),
          maxAttempts: 3,
        ),
      );
      unawaited(channel.stream.drain<void>());
      final events = await channel.trace.toList();
      expect(events.whereType<TraceOpened>(), hasLength(3));
      expect(events.whereType<TraceClosed>(), hasLength(3));
    });

    test('has a failed connect', () async {
      final channel = RustWebSocketChannel.connect('ws://127.0.0.1:1');
      expect(await channel.trace.toList(), [isA<TraceFailed>()]);
    });
  });

  group('logs', () {
    test('have connections, and nothing without a listener', () async {
      final records = <WebSocketLogRecord>[];
      final open = Completer<void>();
      final url = await serveEcho();
      final subscription = RustWebSocketLibrary.logs(level: LogLevel.debug)
          .listen((record) {
            records.add(record);
            if (record.message.startsWith('Open') && !open.isCompleted) {
              open.complete();
            }
          });
      final channel = RustWebSocketChannel.connect(url);
      await channel.ready;
      await open.future;
      await subscription.cancel();
      final count = records.length;
      expect(
        records.map((record) => record.message),
        contains(startsWith('Connecting to 127.0.0.1:${url.port}')),
      );
      expect(records.first.target, startsWith('rust_web_socket_core'));
      await channel.sink.close();
      await channel.ping().then<void>((_) {}, onError: (_) {});
      expect(records, hasLength(count));
    });

    test('leave out records below the level', () async {
      final records = <WebSocketLogRecord>[];
      final failed = Completer<void>();
      final subscription = RustWebSocketLibrary.logs().listen((record) {
        records.add(record);
        if (failed.isCompleted) return;
        if (record.message.startsWith('Not connected')) failed.complete();
      });
      RustWebSocketChannel.connect('ws://user:secret@127.0.0.1:1');
      await failed.future;
      await subscription.cancel();
      // Connections of other tests may have ended meanwhile.
      expect(
        records.map((record) => record.level.index),
        everyElement(lessThanOrEqualTo(LogLevel.info.index)),
      );
      expect('$records', isNot(contains('secret')));
    });
  });

  test('the fakes have stats and trace', () async {
    final channel = FakeServer().connect();
    expect(channel.stats!.sent.messages, 0);
    // As those of a real one, they end with the connection.
    final events = [channel.trace.toList(), channel.receiveProgress.toList()];
    await channel.flush();
    await channel.sink.close();
    expect(await Future.wait<List<Object>>(events), [isEmpty, isEmpty]);
  });
}
