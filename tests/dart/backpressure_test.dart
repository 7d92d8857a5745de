// Buffered messages, and the progress of large ones.
import 'dart:async';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

/// A size that takes several writes.
const _large = 32 * 1024 * 1024;

void main() {
  group('flush', () {
    test('completes when the operating system has accepted all', () async {
      final url = await serve((socket) => socket.listen(null));
      final channel = RustWebSocketChannel.connect(url);
      await channel.flush();
      // Nothing leaves before the connection is open.
      channel.sink.add(Uint8List(_large));
      expect(channel.bufferedAmount, _large);
      await channel.flush();
      expect(channel.bufferedAmount, 0);
      await channel.sink.close();
    });

    test('completes when the connection ends or fails to open', () async {
      final url = await serveFrames((_) {});
      final socket = await RustWebSocket.connect(
        url,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 50),
        ),
      );
      socket.sendBytes(Uint8List(_large));
      final flushed = socket.flush();
      await socket.close();
      await flushed;
      final refused = RustWebSocketChannel.connect('ws://127.0.0.1:1');
      refused.sink.add('lost');
      await refused.flush();
    });
  });

  group('a limit', () {
    const limited = WebSocketOptions(maxBufferedAmount: 100);

    test('rejects only the message that exceeds it', () async {
      final channel = RustWebSocketChannel.connect(
        await serveEcho(),
        options: limited,
      );
      // Nothing leaves before the connection is open.
      channel.sink.add('a' * 60);
      for (final tooMuch in ['b' * 41, 'ü' * 21, Uint8List(41)]) {
        expect(
          () => channel.sink.add(tooMuch),
          throwsA(isA<SendBufferFullException>()),
        );
      }
      channel.sink.add('c' * 40);
      expect(channel.bufferedAmount, 100);
      await channel.flush();
      channel.sink.add('d' * 100);
      expect(await channel.stream.take(3).toList(), [
        'a' * 60,
        'c' * 40,
        'd' * 100,
      ]);
      await channel.sink.close();
    });

    test('pauses an added stream', () async {
      final channel = RustWebSocketChannel.connect(
        await serveEcho(),
        options: limited,
      );
      final sent = [for (var i = 0; i < 50; i++) '$i'.padLeft(60)];
      final received = channel.stream.take(sent.length).toList();
      await channel.sink.addStream(Stream.fromIterable(sent));
      expect(await received, sent);
      await channel.sink.close();
    });

    test('fails a stream with a message that never fits', () async {
      final channel = RustWebSocketChannel.connect(
        await serveEcho(),
        options: limited,
      );
      final added = channel.sink.addStream(Stream.value('x' * 101));
      await expectLater(
        channel.sink.done,
        throwsA(isA<SendBufferFullException>()),
      );
      await added;
    });
  });

  test('sendProgress falls to 0 when the upload is sent', () async {
    var read = 0;
    final url = await serve(
      (socket) =>
          socket.listen((message) => read += (message as List<int>).length),
    );
    final channel = RustWebSocketChannel.connect(url);
    expect(await channel.sendProgress().toList(), isEmpty);
    // Nothing leaves before the connection is open.
    channel.sink.add(Uint8List(_large));
    final left = await channel.sendProgress().toList();
    // The number of events depends on how the server and this isolate
    // alternate.
    expect(left.toSet().toList(), left);
    expect(left, [...left]..sort((a, b) => b.compareTo(a)));
    expect(left.last, 0);
    await channel.sink.close();
    // The server has read everything when it answers.
    await channel.ended;
    expect(read, _large);
  });

  test('receiveProgress has the progress of a download', () async {
    const size = 8 * 1024 * 1024;
    final isTold = Completer<void>();
    final url = await serveFrames((peer) async {
      peer
        ..send([0x82, 127, 0, 0, 0, 0, 0, size >> 16, 0, 0])
        ..send(Uint8List(size ~/ 2));
      await isTold.future;
      peer
        ..send(Uint8List(size ~/ 2))
        ..sendFrame(8, (await peer.nextFrame())!.payload);
    });
    final channel = RustWebSocketChannel.connect(
      url,
      options: const WebSocketOptions(receiveProgressStep: 1024 * 1024),
    );
    final received = <ReceiveProgress>[];
    channel.receiveProgress.listen((progress) {
      received.add(progress);
      if (!isTold.isCompleted) isTold.complete();
    });
    expect(await channel.stream.first, hasLength(size));
    await channel.sink.close();
    await channel.ended;
    expect(received.length, inInclusiveRange(1, 8));
    var last = 0;
    for (final progress in received) {
      expect(progress.total, size);
      expect(progress.received, greaterThan(last));
      last = progress.received;
    }
    expect(last, lessThanOrEqualTo(size));
  });

  group('an invalid option is an ArgumentError:', () {
    final options = {
      'maxBufferedAmount': const WebSocketOptions(maxBufferedAmount: 0),
      'receiveProgressStep': const WebSocketOptions(receiveProgressStep: -1),
      'tracePayloadSize': const WebSocketOptions(tracePayloadSize: -1),
    };
    for (final MapEntry(key: name, value: options) in options.entries) {
      test(name, () {
        expect(
          () => RustWebSocketChannel.connect('ws://x.test', options: options),
          throwsA(
            isA<ArgumentError>().having((e) => e.name, 'name', 'options.$name'),
          ),
        );
      });
    }
  });
}
