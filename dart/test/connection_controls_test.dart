// ConnectionControls of a channel and a socket, over a connection that the test
// controls.
import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/testing/memory_connection.dart';
import 'package:test/test.dart';

/// A connection whose buffer drains when the test does so.
final class _Draining extends MemoryConnection {
  _Draining(super.listener) {
    bufferedAmount = 1000;
  }

  /// Drains the buffer to this many bytes, and completes futures that wait for
  /// it.
  Future<void> drainTo(int buffered) async {
    bufferedAmount = buffered;
    completeDrains();
    await Future<void>.delayed(Duration.zero);
  }

  @override
  Object? noSuchMethod(Invocation invocation) => throw UnimplementedError();
}

void main() {
  late _Draining connection;
  late RustWebSocketChannel channel;
  setUp(() {
    channel = RustWebSocketChannel.over(
      (listener) => connection = _Draining(listener),
    );
  });

  test('sendProgress has an event for each step', () async {
    final left = <int>[];
    var isDone = false;
    channel
        .sendProgress(step: 100)
        .listen(left.add, onDone: () => isDone = true);
    await connection.drainTo(1000);
    for (final buffered in [950, 900, 850, 500, 450, 50, 10]) {
      await connection.drainTo(buffered);
    }
    expect(left, [900, 500, 50]);
    expect(isDone, isFalse);
    await connection.drainTo(0);
    expect(left, [900, 500, 50, 0]);
    expect(isDone, isTrue);
  });

  test(
    'sendProgress of nothing is empty, and of no step a RangeError',
    () async {
      expect(() => channel.sendProgress(step: 0), throwsRangeError);
      await connection.drainTo(0);
      expect(await channel.sendProgress().toList(), isEmpty);
    },
  );

  test('flush waits for all messages', () async {
    var isFlushed = false;
    unawaited(channel.flush().then((_) => isFlushed = true));
    await connection.drainTo(1);
    expect(isFlushed, isFalse);
    await connection.drainTo(0);
    expect(isFlushed, isTrue);
  });
}
