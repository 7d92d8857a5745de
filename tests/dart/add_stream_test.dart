// addStream waits for the peer.
import 'dart:async';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  test('a stream that is added waits for a server that does not read, and '
      'loses nothing', () async {
    const size = 256 * 1024;
    const count = 256;
    final mayRead = Completer<void>();
    final received = <int>[];
    final url = await serve((socket) {
      final subscription = socket.listen((message) {
        received.add((message as List<int>)[0]);
        if (received.length == count) unawaited(socket.close());
      })..pause();
      mayRead.future.then((_) => subscription.resume());
    });
    final channel = RustWebSocketChannel.connect(url);
    var produced = 0;
    final added = channel.sink.addStream(
      Stream.fromIterable(
        Iterable.generate(count, (i) {
          produced++;
          return Uint8List(size)..[0] = i;
        }),
      ),
    );
    // Until the stream makes no more progress.
    for (var last = -1; last != produced;) {
      last = produced;
      await Future<void>.delayed(const Duration(milliseconds: 200));
    }
    expect(produced, lessThan(count));
    expect(channel.bufferedAmount, lessThan(2 * 1024 * 1024));
    mayRead.complete();
    await added;
    await channel.stream.drain<void>();
    expect(received, List.generate(count, (i) => i));
  });

  test('a stream that waits is let go when the line drops', () async {
    final drop = Completer<void>();
    final url = await serveTcp((socket) {
      socket.listen((bytes) {
        final request = String.fromCharCodes(bytes);
        if (!request.contains('\r\n\r\n')) return;
        socket.write(upgradeResponse(request));
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
