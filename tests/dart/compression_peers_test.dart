// Compressed and plain exchange with servers in Dart: dart:io's, and one that
// reads each frame.
import 'dart:async';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/exchange.dart';
import 'support/servers.dart';

void main() {
  for (final (name, compression, options) in [
    (
      'that declines',
      CompressionOptions.compressionOff,
      const WebSocketOptions(compression: DeflateOptions(threshold: 0)),
    ),
    (
      'by default',
      CompressionOptions.compressionDefault,
      const WebSocketOptions(),
    ),
    for (final (request, parameters) in requests)
      (
        'asked for ${parameters.join(', ')}',
        // By default it does not confirm server_no_context_takeover, against
        // RFC 7692 section 7.1.1.1.
        const CompressionOptions(
          serverNoContextTakeover: true,
          clientNoContextTakeover: true,
        ),
        WebSocketOptions(compression: request),
      ),
  ]) {
    test("dart:io's server $name echoes messages", () async {
      final url = await serveEcho(compression: compression);
      final socket = await RustWebSocket.connect(url, options: options);
      // The server may answer with other parameters.
      final isCompressed = parametersIn(socket.extensions) != null;
      expect(isCompressed, compression.enabled);
      await exchange(socket);
    });
  }

  test(
    'no reserved bit is set for a server that declines',
    () async {
      final frames = <({int flags, int opcode, Uint8List payload})>[];
      final closed = Completer<void>();
      final url = await serveFrames((peer) async {
        do {
          frames.add((await peer.nextFrame())!);
        } while (frames.last.opcode != 8);
        peer.sendFrame(8, frames.last.payload);
        await peer.socket.close();
        closed.complete();
      });
      final socket = await RustWebSocket.connect(url, options: everything);
      for (final message in messages) {
        if (message is String) socket.sendText(message, compress: true);
        if (message is Uint8List) socket.sendBytes(message, compress: true);
      }
      await socket.close(1000);
      await closed.future;
      expect(frames.map((frame) => frame.flags & 0x70).toSet(), {0});
      // Except fragments of large messages.
      final opcodes = frames.map((frame) => frame.opcode);
      expect(opcodes.where((opcode) => opcode != 0), [
        for (final message in messages) message is String ? 1 : 2,
        8,
      ]);
      final received = frames.fold(
        0,
        (sum, frame) => sum + frame.payload.length,
      );
      expect(received, sizeOfMessages + 2);
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );
}
