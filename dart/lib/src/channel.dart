import 'dart:async';

import 'package:meta/meta.dart';
import 'package:stream_channel/stream_channel.dart';
import 'package:web_socket_channel/web_socket_channel.dart';

import 'close_code.dart';
import 'close_info.dart';
import 'connection/connection.dart';
import 'connection/connection_controls.dart';
import 'connection/connector.dart';
import 'connection/message_stream.dart';
import 'connection/request.dart';
import 'connection/stream_sender.dart';
import 'exceptions/connect_exception.dart';
import 'options/web_socket_options.dart';

/// A [WebSocketChannel] implemented in Rust. Its network I/O does not run on
/// this isolate.
///
/// It behaves as `IOWebSocketChannel` does, except that
///
/// - the error of a failed connect is never reported as unhandled;
/// - every future completes;
/// - a paused listener makes the peer wait (TCP backpressure);
/// - a connect that times out closes its socket;
/// - a lost connection has the close code 1006 (RFC 6455 section 7.1.5).
final class RustWebSocketChannel
    with StreamChannelMixin<dynamic>, ConnectionControls
    implements WebSocketChannel {
  /// Starts to connect to [url], a [String] or a [Uri] with the scheme ws or
  /// wss, and returns at once.
  ///
  /// What is added to [sink] before the connection is open is sent when it
  /// opens. If it can't be opened, [ready] and [stream] report the error: a
  /// [WebSocketChannelException] whose `inner` is a [ConnectException]. A
  /// timeout is reported as a [ConnectTimeoutException] without a wrapper.
  ///
  /// - [protocols]: subprotocols to offer, in order of preference (RFC 6455
  ///   section 1.9).
  /// - [headers]: fields to add to the upgrade request; a value is a [String]
  ///   or a list of them.
  /// - [pingInterval]: a ping is sent when nothing was received for this long.
  ///   If nothing is received within `WebSocketOptions.pongTimeout` after it,
  ///   the connection ends with code 1001. Default: no pings.
  /// - [connectTimeout]: limit for the connect, including the handshake.
  ///   Default: none.
  ///
  /// A browser ignores [headers] and [pingInterval]; a page can't set them.
  ///
  /// Throws a [FormatException] if [url] is not a URL, an
  /// [InvalidRequestException] if its scheme is not ws or wss or it has no
  /// host, and an [ArgumentError] for an invalid header, subprotocol or option.
  factory RustWebSocketChannel.connect(
    Object url, {
    Iterable<String>? protocols,
    Map<String, dynamic>? headers,
    Duration? pingInterval,
    Duration? connectTimeout,
    WebSocketOptions options = const WebSocketOptions(),
  }) {
    final request = ConnectionRequest(
      url,
      protocols: protocols,
      headers: headers,
      pingInterval: pingInterval,
      connectTimeout: connectTimeout,
      options: options,
    );
    return RustWebSocketChannel.over(connectorFor(request));
  }

  /// A channel over the connection that [connector] makes.
  @internal
  RustWebSocketChannel.over(Connector connector) {
    _connection = connector(_Listener(this));
  }

  @override
  @internal
  Connection get connection => _connection;
  late final Connection _connection;
  final _ready = Completer<void>();

  late final _messages = MessageStream<dynamic>(
    onFlow: (mayFlow) => _connection.isPaused = !mayFlow,
    // The connection stays open.
    onCancel: () => _connection.discardMessages(),
  );

  @override
  late final WebSocketSink sink = _sink;
  late final _sink = _Sink(this);

  /// The peer's messages in order: a [String] for text, a `Uint8List` for
  /// binary, and with `WebSocketOptions.textAsBytes` for text too. It is a
  /// single-subscription stream. It is done when the connection has ended, and
  /// has an error only if the connection could not be opened.
  ///
  /// Messages are buffered until the stream is listened to, and while its
  /// listener pauses; none is dropped. When 2 MiB are buffered, reading stops
  /// and TCP makes the peer wait. Pongs are not read then either, and a Close
  /// frame or a lost connection is noticed only when reading continues. An app
  /// that only sends therefore calls `stream.drain<void>()`.
  ///
  /// Cancelling the subscription drops buffered and later messages; the
  /// connection stays open. A browser can't make the peer wait: all messages
  /// are buffered.
  @override
  Stream<dynamic> get stream => _messages;

  /// Completes when the connection is open, and with an error if it can't be
  /// opened. Its error is never reported as unhandled.
  @override
  Future<void> get ready => _ready.future;

  /// The subprotocol that the server chose (RFC 6455 section 1.9): null before
  /// the connection is open, '' if the server chose none.
  @override
  String? get protocol => _protocol;
  String? _protocol;

  /// The extensions that the server accepted (RFC 6455 section 9.1), such as
  /// `permessage-deflate`; '' if there are none, and before [ready].
  String get extensions => _extensions;
  String _extensions = '';

  /// The close code (RFC 6455 section 7.1.5) of a connection that the peer or a
  /// fault has ended; null before, and after a close by this side.
  @override
  int? get closeCode => _closeCode;
  int? _closeCode;

  /// The close reason (RFC 6455 section 7.1.6), null when [closeCode] is.
  @override
  String? get closeReason => _closeReason;
  String? _closeReason;

  /// How the connection ended; null before. It is set after a close by this
  /// side too.
  CloseInfo? get closeInfo => _closeInfo;
  CloseInfo? _closeInfo;

  /// Completes with [closeInfo] when the connection has ended: after a close by
  /// this side when the peer has answered, at the latest when
  /// `WebSocketOptions.closeTimeout` has passed.
  ///
  /// If the connection could not be opened, the code is 1006, and
  /// `CloseInfo.error` says why.
  Future<CloseInfo> get ended => _ended.future;
  final _ended = Completer<CloseInfo>();

  void _end(CloseInfo info) {
    _closeInfo = info;
    _ended.complete(info);
  }
}

/// Applies the connection's events to the channel.
final class _Listener implements ConnectionListener {
  _Listener(this._channel);

  final RustWebSocketChannel _channel;

  @override
  void onOpen(String? protocol, {String extensions = ''}) {
    _channel
      .._protocol = protocol ?? ''
      .._extensions = extensions;
    _channel._ready.complete();
  }

  @override
  void onFailed(ConnectException error) {
    final Object reported = error is TimeoutException
        ? error
        : WebSocketChannelException.from(error);
    _channel._ready.future.ignore();
    _channel._ready.completeError(reported);
    _channel._messages.close(reported);
    _channel._end(CloseInfo.notOpened(error));
    _channel._sink._disconnect();
  }

  @override
  void guard(void Function() deliver) => _channel._messages.guard(deliver);

  @override
  void onMessage(Object message) => _channel._messages.add(message);

  @override
  void onClosed(CloseInfo info) {
    _channel._end(info);
    if (!_channel._sink._closedConnection) {
      _channel._closeCode = info.code;
      _channel._closeReason = info.reason;
    }
    _channel._sink._disconnect();
  }

  @override
  void onDone() => _channel._messages.close();
}

/// A sink that behaves as web_socket_channel's does.
final class _Sink implements WebSocketSink {
  _Sink(this._channel);

  final RustWebSocketChannel _channel;
  final _done = Completer<void>();
  StreamSender? _sender;

  /// Whether [close] was called; adding throws then.
  bool _isClosed = false;

  /// Whether the connection has ended or [addError] was called; what is added
  /// is dropped then.
  bool _isDisconnected = false;

  /// Whether this side ended the connection.
  bool _closedConnection = false;

  /// Completes with [close], when the connection has ended, or with the error
  /// that [addError] was called with.
  @override
  Future<void> get done => _done.future;

  @override
  void add(Object? message) {
    _checkOpen();
    _send(message);
  }

  void _send(Object? message) {
    switch (message) {
      case _
          when _isDisconnected && (message is String || message is List<int>):
        // As in web_socket_channel: the stream is done.
        return;
      case final String text:
        _channel._connection.sendText(text);
      case final List<int> bytes:
        _channel._connection.sendBytes(bytes);
      default:
        throw ArgumentError.value(
          message,
          'message',
          'must be a String or a List<int>',
        );
    }
  }

  /// Closes the channel: [done] completes with [error], the stream is done, and
  /// the peer receives a Close frame without a code.
  @override
  void addError(Object error, [StackTrace? stackTrace]) {
    _checkOpen();
    _fail(error, stackTrace);
  }

  void _fail(Object error, StackTrace? stackTrace) {
    if (_isDisconnected) return;
    // It is never reported as unhandled.
    _done.future.ignore();
    _done.completeError(error, stackTrace);
    _closeConnection(null, null);
    _isDisconnected = true;
    _stopSource();
  }

  /// Sends the messages of [stream], and pauses it while more than 1 MiB is
  /// buffered. An error of [stream] is passed to [addError]. The subscription
  /// is cancelled when the connection ends.
  @override
  Future<void> addStream(Stream<dynamic> stream) {
    _checkOpen();
    if (_isDisconnected) return Future.value();
    final sender = _sender = StreamSender(
      _channel._connection,
      send: _send,
      onError: _fail,
    );
    void release() {
      if (_sender == sender) _sender = null;
    }

    try {
      return sender.addStream(stream).whenComplete(release);
    } catch (_) {
      // Such as that it has a listener already.
      release();
      rethrow;
    }
  }

  /// Sends what was added before, then a Close frame with [closeCode] and
  /// [closeReason] (RFC 6455 section 7.4), and ends the stream.
  ///
  /// The future completes when what was added and the Close frame are with the
  /// operating system, or when the connection has ended or could not be opened:
  /// at the latest when `WebSocketOptions.closeTimeout` has passed in which
  /// nothing could be sent. [RustWebSocketChannel.ended] completes when the
  /// peer has answered. It completes with an [ArgumentError] for a code that
  /// must not be sent, or a reason longer than 123 bytes of UTF-8; the
  /// connection is closed nevertheless.
  ///
  /// A browser sends only 1000 and 3000-4999. For another valid code it sends a
  /// Close frame without a code.
  @override
  Future<void> close([int? closeCode, String? closeReason]) {
    if (_sender != null) {
      throw StateError('The sink can\'t be closed during addStream');
    }
    if (_isClosed) return done;
    _isClosed = true;
    try {
      checkChannelCloseCode(closeCode);
      checkCloseReason(closeReason);
    } on ArgumentError catch (error, stackTrace) {
      _closeConnection(null, null);
      return Future.error(error, stackTrace);
    }
    _closeConnection(closeCode, closeReason);
    return done;
  }

  void _closeConnection(int? code, String? reason) {
    if (_isDisconnected) return;
    _closedConnection = true;
    final connection = _channel._connection;
    connection
        .close(code, code == null ? '' : reason ?? '')
        .then((_) => _complete());
    connection.discardMessages();
    _channel._messages.close();
  }

  void _checkOpen() {
    if (_isClosed) throw StateError('The sink is closed');
    if (_sender != null) throw StateError('The sink is in addStream');
  }

  /// The connection has ended.
  void _disconnect() {
    _isDisconnected = true;
    _stopSource();
    _complete();
  }

  void _complete() {
    if (!_done.isCompleted) _done.complete();
  }

  void _stopSource() {
    final sender = _sender;
    // Before the cancellation, which may take long.
    _sender = null;
    sender?.cancel();
  }
}
