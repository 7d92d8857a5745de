import 'package:meta/meta.dart';

import 'connection.dart';

/// What `RustWebSocketChannel` and `RustWebSocket` offer beside what they
/// implement.
mixin ConnectionControls {
  /// What it is about.
  @internal
  Connection get connection;

  /// Bytes of payload that were sent and are not yet with the operating system.
  int get bufferedAmount => connection.bufferedAmount;

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
