// The frames of large outgoing messages.
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  /// The frames of a sent message of [size] bytes, and the message that
  /// dart:io's server receives.
  Future<(List<String>, Object?)> sent(
    int size, {
    WebSocketOptions options = const WebSocketOptions(),
    CompressionOptions compression = CompressionOptions.compressionOff,
  }) async {
    final channel = RustWebSocketChannel.connect(
      await serveEcho(compression: compression),
      options: options,
    );
    final trace = channel.trace.toList();
    channel.sink.add(Uint8List(size));
    final echo = await channel.stream.first;
    await channel.sink.close();
    final frames = (await trace).whereType<TraceFrame>().where(
      (frame) => frame.isSent && frame.opcode < 8,
    );
    return ([for (final frame in frames) '$frame'], echo);
  }

  test('a message over maxFrameSize is sent in fragments', () async {
    final (frames, echo) = await sent(
      2500,
      options: const WebSocketOptions(maxFrameSize: 1000),
    );
    expect(frames, [
      '-> binary (more to come), 1000 bytes',
      '-> continuation (more to come), 1000 bytes',
      '-> continuation, 500 bytes',
    ]);
    expect(echo, Uint8List(2500));
  });

  test('a compressed message is sent in fragments', () async {
    const size = 1000000;
    final (frames, echo) = await sent(
      size,
      options: const WebSocketOptions(maxFrameSize: 500),
      compression: CompressionOptions.compressionDefault,
    );
    expect(frames.first, '-> binary (more to come) (compressed), 500 bytes');
    expect(frames.last, startsWith('-> continuation, '));
    expect(echo, Uint8List(size));
  });

  test('by default a frame has at most 64 KiB', () async {
    final (frames, _) = await sent(100000);
    expect(frames, [
      '-> binary (more to come), 65536 bytes',
      '-> continuation, 34464 bytes',
    ]);
  });

  test('without maxFrameSize a message is one frame', () async {
    final (frames, _) = await sent(
      1000000,
      options: const WebSocketOptions(maxFrameSize: null),
    );
    expect(frames, ['-> binary, 1000000 bytes']);
  });
}
