import 'dart:math';

import 'package:meta/meta.dart';

/// How long to wait between attempts: exponential back-off with full jitter, so
/// that clients that lost the same server don't come back all at once.
///
/// The wait before attempt n is a random time between zero and
/// `start * factor^n`, which is cut off at [cap].
final class BackoffOptions {
  /// A back-off with these values; what is left out keeps its default.
  const BackoffOptions({
    this.start = const Duration(seconds: 1),
    this.factor = 1.3,
    this.cap = const Duration(seconds: 10),
    this.minUptime = const Duration(seconds: 5),
  });

  /// The longest that the first wait may be. Default: 1 second.
  final Duration start;

  /// By how much the limit grows with each attempt; at least 1. Default: 1.3.
  final double factor;

  /// The longest that any wait may be; at least [start]. Default: 10 seconds.
  final Duration cap;

  /// How long a connection has to be open for the back-off, and the limits of
  /// `ReconnectOptions`, to begin anew: a server that accepts and drops is not
  /// asked again and again without a pause. Default: 5 seconds.
  final Duration minUptime;

  /// The wait after [waits] others.
  @internal
  Duration wait(int waits, Random random) {
    final limit = min(
      start.inMicroseconds * pow(factor, waits).toDouble(),
      cap.inMicroseconds.toDouble(),
    );
    return Duration(microseconds: (limit * random.nextDouble()).floor());
  }

  /// Throws an [ArgumentError] for a value that can't be used.
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
