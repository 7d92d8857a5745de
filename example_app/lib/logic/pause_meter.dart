import 'dart:async';
import 'dart:math';

/// How long this isolate's event loop did not turn: for so long no frame of the
/// user interface could be drawn.
final class PauseMeter {
  /// Measures from now on.
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

  /// Ends, and answers the longest pause.
  Duration stop() {
    _look();
    _timer.cancel();
    return Duration(microseconds: _longest);
  }
}
