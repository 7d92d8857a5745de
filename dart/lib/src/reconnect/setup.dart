/// What a reconnecting channel is made with: the arguments of its `connect`,
/// checked, and how connections are made.
library;

import 'dart:async';
import 'dart:math';

import 'package:clock/clock.dart';

import '../connection/connection.dart';
import '../options.dart';
import '../connection/request.dart';
import 'options.dart';

/// What a `Reconnector` is made with.
final class ReconnectSetup {
  /// Throws an [ArgumentError] for an option that can't be used, and what
  /// `connect` throws for a [target] that can't be used.
  ReconnectSetup({
    this.target,
    this.findTarget,
    this.pingInterval,
    this.connectTimeout,
    this.options = const WebSocketOptions(),
    this.reconnect = const ReconnectOptions(),
    this.refusesOtherProtocols = false,
    required this.connectorFor,
    required this.connectorDelays,
    Random? random,
  }) : random = random ?? Random() {
    reconnect.check();
    requestFor(target ?? const ConnectTarget('ws://localhost'), connectTimeout);
  }

  /// What to connect to; null if [findTarget] tells.
  final ConnectTarget? target;

  /// What to connect to with the attempt of that number.
  final FutureOr<ConnectTarget> Function(int attempt)? findTarget;

  /// Time from the opening or the last pong to the next ping.
  final Duration? pingInterval;

  /// Limit for each attempt, and for each callback.
  final Duration? connectTimeout;

  /// How to keep a connection.
  final WebSocketOptions options;

  /// How to reconnect.
  final ReconnectOptions reconnect;

  /// Whether a subprotocol that was not offered fails the attempt.
  final bool refusesOtherProtocols;

  /// Makes connections.
  final Connector Function(ConnectionRequest request) connectorFor;

  /// Whether a connection waits for the request's delay itself.
  final bool connectorDelays;

  /// Spreads the waits.
  final Random random;

  /// Time that has passed. A test's zone may have a clock of its own; the
  /// system's may be set, so a stopwatch that only runs forward replaces it.
  Duration now() => _stopwatch.elapsed;

  final Stopwatch _stopwatch =
      (identical(clock, const Clock()) ? Stopwatch() : clock.stopwatch())
        ..start();

  /// The request for one attempt.
  ConnectionRequest requestFor(
    ConnectTarget target,
    Duration? connectTimeout, {
    Duration delay = Duration.zero,
  }) => ConnectionRequest(
    ConnectionRequest.parseUrl(target.url),
    protocols: target.protocols,
    headers: target.headers,
    pingInterval: pingInterval,
    connectTimeout: connectTimeout,
    delay: delay,
    options: options,
  );
}
