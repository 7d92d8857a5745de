import 'dart:async';
import 'dart:collection';
import 'dart:typed_data';

import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import '../close_info.dart';
import '../connection.dart';
import '../exceptions.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';

/// A [Connection] in memory, to a peer of its kind or to nobody.
///
/// Each event comes in an event-loop turn of its own, as the native ones do.
final class FakeConnection implements Connection {
  /// A connection that fails with [error].
  FakeConnection.failing(this._listener, ConnectException error) {
    _isClosing = true;
    Timer.run(() => _listener.onFailed(error));
  }

  /// A connection that opens when it has its peer.
  FakeConnection(this._listener);

  /// Connects two to each other.
  static void join(FakeConnection a, FakeConnection b, {String? protocol}) {
    a._peer = b;
    b._peer = a;
    for (final connection in [a, b]) {
      Timer.run(() => connection._open(protocol));
    }
  }

  final ConnectionListener _listener;
  FakeConnection? _peer;
  bool _isOpen = false;
  bool _isClosing = false;
  CloseInfo? _ending;
  bool _isDone = false;

  /// What was sent before the connection was open.
  final List<void Function()> _early = [];
  final Queue<Object> _inbox = Queue();
  bool _isPaused = true;
  bool _discards = false;

  @override
  int get bufferedAmount => 0;

  @override
  bool get isWritable => _ending == null;

  @override
  Future<void> drained(int mark) => Future.value();

  /// There is no line that could take time.
  @override
  Future<Duration> ping() {
    final pong = Completer<Duration>();
    if (_isClosing || _ending != null) {
      pong.completeError(WebSocketConnectionClosed());
    } else {
      _pings.add(pong);
      _whenOpen(() => Timer.run(_answerPings));
    }
    return pong.future..ignore();
  }

  /// Messages arrive at once.
  @override
  Stream<ReceiveProgress> get receiveProgress => const Stream.empty();

  /// There are no frames.
  @override
  Stream<TraceEvent> get trace => const Stream.empty();

  @override
  WebSocketStats get stats => const WebSocketStats();

  final List<Completer<Duration>> _pings = [];

  void _answerPings() {
    final isOver = _ending != null;
    for (final pong in _pings) {
      isOver
          ? pong.completeError(WebSocketConnectionClosed())
          : pong.complete(Duration.zero);
    }
    _pings.clear();
  }

  @override
  void sendText(String text, {bool? compress}) => _whenOpen(() => _send(text));

  @override
  void sendBytes(List<int> bytes, {bool? compress}) {
    final copy = Uint8List.fromList(bytes);
    _whenOpen(() => _send(copy));
  }

  @override
  void close(int? code, String reason) {
    if (_isClosing) return;
    _isClosing = true;
    _whenOpen(() {
      CloseInfo info(CloseInitiator initiator) => CloseInfo(
        code: code ?? 1005,
        reason: reason,
        initiator: initiator,
        isClean: true,
      );
      _peer?._end(info(CloseInitiator.remote));
      _end(info(CloseInitiator.local));
    });
  }

  /// Loses the line: neither side sees a Close frame.
  void drop() {
    const info = CloseInfo(
      code: 1006,
      reason: '',
      initiator: CloseInitiator.line,
      isClean: false,
      error: 'The fake line was dropped',
    );
    _peer?._end(info);
    _end(info);
  }

  @override
  bool get isPaused => _isPaused;

  @override
  set isPaused(bool value) {
    _isPaused = value;
    if (!value) scheduleMicrotask(_deliver);
  }

  @override
  void discardMessages() {
    _discards = true;
    _inbox.clear();
  }

  void _open(String? protocol) {
    _isOpen = true;
    _listener.onOpen(protocol);
    for (final send in _early) {
      send();
    }
    _early.clear();
  }

  void _whenOpen(void Function() send) => _isOpen ? send() : _early.add(send);

  void _send(Object message) {
    if (_ending != null) return;
    final peer = _peer!;
    Timer.run(() {
      if (peer._discards) return;
      peer._inbox.add(message);
      peer._deliver();
    });
  }

  void _end(CloseInfo info) {
    if (_ending != null) return;
    _ending = info;
    Timer.run(() {
      _answerPings();
      _listener.onClosed(info);
      _isDone = true;
      _deliver();
    });
  }

  void _deliver() {
    while (_inbox.isNotEmpty && !_isPaused) {
      _listener.guard(() => _listener.onMessage(_inbox.removeFirst()));
    }
    if (_isDone && _inbox.isEmpty && (_discards || !_isPaused)) {
      _isDone = false;
      _listener.onDone();
    }
  }
}
