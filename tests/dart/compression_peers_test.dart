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
  for (final (name, compression) in [
    ('without compression', CompressionOptions.compressionOff),
    ('with compression', CompressionOptions.compressionDefault),
    (
      'without context takeover',
      CompressionOptions(
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
      ),
    ),
    (
      'with small windows',
      CompressionOptions(serverMaxWindowBits: 9, clientMaxWindowBits: 9),
    ),
  ]) {
    test("dart:io's server $name echoes messages", () async {
      final url = await serve(
        (socket) => socket.listen(socket.add),
        compression: compression,
      );
      await exchange(await RustWebSocket.connect(url));
    });
  }

  test(
    'nothing is compressed for a server that declines',
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
      final socket = await RustWebSocket.connect(url);
      for (final message in messages) {
        if (message is String) socket.sendText(message);
        if (message is Uint8List) socket.sendBytes(message);
      }
      await socket.close(1000);
      await closed.future;
      expect(frames.map((frame) => frame.flags).toSet(), {0x80});
      expect(frames.map((frame) => frame.opcode), [
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
