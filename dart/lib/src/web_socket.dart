import 'dart:async';
import 'dart:typed_data';

import 'package:meta/meta.dart';
import 'package:web_socket/web_socket.dart';

import 'close_code.dart';
import 'close_info.dart';
import 'connection/connection.dart';
import 'connection/connection_controls.dart';
import 'connection/connector.dart';
import 'connection/message_stream.dart';
import 'connection/request.dart';
import 'exceptions/connect_exception.dart';
import 'options/web_socket_options.dart';

/// A [WebSocket] of `package:web_socket`, implemented in Rust. Its network I/O
/// does not run on this isolate.
final class RustWebSocket with ConnectionControls implements WebSocket {
  /// [readyState] before the connection is open. No socket has this state,
  /// since [connect] completes when the connection is open; it is for code that
  /// compares states.
  static const int connecting = 0;

  /// [readyState] of an open connection.
  static const int open = 1;

  /// [readyState] after a local [close], until the connection has ended.
  static const int closing = 2;

  /// [readyState] of a connection that has ended.
  static const int closed = 3;

  /// Connects to [url], whose scheme must be ws or wss.
  ///
  /// The arguments are those of `RustWebSocketChannel.connect`; a browser
  /// ignores the same ones.
  ///
  /// Throws an [ArgumentError] for another scheme or an invalid argument, a
  /// [ConnectException] if the connection can't be opened, and a
  /// [WebSocketException] if the server chose a subprotocol that was not
  /// offered (RFC 6455 section 4.1).
  static Future<RustWebSocket> connect(
    Uri url, {
    Iterable<String>? protocols,
    Map<String, dynamic>? headers,
    Duration? pingInterval,
    Duration? connectTimeout,
    WebSocketOptions options = const WebSocketOptions(),
  }) async {
    ConnectionRequest.checkScheme(url);
    final request = ConnectionRequest(
      url,
      protocols: protocols,
      headers: headers,
      pingInterval: pingInterval,
      connectTimeout: connectTimeout,
      options: options,
    );
    final socket = await over(connectorFor(request));
    if (socket.protocol.isNotEmpty && !request.offers(socket.protocol)) {
      // RFC 6455 section 4.1: the client must fail the connection.
      unawaited(socket._close(1002, ''));
      throw WebSocketException(ConnectionRequest.protocolNotOffered);
    }
    return socket;
  }

  /// A socket over the connection that [connector] makes, when that is open.
  @internal
  static Future<RustWebSocket> over(Connector connector) =>
      RustWebSocket.opening(connector)._opened.future;

  /// A socket over the connection that [connector] makes, which need not be
  /// open yet.
  @internal
  RustWebSocket.opening(Connector connector) {
    _connection = connector(_Listener(this));
  }

  @override
  @internal
  Connection get connection => _connection;
  late final Connection _connection;
  final _opened = Completer<RustWebSocket>();
  final _ended = Completer<CloseInfo>();

  late final _events = MessageStream<WebSocketEvent>(
    onFlow: (mayFlow) => _connection.isPaused = !mayFlow,
    onCancel: () => _connection.discardMessages(),
  );

  /// The peer's messages in order, then [CloseReceived] unless this side
  /// closed. It has no errors. With `WebSocketOptions.textAsBytes` a text
  /// message is a [BinaryDataReceived] too.
  ///
  /// Messages are buffered until the stream is listened to, and while its
  /// listener pauses, with the limit of `RustWebSocketChannel.stream`.
  @override
  Stream<WebSocketEvent> get events => _events;

  @override
  String get protocol => _protocol;
  String _protocol = '';

  /// The extensions that the server accepted (RFC 6455 section 9.1), such as
  /// `permessage-deflate`; '' if there are none.
  String get extensions => _extensions;
  String _extensions = '';

  /// How the connection ended; null before. It is set after a close by this
  /// side too.
  CloseInfo? get closeInfo => _closeInfo;
  CloseInfo? _closeInfo;

  /// Completes with [closeInfo] when the connection has ended: after [close]
  /// when the peer has answered, at the latest when
  /// `WebSocketOptions.closeTimeout` has passed.
  Future<CloseInfo> get ended => _ended.future;

  bool _isClosed = false;

  /// One of [connecting], [open], [closing] and [closed], as in dart:io and the
  /// browsers.
  int get readyState {
    if (_closeInfo != null) return closed;
    return _isClosed ? closing : open;
  }

  /// Sends a text message. A lone surrogate is sent as U+FFFD.
  ///
  /// Throws [WebSocketConnectionClosed] after a close by either side. What is
  /// sent before the loss of a connection is noticed is dropped.
  ///
  /// [compress] overrides `DeflateOptions.threshold` for this message if the
  /// server agreed to compression. Use false for data that does not become
  /// smaller, or that has a secret beside text that an attacker may choose (RFC
  /// 7692 section 8). Ignored in a browser.
  @override
  void sendText(String s, {bool? compress}) {
    _checkOpen();
    _connection.sendText(s, compress: compress);
  }

  /// Sends a binary message.
  ///
  /// Throws [WebSocketConnectionClosed] after a close by either side. What is
  /// sent before the loss of a connection is noticed is dropped. For [compress]
  /// see [sendText].
  @override
  void sendBytes(Uint8List b, {bool? compress}) {
    _checkOpen();
    _connection.sendBytes(b, compress: compress);
  }

  /// Sends a Close frame and ends [events].
  ///
  /// The future completes when what was sent and the Close frame are with the
  /// operating system, or the connection has ended: at the latest when
  /// `WebSocketOptions.closeTimeout` has passed in which nothing could be sent.
  /// [ended] completes when the peer has answered.
  ///
  /// Throws [WebSocketConnectionClosed] after a close by either side, and an
  /// [ArgumentError] if [code] is neither 1000 nor in the range 3000-4999, or
  /// [reason] is longer than 123 bytes of UTF-8.
  @override
  Future<void> close([int? code, String? reason]) async {
    _checkOpen();
    checkWebSocketCloseCode(code);
    checkCloseReason(reason);
    await _close(code, code == null ? '' : reason ?? '');
  }

  Future<void> _close(int? code, String reason) {
    _isClosed = true;
    final written = _connection.close(code, reason);
    _connection.discardMessages();
    _events.close();
    return written;
  }

  void _checkOpen() {
    if (_isClosed) throw WebSocketConnectionClosed();
  }
}

/// Applies the connection's events to the socket.
final class _Listener implements ConnectionListener {
  _Listener(this._socket);

  final RustWebSocket _socket;

  @override
  void onOpen(String? protocol, {String extensions = ''}) {
    _socket
      .._protocol = protocol ?? ''
      .._extensions = extensions
      .._opened.complete(_socket);
  }

  @override
  void onFailed(ConnectException error) => _socket._opened.completeError(error);

  @override
  void guard(void Function() deliver) => _socket._events.guard(deliver);

  @override
  void onMessage(Object message) {
    _socket._events.add(switch (message) {
      final String text => TextDataReceived(text),
      _ => BinaryDataReceived(message as Uint8List),
    });
  }

  @override
  void onClosed(CloseInfo info) {
    _socket
      .._closeInfo = info
      .._isClosed = true
      .._ended.complete(info);
  }

  @override
  void onDone() {
    final events = _socket._events;
    if (events.isClosed) return;
    final info = _socket._closeInfo!;
    events
      ..guard(() => events.add(CloseReceived(info.code, info.reason)))
      ..close();
  }
}
