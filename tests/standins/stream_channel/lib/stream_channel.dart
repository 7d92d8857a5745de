/// Stand-in for package:stream_channel: channels, their transformers, and the
/// controller; no isolates, multiplexing or JSON.
library;

import 'dart:async';
import 'dart:convert';

import 'package:async/async.dart';

import 'src/close_guarantee_channel.dart';
import 'src/guarantee_channel.dart';

export 'src/stream_channel_controller.dart';

/// A stream and a sink that are the two directions of one connection.
abstract class StreamChannel<T> {
  /// A channel whose parts keep the promises of a channel by themselves.
  factory StreamChannel(Stream<T> stream, StreamSink<T> sink) =
      _PlainChannel<T>;

  /// A channel that keeps them for its parts: closing the sink ends the stream,
  /// the end of the stream closes the sink, and without [allowSinkErrors] an
  /// error that is added ends both and comes out of `done`.
  factory StreamChannel.withGuarantees(
    Stream<T> stream,
    StreamSink<T> sink, {
    bool allowSinkErrors,
  }) = GuaranteeChannel<T>;

  /// A channel that keeps only this one: after its sink is closed, its stream
  /// emits nothing but done.
  factory StreamChannel.withCloseGuarantee(
    Stream<T> stream,
    StreamSink<T> sink,
  ) = CloseGuaranteeChannel<T>;

  Stream<T> get stream;

  StreamSink<T> get sink;

  /// Connects both directions with those of [other].
  void pipe(StreamChannel<T> other);

  StreamChannel<S> transform<S>(StreamChannelTransformer<S, T> transformer);

  StreamChannel<T> transformStream(StreamTransformer<T, T> transformer);

  StreamChannel<T> transformSink(StreamSinkTransformer<T, T> transformer);

  StreamChannel<T> changeStream(Stream<T> Function(Stream<T>) change);

  StreamChannel<T> changeSink(StreamSink<T> Function(StreamSink<T>) change);

  StreamChannel<S> cast<S>();
}

class _PlainChannel<T> with StreamChannelMixin<T> {
  _PlainChannel(this.stream, this.sink);

  @override
  final Stream<T> stream;

  @override
  final StreamSink<T> sink;
}

/// Everything of a channel but its two parts.
abstract mixin class StreamChannelMixin<T> implements StreamChannel<T> {
  @override
  void pipe(StreamChannel<T> other) {
    stream.pipe(other.sink);
    other.stream.pipe(sink);
  }

  @override
  StreamChannel<S> transform<S>(StreamChannelTransformer<S, T> transformer) =>
      transformer.bind(this);

  @override
  StreamChannel<T> transformStream(StreamTransformer<T, T> transformer) =>
      changeStream(transformer.bind);

  @override
  StreamChannel<T> transformSink(StreamSinkTransformer<T, T> transformer) =>
      changeSink(transformer.bind);

  @override
  StreamChannel<T> changeStream(Stream<T> Function(Stream<T>) change) =>
      StreamChannel.withCloseGuarantee(change(stream), sink);

  @override
  StreamChannel<T> changeSink(StreamSink<T> Function(StreamSink<T>) change) =>
      StreamChannel.withCloseGuarantee(stream, change(sink));

  @override
  StreamChannel<S> cast<S>() {
    final outgoing = StreamController<S>(sync: true);
    outgoing.stream.cast<T>().pipe(sink);
    return StreamChannel(stream.cast(), outgoing);
  }
}

/// Makes a channel of S out of one of T.
class StreamChannelTransformer<S, T> {
  const StreamChannelTransformer(this._stream, this._sink);

  StreamChannelTransformer.fromCodec(Codec<S, T> codec)
    : this(
        codec.decoder,
        StreamSinkTransformer.fromStreamTransformer(codec.encoder),
      );

  final StreamTransformer<T, S> _stream;
  final StreamSinkTransformer<S, T> _sink;

  StreamChannel<S> bind(StreamChannel<T> channel) =>
      StreamChannel.withCloseGuarantee(
        channel.stream.transform(_stream),
        _sink.bind(channel.sink),
      );
}
