/// Stand-in for package:clock: the time that a zone has.
library;

import 'dart:async';

final Object _key = Object();

/// The clock of the zone; the system's where none was set.
Clock get clock => Zone.current[_key] as Clock? ?? const Clock();

/// Runs [callback] in a zone whose [clock] is [clock].
T withClock<T>(Clock clock, T Function() callback) =>
    runZoned(callback, zoneValues: {_key: clock});

DateTime _systemTime() => DateTime.now();

/// Tells the time.
class Clock {
  /// A clock that asks [time].
  const Clock([DateTime Function() time = _systemTime]) : _time = time;

  final DateTime Function() _time;

  /// The time.
  DateTime now() => _time();

  /// A stopwatch, not started, that runs as this clock does.
  Stopwatch stopwatch() => _ClockStopwatch(this);
}

final class _ClockStopwatch implements Stopwatch {
  _ClockStopwatch(this._clock);

  final Clock _clock;
  Duration _before = Duration.zero;
  DateTime? _start;

  @override
  Duration get elapsed => switch (_start) {
    null => _before,
    final start => _before + _clock.now().difference(start),
  };

  @override
  int get elapsedMicroseconds => elapsed.inMicroseconds;

  @override
  int get elapsedMilliseconds => elapsed.inMilliseconds;

  @override
  int get elapsedTicks => elapsed.inMicroseconds;

  @override
  int get frequency => 1000000;

  @override
  bool get isRunning => _start != null;

  @override
  void start() => _start ??= _clock.now();

  @override
  void stop() {
    _before = elapsed;
    _start = null;
  }

  @override
  void reset() {
    _before = Duration.zero;
    if (isRunning) _start = _clock.now();
  }
}
