/// The one way in which a stream is added to a channel or a socket.
library;

import 'dart:async';

import '../exceptions/send_buffer_full_exception.dart';
import 'connection.dart';

/// Sends the messages of a stream, which is paused while more than 1 MiB is
/// buffered.
final class StreamSender {
  /// A sender that calls [send] for each message.
  ///
  /// [onError] gets the errors of the stream and what [send] throws, but for the
  /// [SendBufferFullException] of a message for which there will be room.
  StreamSender(
    this._connection, {
    required void Function(Object? message) send,
    required void Function(Object error, StackTrace stackTrace) onError,
  }) : _send = send,
       _onError = onError;

  final Connection _connection;
  final void Function(Object? message) _send;
  final void Function(Object error, StackTrace stackTrace) _onError;
  StreamSubscription<dynamic>? _source;
  final _done = Completer<void>.sync();

  /// Listens to [stream]. Completes when it is done, or [cancel] was called and
  /// its subscription is cancelled. May be called once.
  Future<void> addStream(Stream<dynamic> stream) {
    final source = _source = stream.listen(
      _sendMessage,
      onError: _onError,
      onDone: _complete,
    );
    // By an event within `listen`.
    if (_done.isCompleted) unawaited(source.cancel());
    return _done.future;
  }

  /// Cancels the subscription, unless the stream is done.
  void cancel() {
    if (_done.isCompleted) return;
    _done.complete(_source?.cancel());
  }

  void _complete() {
    if (!_done.isCompleted) _done.complete();
  }

  void _sendMessage(Object? message, {bool again = false}) {
    if (_done.isCompleted) return;
    try {
      _send(message);
    } on SendBufferFullException catch (error, stackTrace) {
      // With nothing else buffered it will never fit.
      if (again) return _onError(error, stackTrace);
      _source?.pause(
        _connection.drained(0).then((_) => _sendMessage(message, again: true)),
      );
      return;
    } catch (error, stackTrace) {
      // There is no caller to throw it to.
      return _onError(error, stackTrace);
    }
    _sentUnasked += switch (message) {
      String(:final length) || List(:final length) => length,
      _ => 0,
    };
    if (_sentUnasked < _askMark) return;
    _sentUnasked = 0;
    if (_connection.bufferedAmount > _pauseMark) {
      _source?.pause(_connection.drained(_resumeMark));
    }
  }

  /// What was sent since the connection was asked what is buffered: to ask
  /// after each message would cost more than to send it. What was sent before
  /// the stream counts too.
  int _sentUnasked = _askMark;
  static const _askMark = 64 * 1024;

  /// What may be buffered before the stream has to wait, and when it goes on:
  /// enough to keep the network busy in between.
  static const _pauseMark = 1024 * 1024;
  static const _resumeMark = 256 * 1024;
}
