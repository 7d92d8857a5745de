// Messages there and back, typed by opcode.
import 'dart:async';
import 'dart:collection';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  Future<List<Object?>> echoed(List<Object> messages) async {
    final channel = RustWebSocketChannel.connect(await serveEcho());
    messages.forEach(channel.sink.add);
    final replies = await channel.stream.take(messages.length).toList();
    await channel.sink.close();
    return replies;
  }

  test('text comes back as String', () async {
    final texts = [
      'Hello',
      '',
      'Grüße',
      '你好',
      '🎉',
      'a\u0000b',
      '\u007f\u0080',
    ];
    expect(await echoed(texts), texts);
  });

  test('binary comes back as Uint8List', () async {
    final replies = await echoed([
      Uint8List.fromList([1, 2, 255]),
      Uint8List(0),
      <int>[7, 8],
    ]);
    expect(replies, everyElement(isA<Uint8List>()));
    expect(replies, [
      [1, 2, 255],
      isEmpty,
      [7, 8],
    ]);
  });

  test('bytes are taken modulo 256', () async {
    expect(
      await echoed([
        [256, -1, 511],
        List.generate(100000, (i) => i),
      ]),
      [
        [0, 255, 255],
        List.generate(100000, (i) => i % 256),
      ],
    );
  });

  test('a lone surrogate is sent as U+FFFD', () async {
    for (final size in [0, 1000, 40000, 100000]) {
      final text = 'é' * size;
      expect(await echoed(['$text\ud800b']), ['$text\ufffdb']);
    }
  });

  test('sizes around every limit of the data path survive', () async {
    final sizes = [
      for (final limit in [125, 16 * 1024, 64 * 1024 - 5, 64 * 1024, 131072])
        for (var size = limit - 2; size <= limit + 2; size++) size,
    ];
    final messages = <Object>[
      for (final size in sizes) ...[
        'x' * size,
        'é' * (size ~/ 2),
        '${'x' * (size - 1)}é',
        '${'😀' * (size ~/ 4)}é',
        Uint8List(size)..fillRange(0, size, size & 0xff),
      ],
    ];
    expect(await echoed(messages), messages);
  });

  test('16 MiB survive', () async {
    const size = 16 * 1024 * 1024;
    final bytes = Uint8List(size);
    for (var i = 0; i < size; i++) {
      bytes[i] = i * 31 >> 3;
    }
    final [text, binary] = await echoed(['y' * size, bytes]);
    expect(text == 'y' * size, isTrue);
    expect(binary, isA<Uint8List>());
    var different = 0;
    for (var i = 0; i < size; i++) {
      if ((binary! as Uint8List)[i] != bytes[i]) different++;
    }
    expect(different, 0);
  });

  test('100,000 messages come in order', () async {
    const count = 100000;
    final channel = RustWebSocketChannel.connect(await serveEcho());
    for (var i = 0; i < count; i++) {
      channel.sink.add('$i');
    }
    var next = 0;
    // A limit for each message, since all of them take minutes under emulation.
    final stream = channel.stream.timeout(const Duration(seconds: 30));
    await for (final message in stream) {
      if (message != '$next') fail('$message instead of $next');
      if (++next == count) break;
    }
    expect(next, count);
    await channel.sink.close();
  }, timeout: Timeout.none);

  test('connections that alternate keep their messages apart', () async {
    final url = await serveEcho();
    final channels = [
      for (var i = 0; i < 3; i++) RustWebSocketChannel.connect(url),
    ];
    await Future.wait([for (final channel in channels) channel.ready]);
    const count = 3000;
    String text(int owner, int i) => '$owner ${'é' * (i % 7)} $i';
    for (var i = 0; i < count; i++) {
      for (final (owner, channel) in channels.indexed) {
        if (i % (owner + 1) == 0) channel.sink.add(text(owner, i));
        if (i % 1000 == 0) channel.sink.add(Uint8List(70000));
      }
    }
    for (final (owner, channel) in channels.indexed) {
      final expected = [
        for (var i = 0; i < count; i++) ...[
          if (i % (owner + 1) == 0) text(owner, i),
          if (i % 1000 == 0) Uint8List(70000),
        ],
      ];
      expect(await channel.stream.take(expected.length).toList(), expected);
      await channel.sink.close();
    }
  });

  test('messages are sent before a close in the same turn', () async {
    final received = StreamController<Object?>();
    final url = await serve((socket) => received.addStream(socket));
    final channel = RustWebSocketChannel.connect(url);
    await channel.ready;
    channel.sink.add('one');
    channel.sink.add([2]);
    unawaited(channel.sink.close());
    expect(await received.stream.take(2).toList(), [
      'one',
      [2],
    ]);
  });

  for (final length in [3, 70000]) {
    test('messages that a list of $length sends while read go first', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      await channel.ready;
      channel.sink
        ..add('before')
        ..add(_Sending(length, () => channel.sink.add('from within')))
        ..add('after');
      expect(await channel.stream.take(4).toList(), [
        'before',
        'from within',
        List.filled(length, 7),
        'after',
      ]);
      await channel.sink.close();
    });
  }

  test('bufferedAmount counts messages of the same turn', () async {
    final channel = RustWebSocketChannel.connect(await serveEcho());
    await channel.ready;
    channel.sink
      ..add('four')
      ..add([1, 2, 3]);
    expect(channel.bufferedAmount, 7);
    await channel.stream.take(2).drain<void>();
    expect(channel.bufferedAmount, 0);
    await channel.sink.close();
  });

  test('an answer to messages before a violation is still sent', () async {
    for (var i = 0; i < 50; i++) {
      final received = Completer<Object?>();
      final url = await serveFrames((peer) async {
        // Text, and a frame of an opcode that does not exist.
        peer.send([0x81, 1, 0x61, 0x83, 0]);
        final frame = await peer.nextFrame();
        received.complete(frame!.opcode);
        peer.socket.destroy();
      });
      final channel = RustWebSocketChannel.connect(url);
      channel.stream.listen((_) {
        scheduleMicrotask(() {
          // Long enough for others to end the connection meanwhile.
          final clock = Stopwatch()..start();
          while (clock.elapsedMicroseconds < 100) {}
        });
        channel.sink.add('answer');
      });
      expect(await received.future, 1);
    }
  });

  test('a list that throws while it is read is not sent', () async {
    final channel = RustWebSocketChannel.connect(await serveEcho());
    await channel.ready;
    channel.sink.add('before');
    expect(
      () => channel.sink.add(_Sending(3, () => throw StateError('unreadable'))),
      throwsStateError,
    );
    channel.sink.add('after');
    expect(await channel.stream.take(2).toList(), ['before', 'after']);
    await channel.sink.close();
  });

  test('a kept message is not changed by later ones', () async {
    final kept = await echoed([
      for (var i = 0; i < 64; i++) Uint8List(20 * 1024)..fillRange(0, 20480, i),
    ]);
    for (final (i, message) in kept.indexed) {
      expect((message! as Uint8List).every((byte) => byte == i), isTrue);
    }
  });

  test('fragments are one message, with a ping in between', () async {
    final url = await serveFrames((peer) async {
      peer
        ..sendFrame(1, 'Hel'.codeUnits, flags: 0)
        ..sendFrame(9, [1, 2, 3])
        ..sendFrame(0, 'lo'.codeUnits);
      final pong = await peer.nextFrame();
      peer.sendFrame(2, [pong!.opcode, ...pong.payload]);
      peer.sendFrame(8, []);
    });
    final channel = RustWebSocketChannel.connect(url);
    expect(await channel.stream.toList(), [
      'Hello',
      [10, 1, 2, 3],
    ]);
  });

  test(
    'what is added before the connection is open is sent in order',
    () async {
      final mayUpgrade = Completer<void>();
      final received = StreamController<Object?>();
      final url = await serveHttp((request) async {
        await mayUpgrade.future;
        final socket = await WebSocketTransformer.upgrade(request);
        socket.listen(received.add);
      });
      final channel = RustWebSocketChannel.connect(url);
      channel.sink
        ..add('one')
        ..add([2])
        ..add('three');
      mayUpgrade.complete();
      expect(await received.stream.take(3).toList(), [
        'one',
        [2],
        'three',
      ]);
      await channel.sink.close();
    },
  );

  test('bufferedAmount counts unsent bytes, and falls to 0', () async {
    const size = 1024 * 1024;
    final url = await serve((socket) => socket.listen((_) => socket.add('ok')));
    final channel = RustWebSocketChannel.connect(url);
    expect(channel.bufferedAmount, 0);
    // Nothing leaves before the connection is open.
    channel.sink.add(Uint8List(size));
    expect(channel.bufferedAmount, size);
    expect(await channel.stream.first, 'ok');
    expect(channel.bufferedAmount, 0);
    await channel.sink.close();
  });

  test('a paused listener makes the server wait, and loses nothing', () async {
    const size = 64 * 1024;
    // What waits for a listener (docs/architecture.md).
    const window = 2 * 1024 * 1024;
    // It writes whatever sockets and windows hold, until it has to wait.
    final url = await serve((socket) async {
      var isEnough = false;
      socket.listen((_) => isEnough = true, onDone: () => isEnough = true);
      Iterable<Uint8List> messages() sync* {
        for (var i = 0; !isEnough; i++) {
          yield Uint8List(size)..buffer.asByteData().setUint32(0, i);
        }
      }

      await socket.addStream(Stream.fromIterable(messages()));
      await socket.close();
    });
    final channel = RustWebSocketChannel.connect(url);
    addTearDown(channel.sink.close);
    var received = 0;
    final firstMessage = Completer<void>();
    final isDone = Completer<void>();
    late final StreamSubscription<dynamic> subscription;
    subscription = channel.stream.listen((message) {
      final bytes = message as Uint8List;
      expect(bytes.buffer.asByteData().getUint32(0), received);
      received++;
      if (received == 1) {
        firstMessage.complete();
        subscription.pause();
      }
      // More than what waited.
      if (received == 3 * window ~/ size) channel.sink.add('enough');
    }, onDone: isDone.complete);
    await firstMessage.future;

    // Another connection has its turns meanwhile, so this one has, too.
    final other = RustWebSocketChannel.connect(await serveEcho());
    final replies = StreamIterator<dynamic>(other.stream);
    Future<void> takeTurns() async {
      other.sink.add('turn');
      await replies.moveNext();
    }

    while (channel.stats!.received.payload < window - size) {
      await takeTurns();
    }
    for (var turns = 0; turns < 100; turns++) {
      await takeTurns();
    }
    expect(channel.stats!.bytesReceived, lessThan(2 * window));
    expect(received, 1);
    subscription.resume();
    await isDone.future;
    expect(received, greaterThanOrEqualTo(3 * window ~/ size));
    expect(channel.closeCode, 1005);
    await other.sink.close();
  });
}

/// A list of bytes that runs a function when its first byte is read.
final class _Sending extends ListBase<int> {
  _Sending(this.length, this._whenRead);

  final void Function() _whenRead;

  @override
  int length;

  @override
  int operator [](int index) {
    if (index == 0) _whenRead();
    return 7;
  }

  @override
  void operator []=(int index, int value) => throw UnsupportedError('Constant');
}
