// Every way in which a connection ends, with codes and reasons on both sides.
import 'dart:async';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  /// What a dart:io server saw of the close.
  Future<(Uri, Future<(int?, String?)>)> serveAndWatchClose() async {
    final closed = Completer<(int?, String?)>();
    final url = await serve((socket) {
      socket.listen(
        socket.add,
        onDone: () => closed.complete((socket.closeCode, socket.closeReason)),
      );
    });
    return (url, closed.future);
  }

  group('a close by this side', () {
    test('sends code and reason, and ends the stream without them', () async {
      final (url, closed) = await serveAndWatchClose();
      final channel = RustWebSocketChannel.connect(url);
      await channel.ready;
      expect(channel.stream.toList(), completion(isEmpty));
      await channel.sink.close(3678, 'raisin');
      expect(await closed, (3678, 'raisin'));
      expect(channel.closeCode, isNull);
      expect(channel.closeReason, isNull);
      final info = await channel.ended;
      expect(channel.closeInfo, info);
      expect((info.code, info.reason), (3678, 'raisin'));
      expect(info.initiator, CloseInitiator.local);
      expect(info.isClean, isTrue);
    });

    test('without a code is seen as 1005', () async {
      final (url, closed) = await serveAndWatchClose();
      final channel = RustWebSocketChannel.connect(url);
      await channel.sink.close();
      expect(await closed, (1005, ''));
    });

    test('drops a reason without a code', () async {
      final (url, closed) = await serveAndWatchClose();
      await RustWebSocketChannel.connect(url).sink.close(null, 'lost');
      expect(await closed, (1005, ''));
    });

    test('sends the code goingAway', () async {
      final (url, closed) = await serveAndWatchClose();
      await RustWebSocketChannel.connect(url).sink.close(1001);
      expect((await closed).$1, 1001);
    });

    for (final code in [999, 1004, 1005, 1006, 1015, 2999, 5000]) {
      test('with $code is an ArgumentError, and closes nevertheless', () async {
        final (url, closed) = await serveAndWatchClose();
        final channel = RustWebSocketChannel.connect(url);
        await channel.ready;
        await expectLater(channel.sink.close(code), throwsArgumentError);
        expect((await closed).$1, 1005);
        await channel.sink.done;
      });
    }

    test('with a reason over 123 bytes is an ArgumentError', () async {
      final (url, closed) = await serveAndWatchClose();
      final channel = RustWebSocketChannel.connect(url);
      await channel.ready;
      await expectLater(
        channel.sink.close(1000, 'é' * 62),
        throwsArgumentError,
      );
      expect((await closed).$1, 1005);
    });

    test('before the connection is open sends added messages first', () async {
      final received = StreamController<Object?>();
      final url = await serve(
        (socket) => socket.listen(
          received.add,
          onDone: () {
            received.add(socket.closeCode);
            unawaited(received.close());
          },
        ),
      );
      final channel = RustWebSocketChannel.connect(url);
      channel.sink.add('first');
      final closed = channel.sink.close(3000);
      expect(await channel.stream.toList(), isEmpty);
      await closed;
      expect(await received.stream.toList(), ['first', 3000]);
    });

    test('has an effect once', () async {
      final (url, closed) = await serveAndWatchClose();
      final channel = RustWebSocketChannel.connect(url);
      final first = channel.sink.close(3001);
      final second = channel.sink.close(3002);
      await Future.wait([first, second]);
      expect((await closed).$1, 3001);
    });

    test('drops later messages of the peer', () async {
      final url = await serveFrames((peer) async {
        final close = await peer.nextFrame();
        peer
          ..sendFrame(1, 'late'.codeUnits)
          ..sendFrame(8, close!.payload);
      });
      final channel = RustWebSocketChannel.connect(url);
      await channel.ready;
      expect(channel.stream.toList(), completion(isEmpty));
      await channel.sink.close(1000);
      expect((await channel.ended).isClean, isTrue);
    });

    test('completes when its frame is written, before the answer', () async {
      final answer = Completer<void>();
      final url = await serveFrames((peer) async {
        final close = await peer.nextFrame();
        await answer.future;
        peer.sendFrame(8, close!.payload);
      });
      final channel = RustWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(closeTimeout: Duration(hours: 1)),
      );
      await channel.ready;
      await Future.wait([channel.sink.close(1000), channel.sink.done]);
      expect(channel.closeInfo, isNull);
      answer.complete();
      expect((await channel.ended).isClean, isTrue);
    });

    test('ends within its timeout when the peer is dead', () async {
      final url = await serveFrames((peer) {});
      final channel = RustWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 100),
        ),
      );
      await channel.ready;
      await channel.sink.close(1000);
      final info = await channel.ended;
      expect((info.code, info.isClean), (1006, false));
      expect(info.error, contains('100ms'));
    });
  });

  group('a close by the peer', () {
    for (final (payload, code, reason) in [
      (<int>[], 1005, ''),
      ([0x03, 0xe8], 1000, ''),
      ([0x0b, 0xb9, ...'bye'.codeUnits], 3001, 'bye'),
    ]) {
      test('with $code is echoed, and set before done', () async {
        final echo = Completer<List<int>>();
        final url = await serveFrames((peer) async {
          peer.sendFrame(8, payload);
          echo.complete((await peer.nextFrame())!.payload);
          await peer.socket.close();
        });
        final channel = RustWebSocketChannel.connect(url);
        final atDone = Completer<(int?, String?)>();
        channel.stream.listen(
          null,
          onDone: () =>
              atDone.complete((channel.closeCode, channel.closeReason)),
        );
        expect(await atDone.future, (code, reason));
        expect(await echo.future, payload);
        expect(channel.closeInfo?.initiator, CloseInitiator.remote);
        expect(channel.closeInfo?.isClean, isTrue);
        await channel.sink.close();
      });
    }

    test('sets the code without a listener', () async {
      final url = await serve((socket) => socket.close(3001, 'you asked'));
      final channel = RustWebSocketChannel.connect(url);
      await channel.sink.done;
      expect((channel.closeCode, channel.closeReason), (3001, 'you asked'));
      expect(await channel.stream.toList(), isEmpty);
    });

    test('comes after the messages before it', () async {
      final url = await serve((socket) {
        for (var i = 0; i < 1000; i++) {
          socket.add('$i');
        }
        unawaited(socket.close());
      });
      final channel = RustWebSocketChannel.connect(url);
      expect(await channel.stream.length, 1000);
    });
  });

  group('a lost connection', () {
    test('by FIN is 1006', () async {
      final url = await serveFrames((peer) => peer.socket.close());
      final channel = RustWebSocketChannel.connect(url);
      expect(await channel.stream.toList(), isEmpty);
      expect((channel.closeCode, channel.closeReason), (1006, ''));
      expect(channel.closeInfo?.initiator, CloseInitiator.none);
      await channel.sink.close();
    });

    test('by RST is 1006', () async {
      final url = await serveFrames((peer) => reset(peer.socket));
      final channel = RustWebSocketChannel.connect(url);
      expect(await channel.stream.toList(), isEmpty);
      expect(channel.closeCode, 1006);
    });
  });

  group('a protocol violation is answered with a close code:', () {
    for (final (name, bytes, code) in [
      ('reserved bits', [0xf1, 0], 1002),
      ('a masked frame', [0x81, 0x80, 1, 2, 3, 4], 1002),
      ('an unknown opcode', [0x83, 0], 1002),
      ('a fragmented ping', [0x09, 0], 1002),
      ('a continuation of nothing', [0x80, 0], 1002),
      ('text that is not UTF-8', [0x81, 1, 0xff], 1007),
      ('a reason that is not UTF-8', [0x88, 3, 0x03, 0xe8, 0xff], 1007),
      ('a length of 2^62', [0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0], 1009),
      ('a message over the limit', [0x82, 11, ...List.filled(11, 0)], 1009),
    ]) {
      test('$name is $code', () async {
        final answer = Completer<List<int>>();
        final url = await serveFrames((peer) async {
          peer.send(bytes);
          answer.complete((await peer.nextFrame())!.payload);
          peer.socket.destroy();
        });
        final channel = RustWebSocketChannel.connect(
          url,
          options: const WebSocketOptions(maxMessageSize: 10),
        );
        expect(await channel.stream.toList(), isEmpty);
        expect((channel.closeCode, channel.closeReason), (code, ''));
        expect(channel.closeInfo?.isClean, isFalse);
        expect(channel.closeInfo?.error, isNotNull);
        expect((await answer.future).take(2), [code >> 8, code & 0xff]);
      });
    }
  });

  test('a message over 64 MiB is 1009 by default', () async {
    final url = await serveFrames((peer) async {
      peer.send([0x82, 127, 0, 0, 0, 0, 4, 0, 0, 1]);
      await peer.nextFrame();
      peer.socket.destroy();
    });
    final channel = RustWebSocketChannel.connect(url);
    expect(await channel.stream.toList(), isEmpty);
    expect(channel.closeCode, 1009);
  });

  group('pings', () {
    test('are sent in the interval, and pongs keep the connection', () async {
      final pings = StreamController<void>();
      final url = await serveFrames((peer) async {
        while (true) {
          final frame = await peer.nextFrame();
          switch (frame?.opcode) {
            case null:
              return;
            case 8:
              peer.sendFrame(8, frame!.payload);
            case 9:
              pings.add(null);
              peer.sendFrame(10, frame!.payload);
          }
        }
      });
      final channel = RustWebSocketChannel.connect(
        url,
        pingInterval: const Duration(milliseconds: 20),
        // A busy machine may take longer than the interval.
        options: const WebSocketOptions(pongTimeout: Duration(minutes: 1)),
      );
      await pings.stream.take(3).drain<void>();
      expect(channel.closeInfo, isNull);
      await channel.sink.close();
    });

    test('without a pong end the connection with 1001', () async {
      final url = await serveFrames((peer) {});
      final channel = RustWebSocketChannel.connect(
        url,
        pingInterval: const Duration(milliseconds: 20),
      );
      expect(await channel.stream.toList(), isEmpty);
      expect((channel.closeCode, channel.closeReason), (1001, ''));
      expect(channel.closeInfo?.error, contains('ping'));
    });
  });
}
