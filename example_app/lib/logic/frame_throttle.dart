/// Turns any number of changes into at most one call a frame.
///
/// A message list that is rebuilt for each message can't keep up with a thousand
/// a second, and nobody could see more than one state a frame anyway.
final class FrameThrottle {
  /// Calls [onFrame] after changes, when [schedule] calls back: at the next
  /// frame of the screen, or when a test says so.
  FrameThrottle(this._schedule, this._onFrame);

  final void Function(void Function() callback) _schedule;
  final void Function() _onFrame;
  bool _isScheduled = false;
  bool _isDisposed = false;

  /// Something has changed.
  void mark() {
    if (_isScheduled || _isDisposed) return;
    _isScheduled = true;
    _schedule(() {
      _isScheduled = false;
      if (!_isDisposed) _onFrame();
    });
  }

  /// Makes no calls any more.
  void dispose() => _isDisposed = true;
}
