import 'dart:async';
import 'dart:io';

import 'package:meta/meta.dart';

import '../close_code.dart';
import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/connection_controls.dart';
import '../connection/connector.dart';
import '../connection/message_stream.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../options/web_socket_options.dart';
import 'compression.dart';
import 'headers.dart';
import 'sink.dart';

/// A [WebSocket] of dart:io that is implemented in Rust and works off this
/// isolate.
///
/// It behaves as dart:io's, except that
///
/// - every future completes;
/// - [readyState] is [closing] after [close], until the connection has ended;
/// - [extensions] has what the server accepted;
/// - a lost connection has the close code 1006 (RFC 6455 section 7.1.5);
/// - a paused listener makes the peer wait, and is not taken for a missing pong;
/// - a message over `WebSocketOptions.maxMessageSize` ends the connection.
final class RustIoWebSocket extends Stream<dynamic>
    with ConnectionControls
    implements WebSocket {
  /// A socket over the connection that [connector] makes.
  RustIoWebSocket._(Connector connector, this._pingInterval) {
    _connection = connector(_Listener(this));
  }

  /// [readyState] before the connection is open. No socket has it, since
  /// [connect] completes when the connection is open.
  static const int connecting = WebSocket.connecting;

  /// [readyState] of an open connection.
  static const int open = WebSocket.open;

  /// [readyState] after [close], until the connection has ended.
  static const int closing = WebSocket.closing;

  /// [readyState] of a connection that has ended.
  static const int closed = WebSocket.closed;

  /// Connects to [url], whose scheme must be ws or wss.
  ///
  /// - [protocols]: subprotocols to offer, in order of preference (RFC 6455
  ///   section 1.9). As with dart:io, the server may choose another one.
  /// - [headers]: fields to add to the upgrade request, each value a [String] or
  ///   a list of them. Those of the handshake itself are ignored.
  /// - [compression]: whether compression is offered, and with which parameters.
  ///   `options.compression` has level and threshold.
  /// - [customClient] can't be used, since no [HttpClient] connects. Use
  ///   `options.tls`, `options.proxy`, [headers] and [connectTimeout].
  /// - [pingInterval], [connectTimeout] and [options] are those of
  ///   `RustWebSocketChannel.connect`.
  ///
  /// Throws a [FormatException] if [url] is not a URL, a [WebSocketException] if
  /// its scheme is not ws or wss or it has no host, and an [ArgumentError] for
  /// another invalid argument. The future completes with a `ConnectException`
  /// if the connection can't be opened, which is a [SocketException], a
  /// [HandshakeException] or a [WebSocketException] where dart:io has one.
  static Future<RustIoWebSocket> connect(
    String url, {
    Iterable<String>? protocols,
    Map<String, dynamic>? headers,
    CompressionOptions compression = CompressionOptions.compressionDefault,
    HttpClient? customClient,
    Duration? pingInterval,
    Duration? connectTimeout,
    WebSocketOptions options = const WebSocketOptions(),
  }) {
    if (customClient != null) {
      throw ArgumentError(
        'can\'t be used, since no HttpClient connects: use options.tls for '
            'certificates, options.proxy for a proxy, headers for cookies and '
            'the user agent, and connectTimeout',
        'customClient',
      );
    }
    final request = ConnectionRequest(
      url,
      protocols: protocols,
      headers: foldedHeaders(headers),
      pingInterval: pingInterval,
      connectTimeout: connectTimeout,
      options: options,
      compression: deflateOptionsOf(compression, options.compression),
      deliversWhileClosing: true,
    );
    return over(connectorFor(request), pingInterval: pingInterval);
  }

  /// A socket over the connection that [connector] makes, once that is open.
  @internal
  static Future<RustIoWebSocket> over(
    Connector connector, {
    Duration? pingInterval,
  }) => RustIoWebSocket._(connector, pingInterval)._opened.future;

  @override
  @internal
  Connection get connection => _connection;
  late final Connection _connection;
  final _opened = Completer<RustIoWebSocket>();
  late final _sink = IoSink(_connection, this);

  late final _messages = MessageStream<dynamic>(
    onFlow: (mayFlow) => _connection.isPaused = !mayFlow,
    onCancel: () => _connection.discardMessages(),
  );

  /// How the connection ended; null before. It is set after a close by this
  /// side too.
  CloseInfo? get closeInfo => _closeInfo;
  CloseInfo? _closeInfo;

  /// Completes with [closeInfo] when the connection has ended: after [close]
  /// when the peer has answered, at the latest when
  /// `WebSocketOptions.closeTimeout` has passed.
  Future<CloseInfo> get ended => _ended.future;
  final _ended = Completer<CloseInfo>();

  /// Whether [closeInfo] shows in [readyState] and [closeCode]: when every
  /// message that arrived before the end was delivered, as in dart:io.
  bool _hasEnded = false;

  /// One of [open], [closing] and [closed].
  @override
  int get readyState {
    if (_hasEnded) return closed;
    return _sink.isClosed ? closing : open;
  }

  /// The close code (RFC 6455 section 7.1.5): the peer's, 1005 if its Close
  /// frame had none, 1006 if there was no such frame, or the one for which this
  /// side failed the connection. Null before the end.
  @override
  int? get closeCode => _hasEnded ? _closeInfo?.code : null;

  /// The reason in the peer's Close frame (RFC 6455 section 7.1.6); null before
  /// the end, and if this side failed the connection.
  @override
  String? get closeReason => switch (_closeInfo) {
    CloseInfo(initiator: CloseInitiator.local, isClean: false) => null,
    final info? when _hasEnded => info.reason,
    _ => null,
  };

  /// The extensions that the server accepted (RFC 6455 section 9.1), such as
  /// `permessage-deflate`; '' if there are none.
  @override
  String get extensions => _extensions;
  String _extensions = '';

  /// The subprotocol that the server chose (RFC 6455 section 1.9); null if it
  /// chose none.
  @override
  String? get protocol => _protocol;
  String? _protocol;

  /// A ping is sent when nothing was received for this long, counted at first
  /// from when it was set. Unlike in dart:io, whatever is received counts as
  /// the answer. If nothing is received within `WebSocketOptions.pongTimeout`,
  /// by default this interval, the connection ends with code 1001. Null sends
  /// no pings.
  ///
  /// It may be set at any time; after the end it does not change. An interval
  /// that is not positive leaves no time for a pong, and ends the connection.
  @override
  Duration? get pingInterval => _pingInterval;
  @override
  set pingInterval(Duration? interval) {
    if (_closeInfo != null) return;
    _pingInterval = interval;
    _connection.setPingInterval(interval);
  }

  Duration? _pingInterval;

  /// Listens to the messages of the peer, in order: a [String] for text, a
  /// `Uint8List` for binary, and with `WebSocketOptions.textAsBytes` for text
  /// too. It is a single-subscription stream, without errors, which is done when
  /// the connection has ended.
  ///
  /// Messages wait until it is called and while the listener pauses, and the
  /// peer waits too when 2 MiB wait. Cancelling the subscription drops the
  /// messages; the connection stays open. [close] without a listener drops them
  /// as well, and nothing can listen after it.
  @override
  StreamSubscription<dynamic> listen(
    void Function(dynamic message)? onData, {
    Function? onError,
    void Function()? onDone,
    bool? cancelOnError,
  }) => _messages.listen(
    onData,
    onError: onError,
    onDone: onDone,
    cancelOnError: cancelOnError,
  );

  /// Sends a [String] as text, and a list of bytes as binary. Null is an empty
  /// text. After the peer has closed it does nothing.
  ///
  /// Anything else, and a list with a value that is no byte, ends the
  /// connection: [done] completes with an [ArgumentError], and what is added
  /// after it is dropped.
  ///
  /// Throws a [StateError] after [close] and during [addStream].
  @override
  void add(Object? data) => _sink.add(data);

  /// Sends [bytes], which must be UTF-8, as text; see [add].
  ///
  /// Throws a [FormatException] if they are not UTF-8.
  @override
  void addUtf8Text(List<int> bytes) => _sink.addUtf8Text(bytes);

  /// Completes [done] with [error]. What is added after it is dropped; the
  /// connection stays open.
  @override
  void addError(Object error, [StackTrace? stackTrace]) =>
      _sink.addError(error, stackTrace);

  /// Sends the messages of [stream], which is paused while more than 1 MiB is
  /// buffered. The subscription is cancelled when the connection ends.
  ///
  /// The future completes with the error of [stream] if it has one; its
  /// subscription is cancelled then, and the connection stays open.
  ///
  /// Throws a [StateError] after [close] and during another call.
  @override
  Future<dynamic> addStream(Stream<dynamic> stream) => _sink.addStream(stream);

  /// Completes with this socket when [close] does or the connection has ended,
  /// and with the error that [add] or [addError] had before.
  @override
  Future<dynamic> get done => _sink.done;

  /// Sends what was added before, then a Close frame with [code] and [reason]
  /// (RFC 6455 section 7.4). A reason without a code is dropped. Only the first
  /// call has an effect.
  ///
  /// The future completes when what was added and the Close frame are with the
  /// operating system, or the connection has ended. Messages are delivered until the peer's Close frame,
  /// for which the stream waits at most `WebSocketOptions.closeTimeout`.
  ///
  /// Throws a [WebSocketException] for a code that is not among 1000-1003,
  /// 1007-1011 and 3000-4999, an [ArgumentError] for a reason of more than 123
  /// bytes of UTF-8, and a [StateError] during [addStream].
  @override
  Future<dynamic> close([int? code, String? reason]) {
    if (!_mayBeSent(code)) {
      throw WebSocketException('Reserved status code $code');
    }
    if (code != null) checkCloseReason(reason);
    final done = _sink.close(code, reason);
    if (!_messages.hasListener && !_messages.isClosed) _drop();
    return done;
  }

  /// Reads on, so that the peer's Close frame is seen.
  void _drop() {
    try {
      _messages.listen(null);
    } on StateError {
      // It was listened to, and cancelled: the messages are dropped already.
    }
  }

  static bool _mayBeSent(int? code) => switch (code) {
    null => true,
    >= 1000 && <= 1003 || >= 1007 && <= 1011 || >= 3000 && <= 4999 => true,
    _ => false,
  };
}

/// Passes on what happens to the connection.
final class _Listener implements ConnectionListener {
  _Listener(this._socket);

  final RustIoWebSocket _socket;

  @override
  void onOpen(String? protocol, {String extensions = ''}) {
    _socket
      .._protocol = protocol == '' ? null : protocol
      .._extensions = extensions
      .._opened.complete(_socket);
  }

  @override
  void onFailed(ConnectException error) => _socket._opened.completeError(error);

  @override
  void guard(void Function() deliver) => _socket._messages.guard(deliver);

  @override
  void onMessage(Object message) => _socket._messages.add(message);

  @override
  void onClosed(CloseInfo info) {
    _socket
      .._closeInfo = info
      .._ended.complete(info)
      // Messages that wait are delivered before it shows, if to anybody.
      .._hasEnded = !_socket._messages.hasListener
      .._sink.disconnect();
  }

  @override
  void onDone() {
    _socket
      .._hasEnded = true
      .._messages.close();
  }
}
