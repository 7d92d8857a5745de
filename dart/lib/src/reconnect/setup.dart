/// The checked arguments of a reconnecting channel's `connect`, and the
/// connector to use.
library;

import 'dart:async';
import 'dart:math';

import 'package:clock/clock.dart';

import '../connection/connect_target.dart';
import '../connection/connection.dart';
import '../connection/connector.dart' as platform;
import '../connection/request.dart';
import '../options/reconnect_options.dart';

/// The configuration of a `Reconnector`.
final class ReconnectSetup {
  /// Throws an [ArgumentError] for an invalid option.
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

  /// The request. [findTarget] replaces its URL, subprotocols and headers. Its
  /// timeout applies to each attempt and each callback.
  final ConnectionRequest request;

  /// Returns the target of the attempt with this number.
  final FutureOr<ConnectTarget> Function(int attempt)? findTarget;

  /// How to reconnect.
  final ReconnectOptions reconnect;

  /// Whether a subprotocol that was not offered fails the attempt.
  final bool refusesOtherProtocols;

  /// Makes connections.
  final Connector Function(ConnectionRequest request) connectorFor;

  /// Whether a connection waits for the request's delay itself.
  final bool connectorDelays;

  /// Randomises the waits.
  final Random random;

  /// A monotonic time. The system's clock may be set, so a stopwatch replaces
  /// it; a test's zone may have its own clock.
  Duration now() => _stopwatch.elapsed;

  final Stopwatch _stopwatch =
      (identical(clock, const Clock()) ? Stopwatch() : clock.stopwatch())
        ..start();
}
