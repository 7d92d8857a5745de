import 'package:meta/meta.dart';

import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';
import 'fake_connection.dart';

/// The statistics, round trips and other values that a fake server's clients
/// observe. A test sets them before a connect or while connections are open.
final class FakeControls {
  /// Creates controls with the defaults.
  FakeControls();

  /// The clients' connections that have not ended.
  @internal
  final Set<FakeConnection> connections = {};

  /// The `stats` of each connection. Nothing is counted. Default: zeros.
  WebSocketStats stats = const WebSocketStats();

  /// The result of `ping()`, which completes without this wait. Null means no
  /// pong: `ping()` fails with a `TimeoutException` at once. Default: zero.
  Duration? roundTrip = Duration.zero;

  /// The `bufferedAmount` of each connection, in bytes. Messages arrive in any
  /// case. Lowering it completes `flush()` and adds events to `sendProgress`.
  /// Default: 0.
  ///
  /// Setting it to less than 0 throws a [RangeError].
  int get bufferedAmount => _bufferedAmount;
  int _bufferedAmount = 0;
  set bufferedAmount(int amount) {
    RangeError.checkNotNegative(amount, 'bufferedAmount');
    _bufferedAmount = amount;
    for (final connection in connections.toList()) {
      connection.completeDrains();
    }
  }

  /// The limit of [bufferedAmount] in bytes; a message that would exceed it
  /// throws a `SendBufferFullException`. Default: no limit.
  int? maxBufferedAmount;

  /// Whether each connection receives text as its UTF-8 bytes, as with
  /// `WebSocketOptions.textAsBytes`. Default: false.
  bool textAsBytes = false;

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
