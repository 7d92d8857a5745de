import 'dart:async';

/// A single-subscription stream without a buffer, for a source that can hold
/// messages back.
///
/// The source adds messages only while the listener is not paused. So the
/// stream saves most of the work of a [StreamController] for each message, and
/// enters the listener's zone once per batch.
final class MessageStream<T> extends Stream<T> {
  /// Creates a stream that calls [onFlow] when messages may be added or no
  /// longer may, and [onCancel] when its subscription is cancelled.
  MessageStream({
    required void Function(bool mayFlow) onFlow,
    required void Function() onCancel,
  }) : _onFlow = onFlow,
       _onCancel = onCancel;

  final void Function(bool mayFlow) _onFlow;
  final void Function() _onCancel;
  _MessageSubscription<T>? _subscription;
  Object? _error;
  bool _isClosed = false;

  /// Whether it is listened to; not after a cancel or the end.
  bool get hasListener => _subscription?._isOver == false;

  /// Whether [close] was called.
  bool get isClosed => _isClosed;

  /// Delivers a message to the listener. May be called only within [guard], and
  /// not while the listener is paused.
  void add(T message) => _subscription!._onData(message);

  /// Runs [deliver] in the listener's zone, which handles the listener's
  /// errors; an error ends [deliver]. Does nothing without a listener.
  void guard(void Function() deliver) {
    final subscription = _subscription;
    if (subscription == null || subscription._isOver) return;
    subscription._zone.runGuarded(deliver);
  }

  /// Ends the stream, after [error] if there is one, as soon as there is a
  /// listener that is not paused.
  void close([Object? error]) {
    if (_isClosed) return;
    _isClosed = true;
    _error = error;
    _subscription?._scheduleEnd();
  }

  @override
  StreamSubscription<T> listen(
    void Function(T message)? onData, {
    Function? onError,
    void Function()? onDone,
    bool? cancelOnError,
  }) {
    if (_subscription != null) {
      throw StateError('Stream has already been listened to.');
    }
    final subscription = _subscription =
        _MessageSubscription<T>(this, cancelOnError ?? false)
          ..onData(onData)
          ..onError(onError)
          ..onDone(onDone);
    if (_isClosed) subscription._scheduleEnd();
    _onFlow(true);
    return subscription;
  }
}

final class _MessageSubscription<T> implements StreamSubscription<T> {
  _MessageSubscription(this._stream, this._cancelsOnError);

  final MessageStream<T> _stream;
  final bool _cancelsOnError;
  final Zone _zone = Zone.current;

  late void Function(T message) _onData;
  void Function(Object error, StackTrace stackTrace)? _onError;
  void Function()? _onDone;

  int _pauses = 0;
  bool _isOver = false;
  bool _endIsScheduled = false;

  @override
  void onData(void Function(T message)? handleData) =>
      _onData = handleData == null
      ? _ignore
      : _zone.registerUnaryCallback<void, T>(handleData);

  static void _ignore(Object? message) {}

  @override
  void onError(Function? handleError) {
    _onError = switch (handleError) {
      null => null,
      final void Function(Object, StackTrace) both =>
        _zone.registerBinaryCallback<void, Object, StackTrace>(both),
      final void Function(Object) one => _ignoreStackTrace(
        _zone.registerUnaryCallback<void, Object>(one),
      ),
      _ => throw ArgumentError.value(
        handleError,
        'onError',
        'must take an error, and may take a stack trace',
      ),
    };
  }

  static void Function(Object, StackTrace) _ignoreStackTrace(
    void Function(Object) handler,
  ) =>
      (error, _) => handler(error);

  @override
  void onDone(void Function()? handleDone) => _onDone = handleDone == null
      ? null
      : _zone.registerCallback<void>(handleDone);

  @override
  bool get isPaused => _pauses > 0;

  @override
  void pause([Future<void>? resumeSignal]) {
    if (_isOver) return;
    _pauses++;
    if (_pauses == 1) _stream._onFlow(false);
    resumeSignal?.whenComplete(resume);
  }

  @override
  void resume() {
    if (_isOver || _pauses == 0) return;
    _pauses--;
    if (_pauses > 0) return;
    _stream._onFlow(true);
    if (_stream._isClosed) _scheduleEnd();
  }

  @override
  Future<void> cancel() {
    if (!_isOver) {
      _isOver = true;
      _stream._onCancel();
    }
    return Future.value();
  }

  @override
  Future<E> asFuture<E>([E? futureValue]) {
    if (futureValue is! E) throw ArgumentError.notNull('futureValue');
    final result = Completer<E>();
    onDone(() => result.complete(futureValue));
    onError((Object error, StackTrace stackTrace) {
      unawaited(cancel());
      result.completeError(error, stackTrace);
    });
    return result.future;
  }

  /// In a microtask, so that no listener is called within its own call of
  /// `listen`, `resume` or `close`.
  void _scheduleEnd() {
    if (_endIsScheduled) return;
    _endIsScheduled = true;
    scheduleMicrotask(_end);
  }

  void _end() {
    _endIsScheduled = false;
    if (_isOver || isPaused) return;
    if (_stream._error case final error?) {
      _stream._error = null;
      if (_cancelsOnError) _isOver = true;
      _zone.runGuarded(() => _handleError(error));
      // The handler may have paused.
      if (!_isOver && !isPaused) _end();
      return;
    }
    _isOver = true;
    if (_onDone case final onDone?) _zone.runGuarded(onDone);
  }

  void _handleError(Object error) {
    final onError = _onError;
    if (onError == null) {
      _zone.handleUncaughtError(error, StackTrace.empty);
    } else {
      onError(error, StackTrace.empty);
    }
  }
}
