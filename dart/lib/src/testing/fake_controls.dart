import 'package:meta/meta.dart';

import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';
import 'fake_connection.dart';

/// What the clients of a fake server see of their connections, beside messages.
/// A test sets it before a connect, or while connections are open.
final class FakeControls {
  /// Controls with the defaults.
  FakeControls();

  /// The clients' connections that are open or not open yet.
  @internal
  final Set<FakeConnection> connections = {};

  /// What a connection's `stats` are. Nothing is counted. Default: zeros.
  WebSocketStats stats = const WebSocketStats();

  /// What a `ping()` completes with, which takes no such time. With null there
  /// is no pong: it has a `TimeoutException` at once. Default: zero.
  Duration? roundTrip = Duration.zero;

  /// What a connection's `bufferedAmount` is, in bytes. Messages arrive
  /// whatever it is; setting it to less completes a `flush()` and moves
  /// `sendProgress`. Default: 0.
  ///
  /// Throws a [RangeError] if it is less than 0.
  int get bufferedAmount => _bufferedAmount;
  int _bufferedAmount = 0;
  set bufferedAmount(int amount) {
    RangeError.checkNotNegative(amount, 'bufferedAmount');
    _bufferedAmount = amount;
    for (final connection in connections.toList()) {
      connection.completeDrains();
    }
  }

  /// A message that would make [bufferedAmount] more than this is refused with
  /// a `SendBufferFullException`. Default: none is.
  int? maxBufferedAmount;

  /// Adds an event to the `receiveProgress` of each connection.
  void addReceiveProgress(ReceiveProgress progress) {
    for (final connection in connections) {
      connection.progressEvents.add(progress);
    }
  }

  /// Adds an event to the `trace` of each connection.
  void addTrace(TraceEvent event) {
    for (final connection in connections) {
      connection.traceEvents.add(event);
    }
  }
}
