/// Reduces any number of changes to at most one call per frame.
///
/// A list that is rebuilt for each message can't keep up with a thousand
/// messages a second.
final class FrameThrottle {
  /// Calls [onFrame] after changes, in the callback of [schedule]: at the next
  /// frame, or when a test calls it.
  FrameThrottle(this._schedule, this._onFrame);

  final void Function(void Function() callback) _schedule;
  final void Function() _onFrame;
  bool _isScheduled = false;
  bool _isDisposed = false;

  /// Notes a change.
  void mark() {
    if (_isScheduled || _isDisposed) return;
    _isScheduled = true;
    _schedule(() {
      _isScheduled = false;
      if (!_isDisposed) _onFrame();
    });
  }

  /// Makes no more calls.
  void dispose() => _isDisposed = true;
}
