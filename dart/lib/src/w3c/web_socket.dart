import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:meta/meta.dart';

import '../close_code.dart';
import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/connector.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import 'dom_exception.dart';
import 'event.dart';

/// The browsers' `WebSocket` with dart:html's interface, implemented in Rust.
/// Section numbers are those of the WHATWG's WebSockets Standard.
///
/// Each event has its own event-loop turn, reaches the current listeners, and
/// sees the [readyState] that the standard requires. The streams are broadcast
/// streams that never end. Pausing a subscription does not make the server
/// wait.
///
/// Differences from a browser: there is no `sendBlob`, [binaryType] has typed
/// data in place of blobs, and an error event has its cause.
final class WebSocket {
  /// Starts to connect to [url], and returns at once.
  ///
  /// The scheme is ws or wss; http and https are converted to them. [protocols]
  /// is one subprotocol to offer, or an `Iterable<String>` in order of
  /// preference. If the server chooses none of them, the connection fails
  /// (section 2).
  ///
  /// Throws a [SyntaxError] if [url] is not an absolute URL with such a scheme
  /// or has a fragment, and for a subprotocol that is not an HTTP token or is
  /// offered twice.
  WebSocket(String url, [Object? protocols])
    : this.over(connectorFor, url, protocols);

  /// Creates a socket over any connection, with options that the standard
  /// lacks.
  @internal
  WebSocket.over(
    Connector Function(ConnectionRequest request) connector,
    String url,
    Object? protocols, {
    Map<String, Object?>? headers,
    Duration? connectTimeout,
  }) : _url = _parseUrl(url),
       _offered = _parseProtocols(protocols) {
    final request = ConnectionRequest(
      _url,
      protocols: _offered,
      headers: headers,
      connectTimeout: connectTimeout,
    );
    _connection = connector(request)(_Listener(this))..isPaused = false;
  }

  /// [readyState] before the connection is open (section 3.1).
  static const int CONNECTING = 0;

  /// [readyState] of an open connection (section 3.1).
  static const int OPEN = 1;

  /// [readyState] after [close], until the connection has ended (section 3.1).
  static const int CLOSING = 2;

  /// [readyState] of a connection that has ended or failed to open (section
  /// 3.1).
  static const int CLOSED = 3;

  final Uri _url;
  final List<String> _offered;
  late final Connection _connection;

  // Synchronous, since each event has its own event-loop turn already.
  final _onOpen = StreamController<Event>.broadcast(sync: true);
  final _onMessage = StreamController<MessageEvent>.broadcast(sync: true);
  final _onError = StreamController<ErrorEvent>.broadcast(sync: true);
  final _onClose = StreamController<CloseEvent>.broadcast(sync: true);

  /// The normalised URL of the connection (section 3.1).
  String get url => '$_url';

  /// [CONNECTING], [OPEN], [CLOSING] or [CLOSED] (section 3.1).
  ///
  /// A close by the server is visible when it is complete, as [CLOSED].
  int get readyState => _readyState;
  int _readyState = CONNECTING;

  /// The subprotocol that the server chose; '' if there is none, and before the
  /// connection is open (section 3.1).
  String get protocol => _protocol;
  String _protocol = '';

  /// The extensions that the server accepted (RFC 6455 section 9.1); '' if there
  /// are none.
  String get extensions => _extensions;
  String _extensions = '';

  /// Bytes of payload (UTF-8 for text) that were passed to [send] and that the
  /// operating system has not accepted yet.
  ///
  /// Messages that are sent after the close are dropped and stay counted, as
  /// the standard requires. Unsent bytes of a lost connection are no longer
  /// counted.
  int get bufferedAmount => _connection.bufferedAmount + _droppedBytes;
  int _droppedBytes = 0;

  /// The type of binary messages in [onMessage]: `typeddata` for [Uint8List],
  /// the default, or `arraybuffer` for [ByteBuffer].
  ///
  /// It may be set at any time. Setting another value, such as `blob`, throws
  /// an [ArgumentError].
  String get binaryType => _binaryType;
  set binaryType(String value) {
    if (value != _typedData && value != _arrayBuffer) {
      throw ArgumentError.value(
        value,
        'binaryType',
        'must be $_typedData or $_arrayBuffer',
      );
    }
    _binaryType = value;
  }

  String _binaryType = _typedData;
  static const _typedData = 'typeddata';
  static const _arrayBuffer = 'arraybuffer';

  /// An event when the connection is open (section 4).
  Stream<Event> get onOpen => _onOpen.stream;

  /// An event for each message (section 4).
  Stream<MessageEvent> get onMessage => _onMessage.stream;

  /// An event when the connection could not be opened, was lost, or this side
  /// failed it (RFC 6455 section 7.1.7). [onClose] follows (section 4).
  Stream<ErrorEvent> get onError => _onError.stream;

  /// An event when the connection is closed or could not be opened (section 4).
  Stream<CloseEvent> get onClose => _onClose.stream;

  /// Sends a [String] as text, and [TypedData], a [ByteBuffer] or a list of
  /// bytes as binary.
  ///
  /// After [close] or the end of the connection it only increases
  /// [bufferedAmount].
  ///
  /// Throws an [InvalidStateError] while [CONNECTING], a [SyntaxError] for text
  /// with a lone surrogate, and an [ArgumentError] for data of another type.
  void send(Object data) {
    switch (data) {
      case final String text:
        sendString(text);
      // Before List<int>: an Int32List is sent as its memory.
      case final TypedData bytes:
        sendTypedData(bytes);
      case final ByteBuffer buffer:
        sendByteBuffer(buffer);
      case final List<int> bytes:
        _sendBytes(bytes);
      default:
        throw ArgumentError.value(
          data,
          'data',
          'must be a String, TypedData, ByteBuffer or List<int>',
        );
    }
  }

  /// Sends a text message, as [send] does.
  ///
  /// The [SyntaxError] for lone surrogates follows the W3C's standard of 2012;
  /// today's browsers send U+FFFD instead.
  void sendString(String data) {
    _checkConnected();
    _checkSurrogates(data, 'text');
    if (_canSend) {
      _connection.sendText(data);
    } else {
      _droppedBytes += utf8.encode(data).length;
    }
  }

  /// Sends the bytes that [data] is a view of as a binary message, as [send]
  /// does.
  void sendTypedData(TypedData data) =>
      _sendBytes(data is Uint8List ? data : Uint8List.sublistView(data));

  /// Sends the bytes of [data] as a binary message, as [send] does.
  void sendByteBuffer(ByteBuffer data) => _sendBytes(data.asUint8List());

  /// Values are taken modulo 256.
  void _sendBytes(List<int> bytes) {
    _checkConnected();
    if (_canSend) {
      _connection.sendBytes(bytes);
    } else {
      _droppedBytes += bytes.length;
    }
  }

  /// Sends what was sent before, then a Close frame. [onClose] has an event
  /// when the connection has ended. Messages that arrive from now on are
  /// dropped.
  ///
  /// While [CONNECTING] it fails the connection: [onError] and [onClose] with
  /// code 1006 follow. Later calls do nothing. A [reason] without a [code] is
  /// not sent.
  ///
  /// Throws an [InvalidAccessError] if [code] is neither 1000 nor in the range
  /// 3000-4999, and a [SyntaxError] if [reason] has more than 123 bytes of
  /// UTF-8 or a lone surrogate.
  void close([int? code, String? reason]) {
    _checkClose(code, reason);
    switch (_readyState) {
      case CONNECTING:
        _fail('The connection was closed before it was open');
      case OPEN:
        _readyState = CLOSING;
        _connection
          ..close(code, code == null ? '' : reason ?? '')
          ..discardMessages();
    }
  }

  void _checkConnected() {
    if (_readyState == CONNECTING) {
      throw const InvalidStateError(
        'The connection is not open yet: wait for onOpen',
      );
    }
  }

  /// Fails a connection that is not open yet, and ignores its later events.
  void _fail(String cause) {
    _isGivenUp = true;
    _readyState = CLOSING;
    _connection
      ..close(null, '')
      ..discardMessages();
    // Not within the call, and without waiting for the connection's end.
    Timer.run(() => _end(_failed, ErrorEvent(message: cause)));
  }

  bool _isGivenUp = false;

  /// Set before the last messages are delivered.
  CloseInfo? _closeInfo;

  bool get _canSend => _readyState == OPEN && _closeInfo == null;

  void _end(CloseEvent event, [ErrorEvent? error]) {
    _readyState = CLOSED;
    if (error != null) _onError.add(error);
    _onClose.add(event);
  }

  static const _failed = CloseEvent(code: 1006, reason: '', wasClean: false);

  late final String _origin = Uri(
    scheme: _url.scheme,
    host: _url.host,
    port: _url.hasPort ? _url.port : null,
  ).toString();
}

/// Applies the connection's events to the socket.
final class _Listener implements ConnectionListener {
  _Listener(this._socket);

  final WebSocket _socket;

  @override
  void onOpen(String? protocol, {String extensions = ''}) {
    final socket = _socket;
    if (socket._isGivenUp) return;
    final chosen = protocol ?? '';
    if (chosen.isEmpty
        ? socket._offered.isNotEmpty
        : !socket._offered.contains(chosen)) {
      // Without their names: subprotocols may be secret.
      return socket._fail(
        chosen.isEmpty
            ? 'The server chose no subprotocol'
            : ConnectionRequest.protocolNotOffered,
      );
    }
    socket
      .._protocol = chosen
      .._extensions = extensions
      .._readyState = WebSocket.OPEN
      .._onOpen.add(const Event('open'));
  }

  @override
  void onFailed(ConnectException error) {
    if (_socket._isGivenUp) return;
    _socket._end(
      WebSocket._failed,
      ErrorEvent(message: error.message, error: error),
    );
  }

  /// Nothing to guard: a broadcast stream passes errors of listeners to their
  /// zones.
  @override
  void guard(void Function() deliver) => deliver();

  @override
  void onMessage(Object message) {
    final socket = _socket;
    if (socket._readyState != WebSocket.OPEN) return;
    socket._onMessage.add(
      MessageEvent(
        data: switch (message) {
          final Uint8List bytes when socket._binaryType == _arrayBuffer =>
            _wholeBuffer(bytes),
          _ => message,
        },
        origin: socket._origin,
      ),
    );
    // One turn for each message of a batch: code that awaits a message runs
    // before the next one, and may listen for it.
    socket._connection.isPaused = true;
    Timer.run(() => socket._connection.isPaused = false);
  }

  @override
  void onClosed(CloseInfo info) => _socket._closeInfo = info;

  @override
  void onDone() {
    if (_socket._isGivenUp) return;
    final info = _socket._closeInfo!;
    final CloseInfo(:error) = info;
    _socket._end(
      info.isClean
          ? CloseEvent(code: info.code, reason: info.reason, wasClean: true)
          // No Close frame was received, even if this side sent one.
          : WebSocket._failed,
      error != null && _socket._readyState == WebSocket.OPEN
          ? ErrorEvent(message: error)
          : null,
    );
  }

  static const _arrayBuffer = WebSocket._arrayBuffer;

  /// A buffer with exactly [bytes].
  static ByteBuffer _wholeBuffer(Uint8List bytes) =>
      bytes.length == bytes.buffer.lengthInBytes
      ? bytes.buffer
      : Uint8List.fromList(bytes).buffer;
}

/// Section 3.1, the constructor: the URL.
Uri _parseUrl(String url) {
  final Uri uri;
  try {
    uri = Uri.parse(url.trim());
  } on FormatException catch (error) {
    // Without the URL, which may have credentials.
    throw SyntaxError('The URL is invalid: ${error.message}');
  }
  final isSecure = switch (uri.scheme) {
    'ws' || 'http' => false,
    'wss' || 'https' => true,
    final scheme => throw SyntaxError(
      "The URL's scheme is \"$scheme\": use ws or wss",
    ),
  };
  if (uri.host.isEmpty) throw const SyntaxError('The URL has no host');
  if (uri.port > 0xffff) throw SyntaxError('The port ${uri.port} is invalid');
  if (uri.hasFragment) {
    throw const SyntaxError('The URL of a WebSocket must have no fragment');
  }
  return uri
      // Uri knows the default ports of http and https.
      .replace(
        scheme: isSecure ? 'https' : 'http',
        path: uri.path.isEmpty ? '/' : null,
      )
      .replace(scheme: isSecure ? 'wss' : 'ws');
}

/// Section 3.1, the constructor: the subprotocols.
List<String> _parseProtocols(Object? protocols) {
  final list = switch (protocols) {
    null => const <String>[],
    final String protocol => [protocol],
    final Iterable<String> protocols => protocols.toList(),
    _ => throw ArgumentError.value(
      protocols,
      'protocols',
      'must be a String or an Iterable<String>',
    ),
  };
  final seen = <String>{};
  for (final (index, protocol) in list.indexed) {
    // Without the value, which may be a secret.
    if (!_token.hasMatch(protocol)) {
      throw SyntaxError('Subprotocol ${index + 1} is not an HTTP token');
    }
    if (!seen.add(protocol)) {
      throw SyntaxError('Subprotocol ${index + 1} is offered twice');
    }
  }
  return list;
}

// RFC 6455 section 4.1, item 10: no separators of RFC 2616.
final _token = RegExp(r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$");

/// Section 3.1, `close`.
void _checkClose(int? code, String? reason) {
  try {
    checkWebSocketCloseCode(code);
  } on ArgumentError {
    throw InvalidAccessError(
      'The close code $code is neither 1000 nor 3000-4999',
    );
  }
  if (reason == null) return;
  _checkSurrogates(reason, 'close reason');
  try {
    checkCloseReason(reason);
  } on ArgumentError catch (error) {
    throw SyntaxError('The close reason ${error.message}');
  }
}

void _checkSurrogates(String text, String what) {
  if (_loneSurrogate.hasMatch(text)) {
    throw SyntaxError('The $what has a lone surrogate');
  }
}

// With `unicode`, a surrogate pair is one character.
final _loneSurrogate = RegExp(r'[\uD800-\uDFFF]', unicode: true);
