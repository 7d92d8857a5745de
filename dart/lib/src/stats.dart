/// What a connection has sent and received since it opened.
final class WebSocketStats {
  /// Creates counters with these values.
  const WebSocketStats({
    this.bytesSent = 0,
    this.bytesReceived = 0,
    this.sent = const WebSocketTraffic(),
    this.received = const WebSocketTraffic(),
    this.roundTrips = 0,
    this.lastRoundTrip,
    this.shortestRoundTrip,
    this.averageRoundTrip,
    this.openFor = Duration.zero,
  });

  /// Bytes of frames that were written, without the overhead of TLS and TCP.
  final int bytesSent;

  /// Bytes of frames that were read, without the overhead of TLS and TCP.
  final int bytesReceived;

  /// The messages that were sent; the last one may not be complete yet.
  final WebSocketTraffic sent;

  /// The messages that were received; some may wait for a listener.
  final WebSocketTraffic received;

  /// The number of pings that were answered: those of the ping interval and of
  /// `ping()`.
  final int roundTrips;

  /// The last round trip of a ping, null if there was none.
  final Duration? lastRoundTrip;

  /// The shortest round trip of a ping, null if there was none.
  final Duration? shortestRoundTrip;

  /// The mean of all round trips, null if there was none.
  final Duration? averageRoundTrip;

  /// How long the connection has been open, or was.
  final Duration openFor;

  @override
  String toString() =>
      'WebSocketStats(open for $openFor, sent: $sent in $bytesSent bytes, '
      'received: $received in $bytesReceived bytes, '
      'last round trip: $lastRoundTrip)';
}

/// Messages in one direction.
final class WebSocketTraffic {
  /// Creates counters with these values.
  const WebSocketTraffic({
    this.messages = 0,
    this.payload = 0,
    this.payloadOnWire = 0,
  });

  /// The number of messages.
  final int messages;

  /// Bytes of their payload (UTF-8 for text).
  final int payload;

  /// Bytes of their payload on the wire, where it may be compressed.
  final int payloadOnWire;

  /// [payloadOnWire] divided by [payload]: less than 1 if compression saves
  /// bytes, 1 without any payload.
  double get compressionRatio => payload == 0 ? 1 : payloadOnWire / payload;

  @override
  String toString() =>
      '$messages messages of $payload bytes '
      '(${(compressionRatio * 100).round()} %)';
}
