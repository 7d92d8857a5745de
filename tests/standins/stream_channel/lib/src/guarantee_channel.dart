import 'dart:async';

import '../stream_channel.dart';

/// See [StreamChannel.withGuarantees].
class GuaranteeChannel<T> with StreamChannelMixin<T> {
  GuaranteeChannel(
    this._source,
    StreamSink<T> sink, {
    bool allowSinkErrors = true,
  }) {
    this.sink = _sink = _GuaranteeSink(sink, this, allowSinkErrors);
    if (_source.isBroadcast) _listen();
  }

  final Stream<T> _source;

  // Lets the stream end before its source does, and the source be followed
  // after the listener has gone.
  late final StreamController<T> _controller = StreamController(
    onListen: _listen,
    sync: true,
  );
  StreamSubscription<T>? _subscription;
  bool _isCut = false;
  late final _GuaranteeSink<T> _sink;

  @override
  Stream<T> get stream => _controller.stream;

  @override
  late final StreamSink<T> sink;

  void _listen() {
    if (_isCut) return;
    _subscription ??= _source.listen(
      _controller.add,
      onError: _controller.addError,
      onDone: () {
        _sink._disconnect();
        _controller.close();
      },
    );
  }

  /// Ends the stream because the sink was closed.
  void _cut() {
    _isCut = true;
    _subscription?.cancel();
    _controller.close();
  }
}

class _GuaranteeSink<T> implements StreamSink<T> {
  _GuaranteeSink(this._inner, this._channel, this._allowErrors);

  final StreamSink<T> _inner;
  final GuaranteeChannel<T> _channel;
  final bool _allowErrors;
  final Completer<void> _done = Completer();
  bool _isClosed = false;
  bool _isDisconnected = false;

  // The stream that is being added, if any.
  StreamSubscription<T>? _adding;
  Completer<void>? _added;

  @override
  Future<void> get done => _done.future;

  @override
  void add(T data) {
    _requireUsable();
    if (!_isDisconnected) _inner.add(data);
  }

  @override
  void addError(Object error, [StackTrace? stackTrace]) {
    _requireUsable();
    if (!_isDisconnected) _forwardError(error, stackTrace);
  }

  @override
  Future<void> addStream(Stream<T> stream) {
    _requireUsable();
    if (_isDisconnected) return Future.value();
    final added = _added = Completer.sync();
    _adding = stream.listen(
      _inner.add,
      onError: _forwardError,
      onDone: added.complete,
    );
    return added.future.then((_) {
      _added = null;
      _adding = null;
    });
  }

  @override
  Future<void> close() {
    if (_adding != null) throw StateError('A stream is being added.');
    if (_isClosed) return done;
    _isClosed = true;
    if (!_isDisconnected) {
      _channel._cut();
      _done.complete(_inner.close());
    }
    return done;
  }

  void _forwardError(Object error, [StackTrace? stackTrace]) {
    if (_allowErrors) return _inner.addError(error, stackTrace);
    _done.completeError(error, stackTrace);
    _disconnect();
    _channel._cut();
    // The error above is the one to see.
    _inner.close().ignore();
  }

  /// Drops what is added from now on.
  void _disconnect() {
    _isDisconnected = true;
    if (!_done.isCompleted) _done.complete();
    _added?.complete(_adding!.cancel());
    _added = null;
    _adding = null;
  }

  void _requireUsable() {
    if (_isClosed) throw StateError('The sink is closed.');
    if (_adding != null) throw StateError('A stream is being added.');
  }
}
