/// What a reconnecting channel is made with: the arguments of its `connect`,
/// checked, and how connections are made.
library;

import 'dart:async';
import 'dart:math';

import 'package:clock/clock.dart';

import '../connection/connect_target.dart';
import '../connection/connection.dart';
import '../connection/connector.dart' as platform;
import '../connection/request.dart';
import '../options/reconnect_options.dart';

/// What a `Reconnector` is made with.
final class ReconnectSetup {
  /// Throws an [ArgumentError] for an option that can't be used.
  ReconnectSetup(
    this.request, {
    this.findTarget,
    this.reconnect = const ReconnectOptions(),
    this.refusesOtherProtocols = false,
    this.connectorFor = platform.connectorFor,
    this.connectorDelays = platform.connectorDelays,
    Random? random,
  }) : random = random ?? Random() {
    reconnect.check();
  }

  /// What to connect to and how. [findTarget] replaces its URL, subprotocols
  /// and headers. Its limit is for each attempt and each callback.
  final ConnectionRequest request;

  /// Returns what to connect to with the attempt of that number.
  final FutureOr<ConnectTarget> Function(int attempt)? findTarget;

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
}
