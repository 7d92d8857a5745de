import 'dart:async';
import 'dart:math';

/// Measures how long this isolate's event loop was blocked, in which no frame
/// could be drawn.
final class PauseMeter {
  /// Starts to measure.
  PauseMeter() {
    _timer = Timer.periodic(const Duration(milliseconds: 1), (_) => _look());
  }

  late final Timer _timer;
  final _sinceLook = Stopwatch()..start();
  int _longest = 0;

  void _look() {
    _longest = max(_longest, _sinceLook.elapsedMicroseconds);
    _sinceLook.reset();
  }

  /// Ends, and returns the longest pause.
  Duration stop() {
    _look();
    _timer.cancel();
    return Duration(microseconds: _longest);
  }
}
