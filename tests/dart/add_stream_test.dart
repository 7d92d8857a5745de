// addStream waits for the peer.
import 'dart:async';
import 'dart:math';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  test('a stream that is added waits for a server that does not read, and '
      'loses nothing', () async {
    const size = 256 * 1024;
    final mayRead = Completer<void>();
    final received = <int>[];
    final url = await serve((socket) {
      final subscription = socket.listen(
        (message) => received.add((message as List<int>)[0]),
      )..pause();
      mayRead.future.then((_) => subscription.resume());
    });
    final channel = RustWebSocketChannel.connect(url);
    await channel.ready;
    // It goes on for as long as it need not wait, whatever sockets hold.
    var produced = 0;
    var most = 0;
    int? last;
    late final StreamController<List<int>> source;
    void produce() {
      if (source.isPaused) return;
      if (produced == last) return unawaited(source.close());
      most = max(most, channel.bufferedAmount);
      source.add(Uint8List(size)..[0] = produced++ & 0xff);
      Timer.run(produce);
    }

    final isPaused = Completer<void>();
    source = StreamController(
      onListen: produce,
      onResume: produce,
      onPause: () => isPaused.isCompleted ? null : isPaused.complete(),
    );
    final added = channel.sink.addStream(source.stream);
    await isPaused.future;
    last = produced + 20;
    mayRead.complete();
    await added;
    expect(most, lessThan(2 * 1024 * 1024));
    await channel.sink.close();
    // The server has read everything when it answers.
    await channel.ended;
    expect(received, List.generate(produced, (i) => i & 0xff));
    expect(produced, last);
  });

  test('a waiting stream is released when the connection is lost', () async {
    final drop = Completer<void>();
    final url = await serveTcp((socket) {
      late final StreamSubscription<Uint8List> head;
      head = socket.listen((bytes) {
        head.pause();
        socket.write(upgradeResponse(String.fromCharCodes(bytes)));
      });
      drop.future.then((_) => socket.destroy());
    });
    final channel = RustWebSocketChannel.connect(url);
    await channel.ready;
    final cancelled = Completer<void>();
    final source = StreamController<List<int>>(onCancel: cancelled.complete);
    final added = channel.sink.addStream(source.stream);
    source.add(Uint8List(64 * 1024 * 1024));
    drop.complete();
    await cancelled.future;
    await added;
    await channel.sink.done;
    expect(channel.closeCode, 1006);
  });
}
