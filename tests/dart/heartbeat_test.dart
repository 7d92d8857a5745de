// Whether the peer is still there: pings, their round trips, silence.
import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

/// Answers pings and closes, except for the first [ignored] pings. Each ping that
/// is not answered calls [onIgnored].
Future<Uri> serveFramesWithPongs({
  int ignored = 0,
  void Function()? onIgnored,
}) => serveFrames((peer) async {
  var left = ignored;
  while (true) {
    final frame = await peer.nextFrame();
    switch (frame?.opcode) {
      case null:
        return;
      case 8:
        peer.sendFrame(8, frame!.payload);
      case 9 when left-- <= 0:
        peer.sendFrame(10, frame!.payload);
      case 9:
        onIgnored?.call();
    }
  }
});

void main() {
  group('ping', () {
    test('completes with the round trip', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      final watch = Stopwatch()..start();
      final roundTrip = await channel.ping();
      expect(roundTrip, greaterThan(Duration.zero));
      expect(roundTrip, lessThan(watch.elapsed));
      await channel.sink.close();
    });

    test('works during messages, for the socket too', () async {
      final socket = await RustWebSocket.connect(await serveEcho());
      final pings = [for (var i = 0; i < 20; i++) socket.ping()];
      socket.sendText('between');
      expect(await Future.wait(pings), hasLength(20));
      expect(await socket.events.first, isA<Object>());
      await socket.close();
    });

    test('is answered by the pong to a later one', () async {
      final arrived = Completer<void>();
      final channel = RustWebSocketChannel.connect(
        await serveFramesWithPongs(ignored: 1, onIgnored: arrived.complete),
      );
      final first = channel.ping();
      // Or the second would be sent in place of the first.
      await arrived.future;
      final second = await channel.ping();
      expect(await first, greaterThanOrEqualTo(second));
      await channel.sink.close();
    });

    test('fails when the connection ends before the pong', () async {
      final url = await serveFrames((peer) async {
        await peer.nextFrame();
        peer.socket.destroy();
      });
      final channel = RustWebSocketChannel.connect(url);
      await expectLater(
        channel.ping(),
        throwsA(isA<WebSocketConnectionClosed>()),
      );
    });

    test('fails after a close and without a connection', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      await channel.ready;
      final closed = channel.sink.close();
      await expectLater(
        channel.ping(),
        throwsA(isA<WebSocketConnectionClosed>()),
      );
      await closed;
      await expectLater(
        channel.ping(),
        throwsA(isA<WebSocketConnectionClosed>()),
      );
      final refused = RustWebSocketChannel.connect('ws://127.0.0.1:1');
      await expectLater(
        refused.ping(),
        throwsA(isA<WebSocketConnectionClosed>()),
      );
    });

    test('is not an unhandled error without a listener', () async {
      final errors = <Object>[];
      await runZonedGuarded(() async {
        final channel = RustWebSocketChannel.connect('ws://127.0.0.1:1');
        unawaited(channel.ping());
        await channel.ready.then<void>((_) {}, onError: (_) {});
        unawaited(channel.ping());
        await Future<void>.delayed(Duration.zero);
      }, (error, _) => errors.add(error));
      expect(errors, isEmpty);
    });

    test('is a TimeoutException after pongTimeout', () async {
      final channel = RustWebSocketChannel.connect(
        await serveFramesWithPongs(ignored: 1),
        options: const WebSocketOptions(
          pongTimeout: Duration(milliseconds: 50),
        ),
      );
      await channel.ready;
      await expectLater(channel.ping(), throwsA(isA<TimeoutException>()));
      expect(channel.closeInfo, isNull);
      await channel.sink.close();
    });

    test('works on the fakes', () async {
      final server = FakeServer();
      final channel = server.connect();
      expect(await channel.ping(), Duration.zero);
      final lost = channel.ping();
      server.dropConnections();
      await expectLater(lost, throwsA(isA<WebSocketConnectionClosed>()));
      await expectLater(
        channel.ping(),
        throwsA(isA<WebSocketConnectionClosed>()),
      );
    });
  });

  group('silence', () {
    test('ends the connection with 1001 after idleTimeout', () async {
      final url = await serveFrames((peer) {});
      final channel = RustWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(
          idleTimeout: Duration(milliseconds: 50),
        ),
      );
      expect(await channel.stream.toList(), isEmpty);
      expect(channel.closeCode, 1001);
      expect(channel.closeInfo?.error, contains('nothing'));
    });

    test('is interrupted by pongs', () async {
      final channel = RustWebSocketChannel.connect(
        await serveFramesWithPongs(),
        pingInterval: const Duration(milliseconds: 50),
        options: const WebSocketOptions(
          pongTimeout: Duration(seconds: 30),
          idleTimeout: Duration(seconds: 20),
          tcpKeepAlive: Duration(seconds: 1),
          tcpUserTimeout: Duration(seconds: 30),
        ),
      );
      for (var i = 0; i < 3; i++) {
        await channel.ping();
      }
      expect(channel.closeInfo, isNull);
      await channel.sink.close();
    });
  });

  group('an invalid option is an ArgumentError:', () {
    const nothing = Duration.zero;
    final options = {
      'options.idleTimeout': const WebSocketOptions(idleTimeout: nothing),
      'options.tcpUserTimeout': const WebSocketOptions(tcpUserTimeout: nothing),
      'options.tcpKeepAlive': const WebSocketOptions(
        tcpKeepAlive: Duration(milliseconds: 999),
      ),
    };
    for (final MapEntry(key: name, value: options) in options.entries) {
      test(name, () {
        expect(
          () => RustWebSocketChannel.connect('ws://x.test', options: options),
          throwsA(isA<ArgumentError>().having((e) => e.name, 'name', name)),
        );
      });
    }
  });
}
