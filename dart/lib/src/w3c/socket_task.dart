import 'dart:async';

import '../connection/connector.dart';
import 'dom_exception.dart';
import 'event.dart';
import 'web_socket.dart';

/// Starts to connect to [url], and returns at once.
///
/// - [header]: fields to add to the upgrade request; a value is a [String] or a
///   list of them.
/// - [protocols]: subprotocols to offer, in order of preference.
/// - [timeout]: limit for the connect, including the handshake. Default: none.
///
/// Throws a `SyntaxError` of `w3c.dart` for an invalid URL or subprotocol, and
/// an [ArgumentError] for an invalid header or timeout.
SocketTask connectSocket({
  required String url,
  Map<String, Object?>? header,
  List<String>? protocols,
  Duration? timeout,
}) => SocketTask(
  WebSocket.over(
    connectorFor,
    url,
    protocols,
    headers: header,
    connectTimeout: timeout,
  ),
);

/// A connection with the mini-programs' interface: handlers are registered, and
/// each call reports its result with callbacks.
///
/// No call throws, and callbacks run after the call has returned. The events
/// are those of `w3c.dart`; the data of a binary message is a `ByteBuffer`.
final class SocketTask {
  /// Creates a task over [_socket], and sets its `binaryType`.
  SocketTask(this._socket) {
    _socket.binaryType = 'arraybuffer';
  }

  /// [readyState] before the connection is open.
  static const int CONNECTING = WebSocket.CONNECTING;

  /// [readyState] of an open connection.
  static const int OPEN = WebSocket.OPEN;

  /// [readyState] after [close], until the connection has ended.
  static const int CLOSING = WebSocket.CLOSING;

  /// [readyState] of a connection that has ended or failed to open.
  static const int CLOSED = WebSocket.CLOSED;

  final WebSocket _socket;

  /// [CONNECTING], [OPEN], [CLOSING] or [CLOSED].
  int get readyState => _socket.readyState;

  /// Calls [listener] when the connection is open.
  void onOpen(void Function(Event event) listener) =>
      _socket.onOpen.listen(listener);

  /// Calls [listener] for each message.
  void onMessage(void Function(MessageEvent event) listener) =>
      _socket.onMessage.listen(listener);

  /// Calls [listener] when the connection could not be opened or has failed.
  void onError(void Function(ErrorEvent event) listener) =>
      _socket.onError.listen(listener);

  /// Calls [listener] when the connection is closed, after a failure too.
  void onClose(void Function(CloseEvent event) listener) =>
      _socket.onClose.listen(listener);

  /// Sends [data]: a [String] as text; `TypedData`, a `ByteBuffer` or a list of
  /// bytes as binary.
  ///
  /// Calls [success] when it is queued, or [fail] when the connection is not
  /// open or [data] has another type; then [complete] in both cases.
  void send({
    required Object data,
    void Function(SocketTaskResult result)? success,
    void Function(SocketTaskResult result)? fail,
    void Function(SocketTaskResult result)? complete,
  }) => _call(
    'sendSocketMessage',
    () {
      if (readyState != OPEN) {
        throw const InvalidStateError('SocketTask.readyState is not OPEN');
      }
      _socket.send(data);
    },
    success: success,
    fail: fail,
    complete: complete,
  );

  /// Sends a Close frame with [code] (1000 or 3000-4999) and [reason] (at most
  /// 123 bytes of UTF-8). Before the connection is open it cancels the connect.
  ///
  /// Calls [success] when the close has started, or [fail] when the connection
  /// has ended or an argument is invalid; then [complete] in both cases.
  void close({
    int code = 1000,
    String reason = '',
    void Function(SocketTaskResult result)? success,
    void Function(SocketTaskResult result)? fail,
    void Function(SocketTaskResult result)? complete,
  }) => _call(
    'closeSocket',
    () {
      if (readyState >= CLOSING) {
        throw const InvalidStateError('SocketTask.readyState is not OPEN');
      }
      _socket.close(code, reason);
    },
    success: success,
    fail: fail,
    complete: complete,
  );

  void _call(
    String name,
    void Function() action, {
    void Function(SocketTaskResult result)? success,
    void Function(SocketTaskResult result)? fail,
    void Function(SocketTaskResult result)? complete,
  }) {
    var outcome = success;
    var message = '$name:ok';
    try {
      action();
    } on DomException catch (error) {
      outcome = fail;
      message = '$name:fail ${error.message}';
    } on ArgumentError catch (error) {
      outcome = fail;
      message = '$name:fail ${error.name} ${error.message}';
    }
    final result = SocketTaskResult(message);
    scheduleMicrotask(() {
      try {
        outcome?.call(result);
      } finally {
        complete?.call(result);
      }
    });
  }
}

/// The result of a call on a [SocketTask].
final class SocketTaskResult {
  /// Creates a result in the mini-programs' format.
  const SocketTaskResult(this.errMsg);

  /// `sendSocketMessage:ok`, or `sendSocketMessage:fail` and the cause.
  final String errMsg;
}
