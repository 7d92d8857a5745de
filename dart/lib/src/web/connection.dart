import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/delivery.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../exceptions/send_buffer_full_exception.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../timer_limit.dart';
import '../trace.dart';

/// The part of a browser's `WebSocket` (WHATWG WebSockets, section 3) that is
/// used here. Tests implement it without a browser.
abstract interface class BrowserSocket {
  /// The subprotocol that the server chose, or ''.
  String get protocol;

  /// The extensions that the server accepted, or ''.
  String get extensions;

  /// Whether it is open. A browser drops what is sent after the peer's Close
  /// frame, and reports the close later.
  bool get isOpen;

  /// Bytes of buffered payload. A close does not reset it.
  int get bufferedAmount;

  /// Sends a text message on an open connection.
  void sendText(String text);

  /// Sends a binary message on an open connection.
  void sendBytes(Uint8List bytes);

  /// Sends a Close frame; [code] is null, 1000 or 3000-4999.
  void close(int? code, String reason);
}

/// Receives the events of a [BrowserSocket], none of them within its
/// constructor.
abstract interface class BrowserSocketListener {
  /// The connection is open.
  void onOpen();

  /// A message arrived: a [String] or a [Uint8List].
  void onMessage(Object message);

  /// The connection has ended or could not be opened; the code is then 1006.
  void onClose(int code, String reason, bool wasClean);
}

/// Creates a [BrowserSocket], or throws what the browser throws.
typedef BrowserSocketFactory =
    BrowserSocket Function(
      String url,
      List<String> protocols,
      BrowserSocketListener listener,
    );

/// A connection of the browser.
///
/// Headers, pings and the limit for messages are ignored. Messages for a paused
/// listener are buffered without a limit, since the peer can't be made to wait.
final class WebConnection implements Connection, BrowserSocketListener {
  /// Starts to connect, and reports to the listener.
  WebConnection(this._request, this._listener, BrowserSocketFactory open) {
    try {
      _socket = open(
        '${_request.url.removeFragment()}',
        _request.protocols,
        this,
      );
    } on Object catch (error) {
      // Only its name: the rest contains the URL, which may have credentials.
      final name = '$error'.split(':').first;
      _isOver = true;
      Timer.run(
        () => _listener.onFailed(
          InvalidRequestException(
            'The browser refuses to connect to $_target ($name): a page from '
            'https may use wss only, and no subprotocol may be named twice',
          ),
        ),
      );
      return;
    }
    if (_request.connectTimeout case final limit?) {
      _timer = Timer(
        timerLimit(limit),
        () => _giveUp(
          ConnectTimeoutException(
            'Connecting to $_target took longer than $limit',
            limit,
          ),
        ),
      );
    }
  }

  final ConnectionRequest _request;
  final ConnectionListener _listener;
  late final BrowserSocket _socket;

  bool _isOpen = false;
  bool _isOver = false;

  /// Whether a message was sent too late, after the peer's Close frame.
  bool _hasDropped = false;

  /// What was sent before the connection was open.
  final List<Object> _early = [];
  int _earlySize = 0;
  ({int? code, String reason})? _closing;

  /// The timer of the connect, later of the close.
  Timer? _timer;

  /// The timer of a close during the connect.
  Timer? _closeTimer;

  late final _delivery = MessageDelivery(_listener);

  /// Host and port, without credentials.
  String get _target {
    final url = _request.url;
    final authority = url.replace(userInfo: '').authority;
    if (url.hasPort) return authority;
    return '$authority:${url.isScheme('wss') ? 443 : 80}';
  }

  @override
  void sendText(String text, {bool? compress}) => _send(text);

  @override
  void sendBytes(List<int> bytes, {bool? compress}) => _send(
    // A copy if it waits, since the app may change the list.
    _isOpen && bytes is Uint8List ? bytes : Uint8List.fromList(bytes),
  );

  void _send(Object message) {
    if (_isOver || _closing != null) return;
    final limit = _request.options.maxBufferedAmount;
    if (limit != null && _sizeOf(message) > limit - bufferedAmount) {
      throw const SendBufferFullException();
    }
    if (_isOpen) {
      if (_socket.isOpen) {
        _hand(message);
      } else {
        _hasDropped = true;
      }
      return;
    }
    _early.add(message);
    _earlySize += _sizeOf(message);
  }

  static int _sizeOf(Object message) => switch (message) {
    final String text => utf8.encode(text).length,
    _ => (message as Uint8List).length,
  };

  void _hand(Object message) => switch (message) {
    final String text => _socket.sendText(text),
    _ => _socket.sendBytes(message as Uint8List),
  };

  @override
  int get bufferedAmount {
    if (_isOver) return 0;
    return _isOpen ? _socket.bufferedAmount : _earlySize;
  }

  @override
  bool get isWritable => !_isOver && !_hasDropped;

  /// Polls, since the browser has no event for it.
  @override
  Future<void> drained(int mark) async {
    while (bufferedAmount > mark) {
      await Future<void>.delayed(_drainInterval);
    }
  }

  @override
  Future<Duration> ping() =>
      throw UnsupportedError('A page in a browser can\'t send pings');

  @override
  void setPingInterval(Duration? interval) {}

  @override
  Stream<ReceiveProgress> get receiveProgress =>
      throw UnsupportedError('A browser reports whole messages only');

  @override
  Stream<TraceEvent> get trace =>
      throw UnsupportedError('A browser shows frames in its developer tools');

  @override
  WebSocketStats? get stats => null;

  static const _drainInterval = Duration(milliseconds: 20);

  @override
  Future<void> close(int? code, String reason) {
    _close(code, reason);
    return _closeWritten;
  }

  /// A browser has no event for a Close frame that is written: it follows the
  /// last message at once.
  late final Future<void> _closeWritten = Future(() async {
    while (!_isOver && (!_isOpen || _socket.bufferedAmount > 0)) {
      await Future<void>.delayed(_drainInterval);
    }
  });

  void _close(int? code, String reason) {
    if (_isOver || _closing != null) return;
    _closing = (code: code, reason: reason);
    if (_isOpen) {
      _sendClose();
      return;
    }
    // Buffered messages may still be sent, within the limit of a close.
    _closeTimer = Timer(timerLimit(_request.options.closeTimeout), () {
      _giveUp(
        CancelledException(
          'Connecting to $_target was given up: it was closed before',
        ),
      );
    });
  }

  void _sendClose() {
    final (:code, :reason) = _closing!;
    // The browser throws for any other code.
    if (code == 1000 || code != null && code >= 3000 && code <= 4999) {
      _socket.close(code, reason);
    } else {
      _socket.close(null, '');
    }
    _awaitClose(_socket.bufferedAmount);
  }

  /// The limit restarts while the peer accepts buffered data.
  void _awaitClose(int buffered) {
    final limit = _request.options.closeTimeout;
    _timer = Timer(timerLimit(limit), () {
      final left = _socket.bufferedAmount;
      if (left < buffered) {
        _awaitClose(left);
      } else {
        _end(1006, '', false, 'The peer did not close within $limit');
      }
    });
  }

  /// Ends a connect with [error].
  void _giveUp(ConnectException error) {
    _cancelTimers();
    _isOver = true;
    _socket.close(null, '');
    _listener.onFailed(error);
  }

  void _cancelTimers() {
    _timer?.cancel();
    _closeTimer?.cancel();
  }

  @override
  bool get isPaused => _delivery.isPaused;

  @override
  set isPaused(bool value) => _delivery.isPaused = value;

  @override
  void discardMessages() => _delivery.discard();

  @override
  int get received => _delivery.added;

  @override
  bool get isReading => true;

  @override
  void onOpen() {
    if (_isOver) return;
    _cancelTimers();
    _isOpen = true;
    _early
      ..forEach(_hand)
      ..clear();
    if (_closing != null) _sendClose();
    _listener.onOpen(_socket.protocol, extensions: _socket.extensions);
  }

  @override
  void onMessage(Object message) {
    if (_isOver) return;
    final isEncoded = message is String && _request.options.textAsBytes;
    _delivery.add(isEncoded ? utf8.encode(message) : message);
  }

  @override
  void onClose(int code, String reason, bool wasClean) {
    if (_isOver) return;
    if (_isOpen) {
      final error = wasClean
          ? null
          : 'The connection was lost; browsers hide the cause';
      _end(code, reason, wasClean, error);
      return;
    }
    _cancelTimers();
    _isOver = true;
    _listener.onFailed(
      BrowserConnectException(
        'The browser could not connect to $_target. It tells no page why: see '
        "its console, and the server's log",
      ),
    );
  }

  void _end(int code, String reason, bool wasClean, String? error) {
    _timer?.cancel();
    _isOver = true;
    _listener.onClosed(
      CloseInfo(
        code: code,
        reason: reason,
        initiator: switch (wasClean) {
          _ when _closing != null => CloseInitiator.local,
          true => CloseInitiator.remote,
          false => CloseInitiator.none,
        },
        isClean: wasClean,
        error: error,
      ),
    );
    _delivery.end();
  }
}
