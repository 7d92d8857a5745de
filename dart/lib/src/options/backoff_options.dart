import 'dart:math';

import 'package:meta/meta.dart';

/// The wait between attempts: exponential back-off with full jitter, so that
/// clients that lost the same server don't reconnect at the same time.
///
/// The wait before attempt n is a random time between zero and `start *
/// factor^n`, at most [cap].
final class BackoffOptions {
  /// Creates a back-off with these values.
  const BackoffOptions({
    this.start = const Duration(seconds: 1),
    this.factor = 1.3,
    this.cap = const Duration(seconds: 10),
    this.minUptime = const Duration(seconds: 5),
  });

  /// The limit of the first wait. Default: 1 second.
  final Duration start;

  /// The factor by which the limit grows with each attempt; at least 1.
  /// Default: 1.3.
  final double factor;

  /// The limit of every wait; at least [start]. Default: 10 seconds.
  final Duration cap;

  /// How long a connection has to be open to reset the back-off and the limits
  /// of `ReconnectOptions`. So a server that accepts and drops connections does
  /// not end the back-off. Default: 5 seconds.
  final Duration minUptime;

  /// The wait after [waits] earlier ones.
  @internal
  Duration wait(int waits, Random random) {
    final limit = min(
      start.inMicroseconds * pow(factor, waits).toDouble(),
      cap.inMicroseconds.toDouble(),
    );
    return Duration(microseconds: (limit * random.nextDouble()).floor());
  }

  /// Throws an [ArgumentError] for an invalid value.
  @internal
  void check() {
    if (start <= Duration.zero) {
      throw ArgumentError.value(
        start,
        'reconnect.backoff.start',
        'must be > 0',
      );
    }
    if (!(factor >= 1) || factor.isInfinite) {
      throw ArgumentError.value(
        factor,
        'reconnect.backoff.factor',
        'must be >= 1',
      );
    }
    if (cap < start) {
      throw ArgumentError.value(
        cap,
        'reconnect.backoff.cap',
        'must be at least reconnect.backoff.start',
      );
    }
    if (minUptime < Duration.zero) {
      throw ArgumentError.value(
        minUptime,
        'reconnect.backoff.minUptime',
        'must be >= 0',
      );
    }
  }
}
