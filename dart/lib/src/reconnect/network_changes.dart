/// The app's stream of network changes, which may be anything.
library;

import 'dart:async';
import 'dart:developer' as developer;

import '../timer_limit.dart';

/// Calls [_onChange] for the events of a stream.
///
/// A phone that changes its network has several events in a row. So after a
/// call there is none for a second; the events of that second are one call at
/// its end. The pause doubles as long as events continue, up to 30 seconds: a
/// stream that never stops must not prevent every attempt.
final class NetworkChanges {
  /// Listens to [events]. Throws what its `listen` throws.
  NetworkChanges(Stream<Object?> events, this._onChange) {
    _subscription = events.listen((_) => _onEvent(), onError: _log);
  }

  final void Function() _onChange;
  late final StreamSubscription<Object?> _subscription;

  /// Ends the pause after a call.
  Timer? _timer;
  Duration _pause = _shortest;
  bool _hasChanged = false;

  static const _shortest = Duration(seconds: 1);
  static const _longest = Duration(seconds: 30);

  /// Ignores events until [resume], and has no timer.
  void pause() {
    _timer?.cancel();
    _timer = null;
    _hasChanged = false;
    _pause = _shortest;
    _isPaused = true;
  }

  /// Ends [pause].
  void resume() => _isPaused = false;

  bool _isPaused = false;

  void _onEvent() {
    if (_isPaused) return;
    if (_timer != null) {
      _hasChanged = true;
      return;
    }
    _call();
  }

  void _call() {
    _timer = Timer(timerLimit(_pause), _endPause);
    _onChange();
  }

  void _endPause() {
    _timer = null;
    if (!_hasChanged) {
      _pause = _shortest;
      return;
    }
    _hasChanged = false;
    final longer = _pause * 2;
    _pause = longer < _longest ? longer : _longest;
    _call();
  }

  /// Makes no more calls.
  void cancel() {
    _timer?.cancel();
    // The stream is the app's: an error of its `onCancel` is not the channel's.
    Future.sync(_subscription.cancel).then((_) {}, onError: _log);
  }

  static void _log(Object error, StackTrace stackTrace) => developer.log(
    'The stream of network changes has failed',
    name: 'rust_web_socket',
    error: error,
    stackTrace: stackTrace,
  );
}
