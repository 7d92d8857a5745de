import 'dart:async';
import 'dart:io';

import 'process.dart';

/// Builds frames as an app does: each takes a fixed amount of work, and has to
/// be ready when the next is due.
final class FrameLoop {
  /// A frame each [_period] with work of [_work], both in microseconds.
  const FrameLoop(this._period, this._work);

  /// 8 of 16.7 milliseconds.
  const FrameLoop.of60Hertz() : this(16667, 8000);

  final int _period;
  final int _work;

  /// Builds frames until [isOver] returns true. Returns the part of them that
  /// was ready in time. A late frame drops those that are due before it is
  /// ready.
  Future<double> run(bool Function() isOver) async {
    final clock = Stopwatch()..start();
    var due = 0, inTime = 0;
    while (!isOver()) {
      // Dart's timers have milliseconds, and round down.
      final wait = due * _period - clock.elapsedMicroseconds;
      await Future<void>.delayed(Duration(milliseconds: (wait + 999) ~/ 1000));
      _build();
      final next = clock.elapsedMicroseconds ~/ _period + 1;
      if (next == due + 1) inTime++;
      due = next;
    }
    return inTime / due;
  }

  /// Works for a fixed processor time, which takes longer if another thread of
  /// the client needs the core. Windows has no clock for it.
  void _build() {
    final clock = Stopwatch()..start();
    double now() => Platform.isWindows
        ? clock.elapsedMicroseconds.toDouble()
        : threadTime();
    final end = now() + _work;
    while (now() < end) {}
  }
}
