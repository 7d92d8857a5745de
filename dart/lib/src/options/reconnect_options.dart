import 'dart:async';

import 'package:meta/meta.dart';

import '../reconnect/decision.dart';
import 'backoff_options.dart';
import 'heartbeat.dart';
import 'queue_options.dart';

/// Options of reconnecting. The defaults suit most apps.
final class ReconnectOptions {
  /// Creates options with these values.
  const ReconnectOptions({
    this.backoff = const BackoffOptions(),
    this.maxAttempts,
    this.maxDuration,
    this.maxRetryAfter = const Duration(minutes: 5),
    this.decide = ReconnectDecision.byDefault,
    this.queue = const QueueOptions(),
    this.onReconnected,
    this.probeTimeout = const Duration(seconds: 3),
    this.heartbeat,
    this.networkChanges,
  });

  /// The wait between attempts.
  final BackoffOptions backoff;

  /// The number of attempts after which to give up, counted since the last
  /// connection that was open for `BackoffOptions.minUptime`. Default: no
  /// limit.
  final int? maxAttempts;

  /// The time after which to give up, counted since that connection was lost.
  /// It also limits the current attempt. Default: no limit.
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
  /// `send` sends a `String` or a `List<int>` at once, without a result. With
  /// `WebSocketOptions.maxBufferedAmount` it may throw as a sink does. Messages
  /// that arrive meanwhile are delivered. When the future completes, queued
  /// messages are sent; after a close before that, their result is
  /// `SendResult.closed`. If it throws or takes longer than the connect
  /// timeout, the attempt fails with a `CallbackException`.
  final FutureOr<void> Function(void Function(Object message) send)?
  onReconnected;

  /// How long nothing may arrive after `resume` or a network change has sent a
  /// [heartbeat] or a ping, before the connection is replaced. It begins, and
  /// begins again, as `Heartbeat.timeout` does. Default: 3 seconds.
  final Duration probeTimeout;

  /// Messages that show whether the peer is still there. Default: none; pings
  /// are sent, except in a browser.
  ///
  /// The first is sent `Heartbeat.interval` after the opening, or after
  /// [onReconnected] has completed. None is sent while the channel is
  /// suspended; `resume` sends one at once.
  final Heartbeat? heartbeat;

  /// An event, whatever it is, for each change of the device's network: such as
  /// `Connectivity().onConnectivityChanged` of package:connectivity_plus.
  ///
  /// At an event an attempt that waits starts at once, one that is connecting
  /// starts again, and an open connection is probed as by `resume`. The events
  /// of the second after an event are handled together, at its end; while
  /// events continue, that pause doubles, up to 30 seconds.
  ///
  /// Nothing happens while the channel is suspended. The channel listens until
  /// it is closed or gives up, so a stream with one subscription serves one
  /// channel. Errors of the stream go to the log of `dart:developer`. Default:
  /// none.
  final Stream<Object?>? networkChanges;

  /// Throws an [ArgumentError] for an invalid value.
  @internal
  void check() {
    backoff.check();
    queue.check();
    heartbeat?.check();
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
