import 'dart:math';

import 'package:meta/meta.dart';

import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';
import 'connection.dart';

/// What every channel and socket of this package offers beside the interface
/// that it implements.
///
/// In a reconnecting one it is about the current connection: [trace] and
/// [receiveProgress] continue with the next connection and end with the last;
/// [bufferedAmount] and [flush] include what is queued; without a connection
/// [stats] is null and [ping] completes with an error. In a browser the streams
/// of a reconnecting one have an [UnsupportedError] where those of others throw
/// it.
mixin ConnectionControls {
  /// The connection.
  @internal
  Connection get connection;

  /// Bytes of payload that were sent and are not with the operating system yet.
  int get bufferedAmount => connection.bufferedAmount;

  /// Completes when all that was sent is with the operating system, or the
  /// connection has ended. In a browser it looks every 20 ms.
  Future<void> flush() => connection.drained(0);

  /// The [bufferedAmount] each time it has fallen by [step] bytes: the progress
  /// of an upload. The last event is 0, also when the connection ends.
  ///
  /// Throws a [RangeError] if [step] is less than 1.
  Stream<int> sendProgress({int step = 64 * 1024}) {
    if (step < 1) throw RangeError.range(step, 1, null, 'step');
    return _sendProgress(step);
  }

  Stream<int> _sendProgress(int step) async* {
    var buffered = bufferedAmount;
    while (buffered > 0) {
      await connection.drained(max(0, buffered - step));
      buffered = bufferedAmount;
      yield buffered;
    }
  }

  /// How much of the current message has been received, each time
  /// `WebSocketOptions.receiveProgressStep` more bytes have arrived. Without
  /// that option there are no events. A message is delivered after its last
  /// event.
  ///
  /// It is a broadcast stream that ends with the connection. Throws an
  /// [UnsupportedError] in a browser, which reports whole messages only.
  Stream<ReceiveProgress> get receiveProgress => connection.receiveProgress;

  /// What the connection has sent and received so far; null in a browser, which
  /// does not count.
  WebSocketStats? get stats => connection.stats;

  /// The frames that are sent and received, and the states of the connection.
  /// Free unless it is listened to.
  ///
  /// It is a broadcast stream that ends with the connection. It contains of
  /// each payload what `WebSocketOptions.tracePayloadSize` allows. Throws an
  /// [UnsupportedError] in a browser, whose developer tools show the frames.
  Stream<TraceEvent> get trace => connection.trace;

  /// Sends a ping (RFC 6455 section 5.5.2) and completes with its round trip,
  /// measured in Rust from the moment the ping is written.
  ///
  /// The ping is sent before the messages that wait, and after the frame that
  /// is being written. While the listener pauses and 2 MiB wait nothing is
  /// read, so the pong is not read either.
  ///
  /// The future completes with a `WebSocketConnectionClosed` if the connection
  /// has ended or ends before the pong, and with a `TimeoutException` if the
  /// pong takes longer than `WebSocketOptions.pongTimeout`, by default the ping
  /// interval. Its error is never reported as unhandled.
  ///
  /// Throws an [UnsupportedError] in a browser, where a page can't send pings.
  Future<Duration> ping() => connection.ping();
}
