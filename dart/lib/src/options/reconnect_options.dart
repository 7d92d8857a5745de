import 'dart:async';

import 'package:meta/meta.dart';

import '../reconnect/decision.dart';
import 'backoff_options.dart';
import 'queue_options.dart';

/// How to reconnect. Each option has a default that suits most apps.
final class ReconnectOptions {
  /// Options with these values; what is left out keeps its default.
  const ReconnectOptions({
    this.backoff = const BackoffOptions(),
    this.maxAttempts,
    this.maxDuration,
    this.maxRetryAfter = const Duration(minutes: 5),
    this.decide = ReconnectDecision.byDefault,
    this.queue = const QueueOptions(),
    this.onReconnected,
    this.probeTimeout = const Duration(seconds: 3),
  });

  /// How long to wait between attempts.
  final BackoffOptions backoff;

  /// After how many attempts to give up, counted since the last connection that
  /// was open for `BackoffOptions.minUptime`. Default: no limit.
  final int? maxAttempts;

  /// How long to try before giving up, counted since that connection was lost.
  /// It shortens the limit of the current attempt. Default: no limit.
  final Duration? maxDuration;

  /// The longest wait that a server (by `Retry-After`) or [decide] may ask for.
  /// Default: 5 minutes.
  final Duration maxRetryAfter;

  /// Decides whether to connect again after a failure. If it throws, the
  /// channel gives up. Default: [ReconnectDecision.byDefault].
  final ReconnectDecision Function(ConnectionFailure failure) decide;

  /// How messages are queued that are added while there is no connection.
  final QueueOptions queue;

  /// Called for each connection after the first, before queued messages are
  /// sent on it: the place to subscribe again.
  ///
  /// What is given to `send`, a `String` or a `List<int>`, is sent at once and
  /// has no result; with `WebSocketOptions.maxBufferedAmount` it may throw as a
  /// sink does. Messages that arrive meanwhile are delivered. When its future
  /// completes, what waits is sent; a close before that makes it
  /// `SendResult.closed`. When it throws, or takes longer than the connect
  /// timeout, the attempt has failed with a `CallbackException`.
  final FutureOr<void> Function(void Function(Object message) send)?
  onReconnected;

  /// How long after `resume` the peer may take to show that it is still there.
  /// Default: 3 seconds.
  final Duration probeTimeout;

  /// Throws an [ArgumentError] for a value that can't be used.
  @internal
  void check() {
    backoff.check();
    queue.check();
    if (maxAttempts case final attempts? when attempts < 1) {
      throw ArgumentError.value(
        attempts,
        'reconnect.maxAttempts',
        'must be >= 1',
      );
    }
    if (maxDuration case final duration? when duration <= Duration.zero) {
      throw ArgumentError.value(
        duration,
        'reconnect.maxDuration',
        'must be > 0',
      );
    }
    if (maxRetryAfter < Duration.zero) {
      throw ArgumentError.value(
        maxRetryAfter,
        'reconnect.maxRetryAfter',
        'must be >= 0',
      );
    }
    if (probeTimeout <= Duration.zero) {
      throw ArgumentError.value(
        probeTimeout,
        'reconnect.probeTimeout',
        'must be > 0',
      );
    }
  }
}
