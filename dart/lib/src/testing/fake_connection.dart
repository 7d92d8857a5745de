import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import '../close_info.dart';
import '../exceptions/connect_exception.dart';
import '../exceptions/send_buffer_full_exception.dart';
import '../stats.dart';
import 'fake_controls.dart';
import 'memory_connection.dart';

/// A connection in memory, to another one or to none.
///
/// Each event has its own event-loop turn, as native events do.
final class FakeConnection extends MemoryConnection {
  /// Creates a connection that fails with [error].
  FakeConnection.failing(super.listener, ConnectException error)
    : _controls = FakeControls() {
    _isClosing = true;
    Timer.run(() {
      completeClose();
      closeEvents();
      listener.onFailed(error);
    });
  }

  /// Creates a connection that opens when it is joined with its peer.
  /// [_controls] has its statistics and other observed values.
  FakeConnection(super.listener, this._controls) {
    _controls.connections.add(this);
  }

  /// Connects two connections to each other.
  static void join(FakeConnection a, FakeConnection b, {String? protocol}) {
    a._peer = b;
    b._peer = a;
    for (final connection in [a, b]) {
      Timer.run(() => connection._open(protocol));
    }
  }

  final FakeControls _controls;
  FakeConnection? _peer;
  bool _isOpen = false;
  bool _isClosing = false;
  CloseInfo? _ending;

  /// What was sent before the connection was open.
  final List<void Function()> _early = [];

  @override
  int get bufferedAmount => _ending == null ? _controls.bufferedAmount : 0;

  @override
  bool get isWritable => _ending == null;

  final List<Completer<Duration>> _pings = [];

  /// Always true, since nothing takes time.
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
  Future<void> close(int? code, String reason) {
    _close(code, reason);
    return closeWritten;
  }

  void _close(int? code, String reason) {
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

  /// Loses the connection: neither side receives a Close frame.
  void drop() {
    const info = CloseInfo(
      code: 1006,
      reason: '',
      initiator: CloseInitiator.none,
      isClean: false,
      error: 'The fake connection was dropped',
    );
    _peer?._end(info);
    _end(info);
  }

  void _open(String? protocol) {
    _isOpen = true;
    listener.onOpen(protocol);
    for (final send in _early) {
      send();
    }
    _early.clear();
  }

  void _whenOpen(void Function() send) => _isOpen ? send() : _early.add(send);

  void _send(Object message) {
    if (_ending != null) return;
    final peer = _peer!;
    Timer.run(() => peer._receive(message));
  }

  void _receive(Object message) {
    final isEncoded = message is String && _controls.textAsBytes;
    inbox.add(isEncoded ? utf8.encode(message) : message);
  }

  void _end(CloseInfo info) {
    if (_ending != null) return;
    _ending = info;
    _controls.connections.remove(this);
    Timer.run(() {
      _answerPings();
      completeDrains();
      closeEvents();
      tellClosed(info);
    });
  }
}
