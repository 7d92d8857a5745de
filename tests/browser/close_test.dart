// The end of a connection of the browser.
import 'dart:async';
import 'dart:io' show WebSocket;

import 'package:js_interop/js_interop.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web/web.dart' as web;

import '../dart/support/servers.dart';
import 'support/page.dart';

const _text = 1;
const _close = 8;

void main() {
  usePage();

  /// An open channel, and the server's end of it, which reads.
  Future<(RustWebSocketChannel, WebSocket)> connected({
    WebSocketOptions options = const WebSocketOptions(),
  }) async {
    final accepted = Completer<WebSocket>();
    final url = await serve(accepted.complete);
    final channel = RustWebSocketChannel.connect(url, options: options);
    await channel.ready;
    return (channel, await accepted.future);
  }

  group('close', () {
    for (final code in [1000, 3000, 4999]) {
      test('sends $code with its reason', () async {
        final (channel, peer) = await connected();
        await channel.sink.close(code, 'schön');
        await peer.drain<void>();
        expect((peer.closeCode, peer.closeReason), (code, 'schön'));
        await channel.ended;
        expect('${channel.closeInfo}', 'CloseInfo($code, local, clean, schön)');
      });
    }

    for (final code in [null, 1001, 1002, 1003, 1007, 1008, 1011, 1014]) {
      test('with $code sends a Close frame without a code', () async {
        final (channel, peer) = await connected();
        await channel.sink.close(code, code == null ? null : 'dropped');
        await peer.drain<void>();
        expect((peer.closeCode, peer.closeReason), (1005, ''));
        await channel.ended;
        expect(channel.closeInfo?.initiator, CloseInitiator.local);
      });
    }

    for (final code in [999, 1004, 1005, 1006, 1015, 2999, 5000]) {
      test('with $code is an ArgumentError, and closes nevertheless', () async {
        final (channel, peer) = await connected();
        await expectLater(
          Future.sync(() => channel.sink.close(code)),
          throwsArgumentError,
        );
        await peer.drain<void>();
        expect(peer.closeCode, 1005);
      });
    }

    test('sends what was added before', () async {
      final (channel, peer) = await connected();
      channel.sink.add('last');
      final closed = channel.sink.close(3000);
      expect(await peer.toList(), ['last']);
      expect(peer.closeCode, 3000);
      await closed;
    });

    test('before the connection is open sends added messages first', () async {
      final accepted = Completer<WebSocket>();
      final url = await serve(accepted.complete);
      final channel = RustWebSocketChannel.connect(url);
      channel.sink.add('early');
      final closed = channel.sink.close(3000, 'bye');
      final peer = await accepted.future;
      expect(await peer.toList(), ['early']);
      expect((peer.closeCode, peer.closeReason), (3000, 'bye'));
      await closed;
    });

    test('before it is open, to a server that does not answer', () async {
      final isGone = Completer<void>();
      final url = await serveTcp(
        (socket) => socket.drain<void>().whenComplete(isGone.complete),
      );
      final channel = RustWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 50),
        ),
      );
      final failure = expectLater(
        channel.ready,
        throwsA(
          isA<WebSocketChannelException>().having(
            (error) => error.inner,
            'inner',
            isA<CancelledException>(),
          ),
        ),
      );
      await channel.sink.close();
      await failure;
      // The browser has closed its socket.
      await isGone.future;
    });

    test('ends within its timeout if the peer does not answer', () async {
      final url = await serveFrames((_) {});
      final channel = RustWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 50),
        ),
      );
      await channel.ready;
      await channel.sink.close(1000);
      final info = await channel.ended;
      expect((info.code, info.isClean), (1006, false));
      expect(info.initiator, CloseInitiator.local);
    });

    test('drops messages that arrive after it', () async {
      final url = await serveFrames((peer) async {
        final frame = await peer.nextFrame();
        peer
          ..sendFrame(_text, [0x61])
          ..sendFrame(_close, frame!.payload);
      });
      final channel = RustWebSocketChannel.connect(url);
      await channel.ready;
      await channel.sink.close(3000);
      expect((await channel.ended).code, 3000);
      expect(await channel.stream.toList(), isEmpty);
    });
  });

  group('the browser itself', () {
    Future<web.WebSocket> open() async {
      final url = await serve((peer) => peer.drain<void>());
      final socket = web.WebSocket('$url', <JSString>[].toJS);
      final isOpen = Completer<void>();
      socket.onopen = ((web.Event _) => isOpen.complete()).toJS;
      await isOpen.future;
      return socket;
    }

    Matcher throwsNamed(String name) => throwsA(
      isA<Exception>().having((it) => '$it', 'shown', startsWith('$name: ')),
    );

    test('refuses codes other than 1000 and 3000 to 4999', () async {
      final socket = await open();
      for (final code in [0, 999, 1001, 1005, 1006, 1015, 2999, 5000]) {
        expect(() => socket.close(code), throwsNamed('InvalidAccessError'));
      }
      expect(socket.readyState, 1);
    });

    test('refuses a reason over 123 bytes', () async {
      final socket = await open();
      expect(() => socket.close(3000, 'ü' * 62), throwsNamed('SyntaxError'));
      expect(socket.readyState, 1);
    });

    test('delivers no message after close', () async {
      final url = await serveFrames((peer) async {
        final frame = await peer.nextFrame();
        peer
          ..sendFrame(_text, [0x61])
          ..sendFrame(_close, frame!.payload);
      });
      final socket = web.WebSocket('$url', <JSString>[].toJS);
      final events = <String>[];
      final isClosed = Completer<void>();
      socket
        ..onopen = ((web.Event _) => socket.close()).toJS
        ..onmessage = ((web.MessageEvent _) => events.add('message')).toJS
        ..onclose = ((web.CloseEvent _) => isClosed.complete()).toJS;
      await isClosed.future;
      expect(events, isEmpty);
    });
  });

  group('a close by the peer', () {
    for (final (code, reason) in [
      (1000, ''),
      (1001, 'restart'),
      (1008, 'not allowed'),
      (1011, 'schade'),
      (3000, 'bye'),
      (4999, ''),
    ]) {
      test('with $code is reported, and answered', () async {
        final (channel, peer) = await connected();
        final isDone = peer.drain<void>();
        unawaited(peer.close(code, reason));
        expect(await channel.stream.toList(), isEmpty);
        expect((channel.closeCode, channel.closeReason), (code, reason));
        expect(channel.closeInfo?.initiator, CloseInitiator.remote);
        expect(channel.closeInfo?.isClean, isTrue);
        await isDone;
        expect(peer.closeCode, code);
      });
    }

    test('without a code is 1005', () async {
      final url = await serveFrames((peer) async {
        peer.sendFrame(_close, const []);
        await peer.nextFrame();
        await peer.socket.close();
      });
      final channel = RustWebSocketChannel.connect(url);
      expect(await channel.stream.toList(), isEmpty);
      expect((channel.closeCode, channel.closeReason), (1005, ''));
      expect(channel.closeInfo?.isClean, isTrue);
    });

    test('comes after its messages', () async {
      final url = await serve((socket) {
        for (var i = 0; i < 100; i++) {
          socket.add('$i');
        }
        unawaited(socket.close(3000));
      });
      final channel = RustWebSocketChannel.connect(url);
      expect(await channel.stream.length, 100);
      expect(channel.closeCode, 3000);
    });
  });

  group('is 1006, without a cause, after', () {
    Future<void> expectLost(FutureOr<void> Function(RawPeer peer) lose) async {
      final url = await serveFrames(lose);
      final channel = RustWebSocketChannel.connect(url);
      await channel.stream.drain<void>();
      expect((channel.closeCode, channel.closeReason), (1006, ''));
      expect(channel.closeInfo?.initiator, CloseInitiator.none);
      expect(channel.closeInfo?.error, contains('browsers hide the cause'));
    }

    test('a FIN', () => expectLost((peer) => peer.socket.close()));
    test('a socket that is destroyed', () {
      return expectLost((peer) => peer.socket.destroy());
    });
    for (final (what, bytes) in [
      ('reserved bits', [0xf1, 0]),
      ('a masked frame', [0x81, 0x80, 0, 0, 0, 0]),
      ('an unknown opcode', [0x83, 0]),
      ('a fragmented ping', [0x09, 0]),
      ('a continuation of nothing', [0x80, 0]),
      ('text that is not UTF-8', [0x81, 1, 0xff]),
      ('a reason that is not UTF-8', [0x88, 3, 3, 232, 0xff]),
      ('a Close frame of one byte', [0x88, 1, 3]),
      ('a length of 2^62', [0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0]),
    ]) {
      test(what, () => expectLost((peer) => peer.send(bytes)));
    }
  });
}
