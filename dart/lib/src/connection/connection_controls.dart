import 'dart:math';

import 'package:meta/meta.dart';

import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';
import 'connection.dart';

/// What `RustWebSocketChannel` and `RustWebSocket` offer beside what they
/// implement, and the reconnecting ones as well.
///
/// With those it is about the connection at hand: streams go on from one to the
/// next and end with the last, [bufferedAmount] and [flush] mean also what is
/// queued, [stats] is null and [ping] has an error while there is none. In a
/// browser their streams have an [UnsupportedError] where others throw it.
mixin ConnectionControls {
  /// What it is about.
  @internal
  Connection get connection;

  /// Bytes of payload that were sent and are not yet with the operating system.
  int get bufferedAmount => connection.bufferedAmount;

  /// Completes when all that was sent is with the operating system, or the
  /// connection has ended. In a browser it looks every 20 ms.
  Future<void> flush() => connection.drained(0);

  /// How much is still [bufferedAmount], each time it has fallen by [step]
  /// bytes, and at last 0, with which the stream ends: for an upload's progress.
  ///
  /// It ends with 0 as well when the connection does. Throws a [RangeError] if
  /// [step] is less than 1.
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

  /// How far the message is that is being received, each time
  /// `WebSocketOptions.receiveProgressStep` more bytes have arrived; without
  /// that option nothing. The message itself comes after the last of its events.
  ///
  /// A broadcast stream, which ends with the connection. Throws an
  /// [UnsupportedError] in a browser, which tells of whole messages only.
  Stream<ReceiveProgress> get receiveProgress => connection.receiveProgress;

  /// What the connection has carried so far; null in a browser, which does not
  /// tell.
  WebSocketStats? get stats => connection.stats;

  /// The frames that go over the line, and the states of the connection, from
  /// the moment on at which somebody listens. Nobody who does not listen pays.
  ///
  /// A broadcast stream, which ends with the connection. It has no payloads but
  /// for what `WebSocketOptions.tracePayloadSize` allows. Throws an
  /// [UnsupportedError] in a browser, whose developer tools show the frames.
  Stream<TraceEvent> get trace => connection.trace;

  /// Sends a ping (RFC 6455 section 5.5.2) and completes with its round trip,
  /// measured in Rust from the moment the ping is written.
  ///
  /// It overtakes the messages that wait, but not the frame that is being
  /// written. While the listener pauses and a lot has piled up nothing is read,
  /// and so no pong.
  ///
  /// The future has a `WebSocketConnectionClosed` when the connection ends
  /// before the answer, or is closed already, and a `TimeoutException` when that
  /// takes longer than `WebSocketOptions.pongTimeout`, which is the ping
  /// interval by default. Nobody needs to listen to it.
  ///
  /// Throws an [UnsupportedError] in a browser, which lets no page ping.
  Future<Duration> ping() => connection.ping();
}
