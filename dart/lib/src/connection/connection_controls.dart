import 'dart:math';

import 'package:meta/meta.dart';

import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';
import 'connection.dart';

/// Members that every channel and socket of this package has besides the
/// interface that it implements.
///
/// In a reconnecting channel or socket they refer to the current connection.
/// [trace] and [receiveProgress] continue with the next connection and end with
/// the last; [bufferedAmount] and [flush] include queued messages; without a
/// connection [stats] is null and [ping] completes with an error. In a browser
/// the streams of a reconnecting one report the [UnsupportedError] that the
/// getters of others throw.
mixin ConnectionControls {
  /// The connection.
  @internal
  Connection get connection;

  /// Bytes of payload that were sent and that the operating system has not
  /// accepted yet.
  int get bufferedAmount => connection.bufferedAmount;

  /// Completes when the operating system has accepted everything that was sent,
  /// or the connection has ended. A browser is polled every 20 ms.
  Future<void> flush() => connection.drained(0);

  /// The progress of an upload: the [bufferedAmount] each time it has fallen by
  /// [step] bytes. The last event is 0, even if the connection ends.
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

  /// The received part of the current message, each time
  /// `WebSocketOptions.receiveProgressStep` more bytes have arrived. Without
  /// that option there are no events. A message is delivered after its last
  /// event.
  ///
  /// It is a broadcast stream that ends with the connection. Throws an
  /// [UnsupportedError] in a browser, which reports whole messages only.
  Stream<ReceiveProgress> get receiveProgress => connection.receiveProgress;

  /// What the connection has sent and received so far; null in a browser.
  WebSocketStats? get stats => connection.stats;

  /// The frames that are sent and received, and the connection's state changes.
  /// It costs nothing without a listener.
  ///
  /// It is a broadcast stream that ends with the connection. Of each payload it
  /// contains the first `WebSocketOptions.tracePayloadSize` bytes. Throws an
  /// [UnsupportedError] in a browser, whose developer tools show the frames.
  Stream<TraceEvent> get trace => connection.trace;

  /// Sends a ping (RFC 6455 section 5.5.2) and completes with its round-trip
  /// time, measured in Rust from the moment the ping is written.
  ///
  /// The ping is sent before buffered messages and after the frame that is
  /// being written. While the listener pauses and 2 MiB are buffered, nothing
  /// is read, so the pong is not read either.
  ///
  /// The future completes with a `WebSocketConnectionClosed` if the connection
  /// has ended or ends before the pong, and with a `TimeoutException` if the
  /// pong takes longer than `WebSocketOptions.pongTimeout`, by default the ping
  /// interval. Its error is never reported as unhandled.
  ///
  /// Throws an [UnsupportedError] in a browser, where a page can't send pings.
  Future<Duration> ping() => connection.ping();
}
