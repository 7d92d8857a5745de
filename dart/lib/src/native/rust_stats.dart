/// What Rust has counted, as the type that apps see.
library;

import '../rust/api/connection.dart' as rust;
import '../stats.dart';

/// Converts statistics.
extension RustStats on rust.Stats {
  /// The same figures.
  WebSocketStats toStats() {
    Duration? roundTrip(int microseconds) =>
        roundTrips == 0 ? null : Duration(microseconds: microseconds);
    return WebSocketStats(
      bytesSent: bytesSent,
      bytesReceived: bytesReceived,
      sent: sent.toTraffic(),
      received: received.toTraffic(),
      roundTrips: roundTrips,
      lastRoundTrip: roundTrip(lastRoundTrip),
      shortestRoundTrip: roundTrip(leastRoundTrip),
      averageRoundTrip: roundTrip(averageRoundTrip),
      openFor: Duration(microseconds: openFor),
    );
  }
}

extension on rust.Traffic {
  WebSocketTraffic toTraffic() => WebSocketTraffic(
    messages: messages,
    payload: payload,
    payloadOnWire: payloadOnWire,
  );
}
