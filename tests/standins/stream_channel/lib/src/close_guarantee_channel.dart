import 'dart:async';

import 'package:async/async.dart';

import '../stream_channel.dart';

/// See [StreamChannel.withCloseGuarantee].
class CloseGuaranteeChannel<T> with StreamChannelMixin<T> {
  CloseGuaranteeChannel(Stream<T> stream, StreamSink<T> sink) {
    this.stream = _MutedStream(stream, this);
    this.sink = _ClosingSink(sink, this);
  }

  @override
  late final Stream<T> stream;

  @override
  late final StreamSink<T> sink;

  StreamSubscription<T>? _subscription;
  bool _isClosed = false;

  void _mute() {
    _isClosed = true;
    _subscription
      ?..onData(null)
      ..onError(null);
  }
}

class _MutedStream<T> extends Stream<T> {
  _MutedStream(this._inner, this._channel);

  final Stream<T> _inner;
  final CloseGuaranteeChannel<T> _channel;

  @override
  StreamSubscription<T> listen(
    void Function(T)? onData, {
    Function? onError,
    void Function()? onDone,
    bool? cancelOnError,
  }) {
    final muted = _channel._isClosed;
    return _channel._subscription = _inner.listen(
      muted ? null : onData,
      onError: muted ? null : onError,
      onDone: onDone,
      cancelOnError: cancelOnError,
    );
  }
}

class _ClosingSink<T> extends DelegatingStreamSink<T> {
  _ClosingSink(super.sink, this._channel);

  final CloseGuaranteeChannel<T> _channel;

  @override
  Future<dynamic> close() {
    final done = super.close();
    _channel._mute();
    return done;
  }
}
