import 'dart:async';

/// Passes every call on to another sink.
class DelegatingStreamSink<T> implements StreamSink<T> {
  DelegatingStreamSink(StreamSink<T> sink) : _sink = sink;

  final StreamSink<T> _sink;

  @override
  Future<dynamic> get done => _sink.done;

  @override
  void add(T data) => _sink.add(data);

  @override
  void addError(Object error, [StackTrace? stackTrace]) =>
      _sink.addError(error, stackTrace);

  @override
  Future<dynamic> addStream(Stream<T> stream) => _sink.addStream(stream);

  @override
  Future<dynamic> close() => _sink.close();
}

/// Wraps a sink so that what is added to the wrapper reaches it changed.
abstract class StreamSinkTransformer<S, T> {
  const factory StreamSinkTransformer.fromStreamTransformer(
    StreamTransformer<S, T> transformer,
  ) = _StreamTransformerSink<S, T>;

  factory StreamSinkTransformer.fromHandlers({
    void Function(S data, EventSink<T> sink)? handleData,
    void Function(Object error, StackTrace stackTrace, EventSink<T> sink)?
    handleError,
    void Function(EventSink<T> sink)? handleDone,
  }) => _StreamTransformerSink(
    StreamTransformer.fromHandlers(
      handleData: handleData,
      handleError: handleError,
      handleDone: handleDone,
    ),
  );

  StreamSink<S> bind(StreamSink<T> sink);
}

class _StreamTransformerSink<S, T> implements StreamSinkTransformer<S, T> {
  const _StreamTransformerSink(this._transformer);

  final StreamTransformer<S, T> _transformer;

  @override
  StreamSink<S> bind(StreamSink<T> sink) {
    final controller = StreamController<S>(sync: true);
    controller.stream
        .transform(_transformer)
        .listen(
          sink.add,
          onError: sink.addError,
          // A failing close is seen through `done`.
          onDone: () => sink.close().ignore(),
        );
    return _TransformedSink(controller.sink, sink);
  }
}

class _TransformedSink<S> extends DelegatingStreamSink<S> {
  _TransformedSink(super.sink, this._inner);

  final StreamSink<Object?> _inner;

  @override
  Future<dynamic> get done => _inner.done;

  @override
  Future<dynamic> close() {
    super.close().ignore();
    return _inner.done;
  }
}
