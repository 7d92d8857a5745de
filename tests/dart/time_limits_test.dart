// The limits of time, by a real clock: nothing ends before its limit. That it
// ends at all is up to the test's own timeout.
import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

const _limit = Duration(milliseconds: 300);

void main() {
  test('a connect ends at its limit while the server sends slowly', () async {
    final url = await serveTcp((socket) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nX-Long: ');
      final dribble = Timer.periodic(
        const Duration(milliseconds: 20),
        (_) => socket.write('x'),
      );
      socket.listen(null, onDone: dribble.cancel, onError: (_) {});
      socket.done.whenComplete(dribble.cancel).ignore();
      addTearDown(dribble.cancel);
    });
    final time = Stopwatch()..start();
    await expectLater(
      RustWebSocket.connect(url, connectTimeout: _limit),
      throwsA(isA<ConnectTimeoutException>()),
    );
    expect(time.elapsed, greaterThanOrEqualTo(_limit));
  });

  test('a close ends at its limit when the peer does not answer', () async {
    final url = await serveFrames((_) {});
    final channel = RustWebSocketChannel.connect(
      url,
      options: const WebSocketOptions(closeTimeout: _limit),
    );
    await channel.ready;
    final time = Stopwatch()..start();
    await channel.sink.close(1000);
    final info = await channel.ended;
    expect(time.elapsed, greaterThanOrEqualTo(_limit));
    expect(info.code, 1006);
  });

  test('a missing pong ends the connection at its limit', () async {
    const interval = Duration(milliseconds: 200);
    final pinged = Completer<int?>();
    final url = await serveFrames((peer) async {
      pinged.complete((await peer.nextFrame())?.opcode);
    });
    final opening = Stopwatch()..start();
    final channel = RustWebSocketChannel.connect(
      url,
      pingInterval: interval,
      options: const WebSocketOptions(pongTimeout: _limit),
    );
    expect(await channel.stream.toList(), isEmpty);
    expect(opening.elapsed, greaterThanOrEqualTo(interval + _limit));
    expect(await pinged.future, 9);
    expect(channel.closeCode, 1001);
  });
}
