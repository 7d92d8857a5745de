import 'dart:async';
import 'dart:collection';

import 'package:clock/clock.dart';

/// Time that a test controls: timers and microtasks of [run] wait for [elapse],
/// and package:clock has this time.
final class FakeTime {
  /// The elapsed time.
  Duration now = Duration.zero;

  final List<_Timer> _timers = [];
  final Queue<void Function()> _microtasks = Queue();

  /// The number of pending timers.
  int get pendingTimers => _timers.length;

  /// The longest duration of a timer so far.
  Duration longestTimer = Duration.zero;

  /// Uncaught errors.
  final List<Object> unhandled = [];

  late final Zone _zone = withClock(
    Clock(() => DateTime.utc(2026).add(now)),
    _fork,
  );

  Zone _fork() => Zone.current.fork(
    specification: ZoneSpecification(
      createTimer: (self, parent, zone, duration, callback) {
        if (duration > longestTimer) longestTimer = duration;
        final timer = _Timer(this, now + duration, callback);
        _timers.add(timer);
        return timer;
      },
      scheduleMicrotask: (self, parent, zone, microtask) =>
          _microtasks.add(microtask),
      handleUncaughtError: (self, parent, zone, error, stackTrace) =>
          unhandled.add(error),
    ),
  );

  /// Runs [body] in this time, and its microtasks.
  T run<T>(T Function() body) {
    final result = _zone.run(body);
    _runMicrotasks();
    return result;
  }

  /// Advances the time by [duration], and runs due timers in order.
  void elapse(Duration duration) {
    final end = now + duration;
    _runMicrotasks();
    while (true) {
      _Timer? next;
      for (final timer in _timers) {
        if (timer.due <= end && (next == null || timer.due < next.due)) {
          next = timer;
        }
      }
      if (next == null) break;
      _timers.remove(next);
      if (next.due > now) now = next.due;
      next.callback();
      _runMicrotasks();
    }
    now = end;
  }

  /// Runs due timers and microtasks.
  void settle() => elapse(Duration.zero);

  void _runMicrotasks() {
    for (var count = 0; _microtasks.isNotEmpty; count++) {
      if (count > 1000000) throw StateError('Microtasks without an end');
      _microtasks.removeFirst()();
    }
  }
}

final class _Timer implements Timer {
  _Timer(this._time, this.due, this.callback);

  final FakeTime _time;
  final Duration due;
  final void Function() callback;

  @override
  void cancel() => _time._timers.remove(this);

  @override
  bool get isActive => _time._timers.contains(this);

  @override
  int get tick => isActive ? 0 : 1;
}
