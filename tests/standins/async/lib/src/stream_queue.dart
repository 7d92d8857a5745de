import 'dart:async';

/// Takes the events of a stream one by one. The stream is listened to by the
/// first request and paused while no request waits.
class StreamQueue<T> {
  StreamQueue(Stream<T> source) : _events = _EventLog(source);

  StreamQueue._(this._events, this._position);

  final _EventLog<T> _events;
  int _position = 0;
  bool _isClosed = false;

  // Requests run one after another; the first one at once.
  int _waiting = 0;
  Future<void> _turn = Future.value();

  /// Whether there is another event.
  Future<bool> get hasNext =>
      _request(() async => await _events.at(_position) != null);

  /// The next event, which is taken.
  Future<T> get next => _request(_take);

  /// The next event, which stays.
  Future<T> get peek =>
      _request(() async => _valueOf(await _events.at(_position)));

  /// The next [count] events, or fewer if the stream ends.
  Future<List<T>> take(int count) {
    RangeError.checkNotNegative(count, 'count');
    return _request(() async {
      final values = <T>[];
      while (values.length < count && await _events.at(_position) != null) {
        values.add(await _take());
      }
      return values;
    });
  }

  /// Everything that is left; nothing may be requested afterwards.
  Stream<T> get rest {
    _close();
    final controller = StreamController<T>(sync: true);
    controller.onListen = () =>
        _afterRequests(() => _events.forwardTo(controller, _position));
    return controller.stream;
  }

  /// Stops listening: after the requests that wait, or at once.
  Future<dynamic>? cancel({bool immediate = false}) {
    _close();
    return immediate ? _events.cancel() : _afterRequests(_events.cancel);
  }

  /// Lets [callback] take events from a copy, and takes them here too if it
  /// returns true.
  Future<bool> withTransaction(
    Future<bool> Function(StreamQueue<T>) callback,
  ) => _request(() async {
    final copy = StreamQueue._(_events, _position);
    final accepted = await callback(copy);
    if (accepted) _position = copy._position;
    return accepted;
  });

  Future<R> _request<R>(Future<R> Function() body) {
    if (_isClosed) throw StateError('Already cancelled');
    _events.listen();
    final result = _afterRequests(body);
    _waiting++;
    _turn = result.then((_) => _waiting--, onError: (_) => _waiting--);
    return result;
  }

  Future<R> _afterRequests<R>(Future<R> Function() body) =>
      _waiting == 0 ? body() : _turn.then((_) => Future.microtask(body));

  Future<T> _take() async => _valueOf(await _events.at(_position++));

  void _close() {
    if (_isClosed) throw StateError('Already cancelled');
    _isClosed = true;
  }

  static T _valueOf<T>(_Event<T>? event) =>
      event == null ? throw StateError('No elements') : event.value();
}

/// Everything that a stream has emitted so far.
class _EventLog<T> {
  _EventLog(this._source);

  final Stream<T> _source;
  final List<_Event<T>> _seen = [];
  final List<(int, Completer<_Event<T>?>)> _waiting = [];
  bool _isDone = false;

  late final StreamSubscription<T> _subscription = _source.listen(
    (value) => _add(_Event(() => value)),
    onError: (Object error, StackTrace stackTrace) =>
        _add(_Event(() => Error.throwWithStackTrace(error, stackTrace))),
    onDone: _end,
  );

  void listen() => _subscription;

  /// The event at [position], or null if the stream ends before it.
  Future<_Event<T>?> at(int position) {
    if (position < _seen.length) return Future.value(_seen[position]);
    if (_isDone) return Future.value();
    final completer = Completer<_Event<T>?>();
    _waiting.add((position, completer));
    if (_subscription.isPaused) _subscription.resume();
    return completer.future;
  }

  /// Hands [target] the events from [position] on, and those to come.
  Future<void> forwardTo(StreamController<T> target, int position) async {
    for (final event in _seen.skip(position)) {
      try {
        target.add(event.value());
      } catch (error, stackTrace) {
        target.addError(error, stackTrace);
      }
    }
    if (_isDone) return target.close();
    _subscription
      ..onData(target.add)
      ..onError(target.addError)
      ..onDone(target.close);
    target
      ..onPause = _subscription.pause
      ..onResume = _subscription.resume
      ..onCancel = _subscription.cancel;
    if (_subscription.isPaused && !target.isPaused) _subscription.resume();
  }

  Future<void> cancel() {
    final cancelled = _subscription.cancel();
    _end();
    return cancelled;
  }

  void _add(_Event<T> event) {
    _seen.add(event);
    _waiting.removeWhere((waiter) {
      final (position, completer) = waiter;
      if (position >= _seen.length) return false;
      completer.complete(_seen[position]);
      return true;
    });
    if (_waiting.isEmpty) _subscription.pause();
  }

  void _end() {
    _isDone = true;
    for (final (_, completer) in _waiting) {
      completer.complete(null);
    }
    _waiting.clear();
  }
}

class _Event<T> {
  const _Event(this.value);

  /// Returns the value, or throws the error.
  final T Function() value;
}
