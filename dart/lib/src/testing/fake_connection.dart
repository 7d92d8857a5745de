import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/delivery.dart';
import '../exceptions.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';
import 'fake_controls.dart';

/// A [Connection] in memory, to a peer of its kind or to nobody.
///
/// Each event comes in an event-loop turn of its own, as the native ones do.
final class FakeConnection implements Connection {
  /// A connection that fails with [error].
  FakeConnection.failing(this._listener, ConnectException error)
    : _controls = FakeControls() {
    _isClosing = true;
    Timer.run(() {
      _closeEvents();
      _listener.onFailed(error);
    });
  }

  /// A connection that opens when it has its peer, and says of itself what
  /// [_controls] have.
  FakeConnection(this._listener, this._controls) {
    _controls.connections.add(this);
  }

  /// Connects two to each other.
  static void join(FakeConnection a, FakeConnection b, {String? protocol}) {
    a._peer = b;
    b._peer = a;
    for (final connection in [a, b]) {
      Timer.run(() => connection._open(protocol));
    }
  }

  final ConnectionListener _listener;
  final FakeControls _controls;
  FakeConnection? _peer;
  bool _isOpen = false;
  bool _isClosing = false;
  CloseInfo? _ending;

  /// What was sent before the connection was open.
  final List<void Function()> _early = [];
  late final _delivery = MessageDelivery(_listener);

  @override
  int get bufferedAmount => _ending == null ? _controls.bufferedAmount : 0;

  @override
  bool get isWritable => _ending == null;

  final List<({int mark, Completer<void> done})> _drains = [];

  @override
  Future<void> drained(int mark) {
    if (bufferedAmount <= mark) return Future.value();
    final drain = (mark: mark, done: Completer<void>());
    _drains.add(drain);
    return drain.done.future;
  }

  /// Lets those go on who wait for less to be buffered than is now.
  void onBufferedAmount() {
    final amount = bufferedAmount;
    for (final drain in _drains) {
      if (amount <= drain.mark) drain.done.complete();
    }
    _drains.removeWhere((drain) => drain.done.isCompleted);
  }

  final List<Completer<Duration>> _pings = [];

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

  void _answerPings() {
    for (final pong in _pings) {
      if (_ending != null) {
        pong.completeError(WebSocketConnectionClosed());
      } else if (_controls.roundTrip case final roundTrip?) {
        pong.complete(roundTrip);
      } else {
        pong.completeError(TimeoutException('The fake server sent no pong'));
      }
    }
    _pings.clear();
  }

  @override
  late final Stream<ReceiveProgress> receiveProgress = progressEvents.stream;

  /// What [receiveProgress] tells.
  final progressEvents = StreamController<ReceiveProgress>.broadcast();

  @override
  late final Stream<TraceEvent> trace = traceEvents.stream;

  /// What [trace] tells.
  final traceEvents = StreamController<TraceEvent>.broadcast();

  void _closeEvents() {
    progressEvents.close();
    traceEvents.close();
  }

  @override
  WebSocketStats get stats => _controls.stats;

  @override
  void sendText(String text, {bool? compress}) {
    if (_controls.maxBufferedAmount != null) {
      _checkRoom(utf8.encode(text).length);
    }
    _whenOpen(() => _send(text));
  }

  @override
  void sendBytes(List<int> bytes, {bool? compress}) {
    _checkRoom(bytes.length);
    final copy = Uint8List.fromList(bytes);
    _whenOpen(() => _send(copy));
  }

  void _checkRoom(int size) {
    final most = _controls.maxBufferedAmount;
    if (most != null && size > most - bufferedAmount) {
      throw const SendBufferFullException();
    }
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
  bool get isPaused => _delivery.isPaused;

  @override
  set isPaused(bool value) => _delivery.isPaused = value;

  @override
  void discardMessages() => _delivery.discard();

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
    Timer.run(() => peer._delivery.add(message));
  }

  void _end(CloseInfo info) {
    if (_ending != null) return;
    _ending = info;
    _controls.connections.remove(this);
    Timer.run(() {
      _answerPings();
      onBufferedAmount();
      _closeEvents();
      _listener.onClosed(info);
      _delivery.end();
    });
  }
}
