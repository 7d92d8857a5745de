// Messages over the browser's WebSocket.
import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import '../dart/support/servers.dart';
import 'support/page.dart';

const _continuation = 0;
const _text = 1;
const _ping = 9;
const _pong = 10;

/// A server that echoes, and reads only after [mayRead].
Future<Uri> _serveEchoAfter(Future<void> mayRead) => serve((socket) {
  final subscription = socket.listen(socket.add)..pause();
  mayRead.then((_) => subscription.resume());
});

void main() {
  usePage();

  Future<RustWebSocketChannel> connected(
    Uri url, {
    WebSocketOptions options = const WebSocketOptions(),
  }) async {
    final channel = RustWebSocketChannel.connect(url, options: options);
    await channel.ready;
    return channel;
  }

  test('text and binary come back with their types, also when empty', () async {
    final channel = await connected(await serveEcho());
    final messages = <Object>[
      '',
      Uint8List(0),
      'Grüße, 你好 🎉',
      Uint8List.fromList([0, 127, 128, 255]),
    ];
    messages.forEach(channel.sink.add);
    final received = await channel.stream.take(4).toList();
    expect(received, messages);
    expect(received.whereType<String>(), hasLength(2));
    expect(received.whereType<Uint8List>(), hasLength(2));
    await channel.sink.close();
  });

  test('text comes back as bytes with textAsBytes', () async {
    final channel = await connected(
      await serveEcho(),
      options: const WebSocketOptions(textAsBytes: true),
    );
    final binary = Uint8List.fromList([0, 127, 128, 255]);
    channel.sink
      ..add('Grüße, 你好 🎉')
      ..add('')
      ..add(binary);
    final received = await channel.stream.take(3).toList();
    expect(received, everyElement(isA<Uint8List>()));
    expect(received, [utf8.encode('Grüße, 你好 🎉'), isEmpty, binary]);
    await channel.sink.close();
  });

  test('a lone surrogate is sent as U+FFFD', () async {
    final channel = await connected(await serveEcho());
    channel.sink.add('a\ud800b');
    expect(await channel.stream.first, 'a\ufffdb');
    await channel.sink.close();
  });

  test('a view of bytes is sent without the bytes around it', () async {
    final channel = await connected(await serveEcho());
    final all = Uint8List.fromList([1, 2, 3, 4]);
    channel.sink.add(Uint8List.sublistView(all, 1, 3));
    expect(await channel.stream.first, [2, 3]);
    await channel.sink.close();
  });

  test('bytes may be changed after the call', () async {
    final channel = await connected(await serveEcho());
    final bytes = Uint8List.fromList([1, 2]);
    channel.sink.add(bytes);
    bytes[0] = 9;
    expect(await channel.stream.first, [1, 2]);
    await channel.sink.close();
  });

  test('16 MiB come back unchanged', () async {
    const size = 16 << 20;
    final channel = await connected(await serveEcho());
    final bytes = Uint8List(size);
    for (var i = 0; i < size; i++) {
      bytes[i] = i * 31 >> 3;
    }
    final text = 'y' * size;
    channel.sink
      ..add(bytes)
      ..add(text);
    final [received, receivedText] = await channel.stream.take(2).toList();
    // Without a matcher, which would describe megabytes.
    expect(receivedText == text, isTrue);
    expect(received, isA<Uint8List>());
    expect((received as Uint8List).length, size);
    for (var i = 0; i < size; i++) {
      if (received[i] != bytes[i]) fail('byte $i was changed');
    }
    await channel.sink.close();
  });

  test('many messages come in order', () async {
    const count = 1000;
    final channel = await connected(await serveEcho());
    for (var i = 0; i < count; i++) {
      channel.sink.add('$i');
    }
    expect(await channel.stream.take(count).toList(), [
      for (var i = 0; i < count; i++) '$i',
    ]);
    await channel.sink.close();
  });

  test('fragments are one message, and the browser answers pings', () async {
    final answer = Completer<String>();
    final url = await serveFrames((peer) async {
      peer
        ..sendFrame(_text, utf8.encode('ab'), flags: 0)
        ..sendFrame(_ping, utf8.encode('are you there'))
        ..sendFrame(_continuation, utf8.encode('cd'));
      final frame = await peer.nextFrame();
      expect(frame!.opcode, _pong);
      answer.complete(utf8.decode(frame.payload));
    });
    final channel = await connected(url);
    expect(await channel.stream.first, 'abcd');
    expect(await answer.future, 'are you there');
  });

  test('a message over maxMessageSize is received', () async {
    final channel = await connected(
      await serveEcho(),
      options: const WebSocketOptions(maxMessageSize: 10),
    );
    channel.sink.add('twelve bytes');
    expect(await channel.stream.first, 'twelve bytes');
    await channel.sink.close();
  });

  test('compressed messages come back', () async {
    final url = await serveEcho(
      compression: CompressionOptions.compressionDefault,
    );
    final channel = await connected(url);
    channel.sink.add('a' * 100000);
    expect(await channel.stream.first, 'a' * 100000);
    await channel.sink.close();
  });

  test('a paused listener does not make the peer wait', () async {
    const count = 64;
    final isSent = Completer<void>();
    final url = await serve((socket) async {
      await socket.addStream(
        Stream.fromIterable([
          for (var i = 0; i < count; i++) Uint8List(1 << 20)..[0] = i,
        ]),
      );
      // The peer reads it only after all messages.
      socket.listen((_) => isSent.complete());
      socket.add('last');
    });
    final channel = await connected(url);
    final received = <int>[];
    final isDone = Completer<void>();
    final subscription = channel.stream.listen((message) {
      if (message is! Uint8List) return isDone.complete();
      received.add(message[0]);
    })..pause();
    channel.sink.add('are all sent?');
    await isSent.future;
    expect(received, isEmpty);
    subscription.resume();
    await isDone.future;
    expect(received, [for (var i = 0; i < count; i++) i]);
    await channel.sink.close();
  });

  test('a listener that pauses gets no message until it resumes', () async {
    final channel = await connected(await serveEcho());
    final received = <Object?>[];
    late final StreamSubscription<dynamic> subscription;
    final isPaused = Completer<void>();
    subscription = channel.stream.listen((message) {
      received.add(message);
      if (message != 'b') return;
      subscription.pause();
      isPaused.complete();
    });
    for (final message in ['a', 'b', 'c', 'd']) {
      channel.sink.add(message);
    }
    await isPaused.future;
    await channel.sink.close();
    await channel.ended;
    expect(received, ['a', 'b']);
    subscription.resume();
    await subscription.asFuture<void>();
  });

  group('bufferedAmount', () {
    test('is what a server that does not read leaves, and falls', () async {
      final mayRead = Completer<void>();
      final channel = await connected(await _serveEchoAfter(mayRead.future));
      channel.sink.add('12345');
      expect(channel.bufferedAmount, 5);
      // Until browser and sockets are full, whatever they hold.
      var sent = 0;
      Future<void> fill() async {
        while (channel.bufferedAmount < 4 << 20) {
          channel.sink.add(Uint8List(1 << 20));
          sent++;
          await Future<void>.delayed(Duration.zero);
        }
      }

      await fill();
      final isFlushed = channel.flush();
      mayRead.complete();
      await isFlushed;
      expect(channel.bufferedAmount, 0);
      expect(await channel.stream.take(1 + sent).length, 1 + sent);
      await channel.sink.close();
    });

    test(
      'over its limit refuses a message, and keeps the connection',
      () async {
        final mayRead = Completer<void>();
        final channel = await connected(
          await _serveEchoAfter(mayRead.future),
          options: const WebSocketOptions(maxBufferedAmount: 4 << 20),
        );
        final full = throwsA(isA<SendBufferFullException>());
        expect(() => channel.sink.add(Uint8List((4 << 20) + 1)), full);
        // In one turn nothing is sent.
        var sent = 0;
        while (sent < 4) {
          channel.sink.add(Uint8List(1 << 20));
          sent++;
        }
        expect(() => channel.sink.add('one more'), full);
        mayRead.complete();
        await channel.flush();
        channel.sink.add('now');
        expect(await channel.stream.skip(sent).first, 'now');
        await channel.sink.close();
      },
    );

    test('has the progress of an upload', () async {
      final mayRead = Completer<void>();
      final channel = await connected(await _serveEchoAfter(mayRead.future));
      channel.sink.add(Uint8List(16 << 20));
      final progress = channel.sendProgress(step: 1 << 20).toList();
      mayRead.complete();
      expect((await progress).last, 0);
      await channel.sink.close();
    });
  });

  test('ping, trace and progress are an UnsupportedError', () async {
    final channel = await connected(await serveEcho());
    expect(channel.ping, throwsUnsupportedError);
    expect(() => channel.trace, throwsUnsupportedError);
    expect(() => channel.receiveProgress, throwsUnsupportedError);
    expect(channel.stats, isNull);
    await channel.sink.close();
  });
}
