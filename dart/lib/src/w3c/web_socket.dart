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

/// The `WebSocket` of the browsers in the shape that dart:html gives it, with
/// the work done in Rust. The sections named here are those of the WHATWG's
/// WebSockets Standard; where none is, it is 3.1.
///
/// Events are delivered as there: each in an event-loop turn of its own, to who
/// listens at the time, with [readyState] as the standard has it. The streams
/// are broadcast streams that never end, so they can't be paused to make the
/// server wait.
///
/// What differs, since there is no browser around it: there is no `sendBlob`,
/// and [binaryType] knows typed data in place of blobs; an error event tells
/// its cause.
final class WebSocket {
  /// Starts to connect to [url], and returns at once.
  ///
  /// The scheme is ws or wss; http and https are taken for them. [protocols] is
  /// one subprotocol to offer, or an `Iterable<String>` of them in order of
  /// preference. A server that chooses none of them fails the connection
  /// (section 2).
  ///
  /// Throws a [SyntaxError] if [url] is not the absolute URL of a WebSocket or
  /// has a fragment, and for a subprotocol that is no HTTP token or is offered
  /// twice.
  WebSocket(String url, [Object? protocols])
    : this.over(connectorFor, url, protocols);

  /// A socket over any connection, and with what the standard does not offer.
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

  /// [readyState] of a connection that has ended, or was never made (section
  /// 3.1).
  static const int CLOSED = 3;

  final Uri _url;
  final List<String> _offered;
  late final Connection _connection;

  // Events have a turn of their own, so they need not wait for another.
  final _onOpen = StreamController<Event>.broadcast(sync: true);
  final _onMessage = StreamController<MessageEvent>.broadcast(sync: true);
  final _onError = StreamController<ErrorEvent>.broadcast(sync: true);
  final _onClose = StreamController<CloseEvent>.broadcast(sync: true);

  /// The URL of the connection, in normal form (section 3.1).
  String get url => '$_url';

  /// [CONNECTING], [OPEN], [CLOSING] or [CLOSED] (section 3.1).
  ///
  /// A close by the server shows when it is complete, as [CLOSED].
  int get readyState => _readyState;
  int _readyState = CONNECTING;

  /// The subprotocol that the server chose; empty if there is none, and before
  /// the connection is open (section 3.1).
  String get protocol => _protocol;
  String _protocol = '';

  /// The extensions that the server accepted (RFC 6455 section 9.1); '' if there
  /// are none.
  String get extensions => _extensions;
  String _extensions = '';

  /// Bytes of payload (UTF-8 for text) that were given to [send] and are not
  /// yet with the operating system.
  ///
  /// What is sent after the close is dropped and stays counted, as in the
  /// standard; what a lost line left unsent is not counted any more.
  int get bufferedAmount => _connection.bufferedAmount + _droppedBytes;
  int _droppedBytes = 0;

  /// What [onMessage] has for a binary message: a [Uint8List] for `typeddata`,
  /// the default, and a [ByteBuffer] for `arraybuffer`.
  ///
  /// It may be set at any time. Throws an [ArgumentError] for anything else:
  /// there is no `blob` outside of browsers.
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

  /// The connection is open (section 4).
  Stream<Event> get onOpen => _onOpen.stream;

  /// A message arrived (section 4).
  Stream<MessageEvent> get onMessage => _onMessage.stream;

  /// The connection could not be made, or this side had to fail it (RFC 6455
  /// section 7.1.7), a lost line included. [onClose] follows (section 4).
  Stream<ErrorEvent> get onError => _onError.stream;

  /// The connection is closed, or could not be made (section 4).
  Stream<CloseEvent> get onClose => _onClose.stream;

  /// Sends a [String] as text, and [TypedData], a [ByteBuffer] or a list of
  /// bytes as binary.
  ///
  /// After [close] or the end of the connection it only adds to
  /// [bufferedAmount].
  ///
  /// Throws an [InvalidStateError] while [CONNECTING], a [SyntaxError] for a
  /// text with a lone surrogate, and an [ArgumentError] for data of another
  /// type.
  void send(Object data) {
    switch (data) {
      case final String text:
        sendString(text);
      // Before the lists: of an Int32List, its memory is sent.
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
  /// The [SyntaxError] for lone surrogates is that of the W3C's standard of
  /// 2012; today's browsers send U+FFFD in their place.
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

  /// Sends what was sent before, then a Close frame; [onClose] tells when the
  /// connection has ended. Messages that arrive from now on are dropped.
  ///
  /// While [CONNECTING] it fails the connection: [onError] and [onClose] with
  /// code 1006 follow. After the first call it does nothing. A [reason] without
  /// a [code] is not sent.
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

  /// Gives up a connection that is not open yet for the application. What is
  /// heard of it from now on has no meaning.
  void _fail(String cause) {
    _isGivenUp = true;
    _readyState = CLOSING;
    _connection
      ..close(null, '')
      ..discardMessages();
    // Not within the call, and without waiting for the connection.
    Timer.run(() => _end(_failed, ErrorEvent(message: cause)));
  }

  bool _isGivenUp = false;

  /// Known before the last messages are delivered.
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

/// What the connection tells the socket.
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

  /// A broadcast stream gives what its listeners throw to their zones.
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
    // A turn for each, though they come in batches: what a listener awaits goes
    // on before the next message, and may listen to that.
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
          // No Close frame was received, whatever this side has sent.
          : WebSocket._failed,
      error != null && _socket._readyState == WebSocket.OPEN
          ? ErrorEvent(message: error)
          : null,
    );
  }

  static const _arrayBuffer = WebSocket._arrayBuffer;

  /// The buffer of [bytes] and nothing else.
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
    throw SyntaxError('The URL is none: ${error.message}');
  }
  final isSecure = switch (uri.scheme) {
    'ws' || 'http' => false,
    'wss' || 'https' => true,
    final scheme => throw SyntaxError(
      "The URL's scheme is \"$scheme\": use ws or wss",
    ),
  };
  if (uri.host.isEmpty) throw const SyntaxError('The URL has no host');
  if (uri.port > 0xffff) throw SyntaxError('There is no port ${uri.port}');
  if (uri.hasFragment) {
    throw const SyntaxError('The URL of a WebSocket has no fragment');
  }
  return uri
      // Uri knows the default ports of these.
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
      throw SyntaxError('Subprotocol ${index + 1} is no HTTP token');
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
    throw InvalidAccessError('The close code $code is not 1000 or 3000-4999');
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

// With `unicode`, the two halves of a pair are one character.
final _loneSurrogate = RegExp(r'[\uD800-\uDFFF]', unicode: true);
