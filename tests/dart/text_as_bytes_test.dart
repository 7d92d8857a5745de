// Text that arrives as its UTF-8 bytes.
import 'dart:async';
import 'dart:convert';
import 'dart:io' show CompressionOptions;
import 'dart:typed_data';

import 'package:rust_web_socket/io.dart' show RustIoWebSocket;
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

const _options = WebSocketOptions(textAsBytes: true);

/// Expects that what is echoed are the bytes of [messages]. Without a matcher,
/// which would describe megabytes.
Future<void> _expectBytes(
  RustWebSocketChannel channel,
  List<Object> messages,
) async {
  messages.forEach(channel.sink.add);
  var next = 0;
  await for (final received in channel.stream.take(messages.length)) {
    final message = messages[next];
    final expected = message is String
        ? utf8.encode(message)
        : message as Uint8List;
    final bytes = received as Uint8List;
    expect(bytes.length, expected.length, reason: 'message $next');
    for (var i = 0; i < bytes.length; i++) {
      if (bytes[i] != expected[i]) fail('byte $i of message $next');
    }
    next++;
  }
  expect(next, messages.length);
  await channel.sink.close();
}

void main() {
  test('text arrives as its UTF-8 bytes, and binary as it is', () async {
    await _expectBytes(
      RustWebSocketChannel.connect(await serveEcho(), options: _options),
      [
        'Hello',
        'Grüße, 你好 🎉',
        Uint8List.fromList([1, 2, 255]),
        '',
        '\u007f\u0080',
        Uint8List(0),
        'the last',
      ],
    );
  });

  test('sizes around every limit of the data path arrive so', () async {
    final sizes = [
      for (final limit in [125, 16 << 10, 64 << 10, 256 << 10])
        for (var size = limit - 1; size <= limit + 1; size++) size,
      // More than a batch and the credit.
      3 << 20,
    ];
    await _expectBytes(
      RustWebSocketChannel.connect(await serveEcho(), options: _options),
      [
        for (final size in sizes) ...[
          'x' * size,
          // Three and four bytes of UTF-8 each.
          '你' * (size ~/ 3),
          '🎉' * (size ~/ 4),
          Uint8List(size)..fillRange(0, size, size & 0xff),
        ],
      ],
    );
  });

  test('compressed text is inflated', () async {
    final channel = RustWebSocketChannel.connect(
      await serveEcho(compression: CompressionOptions.compressionDefault),
      options: const WebSocketOptions(
        textAsBytes: true,
        compression: DeflateOptions(threshold: 0),
      ),
    );
    await channel.ready;
    expect(channel.extensions, startsWith('permessage-deflate'));
    await _expectBytes(channel, ['', '你好 🎉', 'echo 你好 ' * 100000, 'small']);
  });

  test('fragments that divide a character are one text', () async {
    final bytes = utf8.encode('你好🎉');
    final url = await serveFrames((peer) {
      peer
        ..sendFrame(1, bytes.sublist(0, 4), flags: 0)
        ..sendFrame(0, bytes.sublist(4, 8), flags: 0)
        ..sendFrame(0, bytes.sublist(8))
        ..sendFrame(8, []);
    });
    final channel = RustWebSocketChannel.connect(url, options: _options);
    expect(await channel.stream.toList(), [bytes]);
  });

  test('text that is not UTF-8 is 1007', () async {
    final large = Uint8List(100000)..fillRange(0, 99999, 0x61);
    large.last = 0xe4;
    for (final (frame, invalid) in [
      // A continuation without a start, a surrogate, and a character that ends
      // too early, in a text that is small and one that is large.
      ([0x81, 1], [0xbf]),
      ([0x81, 3], [0xed, 0xa0, 0x80]),
      ([0x81, 2], [0xe4, 0xbd]),
      ([0x81, 127, 0, 0, 0, 0, 0, 1, 0x86, 0xa0], large),
    ]) {
      final answer = Completer<List<int>>();
      final url = await serveFrames((peer) async {
        peer
          ..sendFrame(1, utf8.encode('好'))
          ..send([...frame, ...invalid]);
        answer.complete((await peer.nextFrame())!.payload);
        peer.socket.destroy();
      });
      final channel = RustWebSocketChannel.connect(url, options: _options);
      expect(await channel.stream.toList(), [utf8.encode('好')]);
      expect(channel.closeCode, 1007);
      expect((await answer.future).take(2), [1007 >> 8, 1007 & 0xff]);
    }
  });

  test('a reconnecting channel keeps it for each connection', () async {
    final url = await serve(
      (socket) => socket
        ..add('你好')
        ..close(1001),
    );
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      options: _options,
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(start: Duration(milliseconds: 1)),
      ),
    );
    expect(await channel.stream.take(3).toList(), [
      for (var i = 0; i < 3; i++) utf8.encode('你好'),
    ]);
    await channel.sink.close();
  });

  test('the socket has a BinaryDataReceived for text', () async {
    final url = await serve(
      (socket) => socket
        ..add('你好')
        ..add(Uint8List.fromList([1, 2]))
        ..close(3001, 'bye'),
    );
    final socket = await RustWebSocket.connect(url, options: _options);
    expect(await socket.events.toList(), [
      BinaryDataReceived(utf8.encode('你好')),
      BinaryDataReceived(Uint8List.fromList([1, 2])),
      CloseReceived(3001, 'bye'),
    ]);
  });

  test("dart:io's interface has bytes for text", () async {
    final url = await serve(
      (socket) => socket
        ..add('你好')
        ..close(),
    );
    final socket = await RustIoWebSocket.connect('$url', options: _options);
    expect(await socket.toList(), [utf8.encode('你好')]);
  });

  test('JSON is decoded from the bytes', () async {
    const document = {
      'name': '你好 🎉',
      'list': [1, 2.5, null, true],
    };
    final url = await serve(
      (socket) => socket
        ..add(jsonEncode(document))
        ..close(),
    );
    final channel = RustWebSocketChannel.connect(url, options: _options);
    final bytes = await channel.stream.single as Uint8List;
    expect(utf8.decoder.fuse(json.decoder).convert(bytes), document);
  });
}
