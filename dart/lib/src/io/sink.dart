/// The rules of the sink of dart:io's `WebSocket`.
library;

import 'dart:async';
import 'dart:typed_data';

import '../connection/connection.dart';
import '../connection/stream_sender.dart';
import '../connection/utf8_text.dart';

/// The sending side of a `RustIoWebSocket`, over its connection.
final class IoSink {
  /// A sink for [connection], whose futures complete with [socket].
  IoSink(this._connection, this._socket);

  final Connection _connection;
  final Object _socket;
  // Not of a narrower type, which the value of a `catchError` would have to be
  // of.
  final _done = Completer<dynamic>();
  StreamSender? _sender;
  bool _isClosed = false;

  /// After an error and after the end of the connection: what is added is
  /// dropped.
  bool _drops = false;
  bool _hasError = false;

  /// Whether [close] was called.
  bool get isClosed => _isClosed;

  /// Completes with the socket, or with the first error.
  Future<dynamic> get done => _done.future;

  /// Sends a message, or fails with an [ArgumentError].
  void add(Object? message) {
    _checkOpen();
    if (_drops) return;
    try {
      _send(message);
    } on ArgumentError catch (error, stackTrace) {
      _closeForError();
      _completeError(error, stackTrace);
    }
  }

  /// Sends a text that is encoded already.
  void addUtf8Text(List<int> bytes) {
    _checkOpen();
    if (_drops) return;
    final String text;
    try {
      _checkBytes(bytes);
      text = decodeUtf8(bytes);
    } on ArgumentError catch (error, stackTrace) {
      _closeForError();
      return _completeError(error, stackTrace);
    }
    _connection.sendText(text);
  }

  /// Fails with [error].
  void addError(Object error, [StackTrace? stackTrace]) {
    _checkOpen();
    if (_drops) return;
    _drops = true;
    _completeError(error, stackTrace);
  }

  /// Sends the messages of [stream].
  Future<dynamic> addStream(Stream<dynamic> stream) {
    if (_sender != null) {
      throw StateError('StreamSink is already bound to a stream');
    }
    if (_isClosed) throw StateError('StreamSink is closed');
    if (_hasError) return done;
    if (_drops) {
      unawaited(stream.listen(null).cancel());
      return Future<dynamic>.value(_socket);
    }
    (Object, StackTrace)? failure;
    late final StreamSender sender;
    sender = _sender = StreamSender(
      _connection,
      send: (message) {
        try {
          _send(message);
        } on ArgumentError {
          _closeForError();
          rethrow;
        }
      },
      onError: (error, stackTrace) {
        failure ??= (error, stackTrace);
        _release(sender);
        sender.cancel();
      },
    );
    final Future<void> added;
    try {
      added = sender.addStream(stream);
    } catch (_) {
      // Such as that it has a listener already.
      _release(sender);
      rethrow;
    }
    return added.then<dynamic>((_) {
      _release(sender);
      if (failure case (final error, final stackTrace)) {
        Error.throwWithStackTrace(error, stackTrace);
      }
      return _socket;
    });
  }

  /// Sends a Close frame after what was added.
  Future<dynamic> close(int? code, String? reason) {
    if (_sender != null) throw StateError('StreamSink is bound to a stream');
    if (!_isClosed) {
      _isClosed = true;
      _connection
          .close(code, code == null ? '' : reason ?? '')
          // In a later turn, after a Close frame that has already arrived: its
          // code shows when the future completes, as in dart:io.
          .then((_) => Timer.run(_complete));
    }
    return done;
  }

  /// The connection has ended.
  void disconnect() {
    _drops = true;
    final sender = _sender;
    if (sender != null) {
      _release(sender);
      sender.cancel();
    }
    _complete();
  }

  void _send(Object? message) {
    switch (message) {
      case final String text:
        _connection.sendText(text);
      case final List<int> bytes:
        _checkBytes(bytes);
        _connection.sendBytes(bytes);
      case null:
        _connection.sendText('');
      default:
        throw ArgumentError(message);
    }
  }

  static void _checkBytes(List<int> bytes) {
    if (bytes is Uint8List || bytes is Uint8ClampedList) return;
    for (var i = 0; i < bytes.length; i++) {
      final value = bytes[i];
      if (value < 0 || value > 255) {
        throw ArgumentError(
          'List element is not a byte value (value $value at index $i)',
        );
      }
    }
  }

  /// What was added can't be sent: nothing after it is.
  void _closeForError() {
    _drops = true;
    _connection.close(null, '');
  }

  void _checkOpen() {
    if (_isClosed) throw StateError('StreamSink is closed');
    if (_sender != null) throw StateError('StreamSink is bound to a stream');
  }

  /// At once, since a stream may take its time to be cancelled.
  void _release(StreamSender sender) {
    if (_sender == sender) _sender = null;
  }

  void _complete() {
    if (!_done.isCompleted) _done.complete(_socket);
  }

  void _completeError(Object error, StackTrace? stackTrace) {
    if (_done.isCompleted) return;
    _hasError = true;
    _done.completeError(error, stackTrace);
  }
}
