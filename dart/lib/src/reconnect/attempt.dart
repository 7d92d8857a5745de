/// An attempt to connect, its connection, and the messages that the operating
/// system may not have accepted yet.
library;

import 'dart:async';
import 'dart:collection';

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import 'outgoing_message.dart';
import 'probe.dart';
import 'send_result.dart';

/// Receives the events of an [Attempt].
abstract interface class AttemptOwner {
  /// Its connection is open.
  void onOpen(Attempt attempt, String? protocol, String extensions);

  /// It failed without a connection.
  void onFailed(Attempt attempt, ConnectException error);

  /// Its connection is closed; messages may still wait to be delivered.
  void onClosed(Attempt attempt, CloseInfo info);

  /// Every message of its connection has been delivered.
  void onDone(Attempt attempt);

  /// Delivers a batch of messages.
  void guard(void Function() deliver);

  /// Delivers a message.
  void onMessage(Object message);

  /// Reports the result of [message].
  void onResult(OutgoingMessage message, SendResult result);
}

/// An attempt to connect, and its connection.
final class Attempt implements ConnectionListener {
  /// Starts to connect with [connector].
  Attempt(this._owner, this.request, Connector connector) {
    connection = connector(this);
  }

  final AttemptOwner _owner;

  /// The request.
  final ConnectionRequest request;

  /// The connection.
  late final Connection connection;

  /// When it was opened; null before.
  Duration? openedAt;

  /// Whether the owner has abandoned it.
  bool isAbandoned = false;

  /// The probe of this connection, if there is one.
  Probe? probe;

  final Queue<OutgoingMessage> _inFlight = Queue();
  int _inFlightBytes = 0;
  int _given = 0;
  bool _settlesSoon = false;
  bool _awaitsDrain = false;

  /// Sends [message], and reports its result to the owner.
  void send(OutgoingMessage message) {
    write(message);
    _inFlight.add(message);
    _inFlightBytes += message.size;
    if (_settlesSoon) return;
    _settlesSoon = true;
    // After the connection's own flush, which usually writes everything.
    scheduleMicrotask(_settle);
  }

  /// Sends [message], without a result.
  void write(OutgoingMessage message) {
    switch (message.data) {
      case final String text:
        connection.sendText(text, compress: message.compress);
      case final List<int> bytes:
        connection.sendBytes(bytes, compress: message.compress);
      case final other:
        throw notSendable(other);
    }
    _given += message.size;
  }

  /// Bytes of payload that were given to the connection.
  int get given => _given;

  /// How many of them the operating system has accepted.
  int get accepted => _given - connection.bufferedAmount;

  void _settle() {
    _settlesSoon = false;
    if (_inFlight.isEmpty) return;
    final buffered = connection.bufferedAmount;
    // Check this first, or a message that a lost connection dropped would count
    // as sent. Its result follows with the end of the connection.
    if (!connection.isWritable) return;
    if (buffered == 0) {
      giveUpOn(SendResult.sent);
    } else {
      // Messages before the bytes that are still buffered were sent.
      while (_inFlight.isNotEmpty &&
          _inFlightBytes - _inFlight.first.size >= buffered) {
        _resolveFirst(SendResult.sent);
      }
      unawaited(_awaitDrain(buffered));
    }
  }

  /// Checks again when half of [buffered] was sent.
  Future<void> _awaitDrain(int buffered) async {
    if (_awaitsDrain) return;
    _awaitsDrain = true;
    await connection.drained(buffered ~/ 2);
    _awaitsDrain = false;
    _settle();
  }

  /// Reports [result] for all messages without a result.
  void giveUpOn(SendResult result) {
    while (_inFlight.isNotEmpty) {
      _resolveFirst(result);
    }
  }

  void _resolveFirst(SendResult result) {
    final message = _inFlight.removeFirst();
    _inFlightBytes -= message.size;
    _owner.onResult(message, result);
  }

  @override
  void onOpen(String? protocol, {String extensions = ''}) =>
      _owner.onOpen(this, protocol, extensions);

  @override
  void onFailed(ConnectException error) => _owner.onFailed(this, error);

  @override
  void guard(void Function() deliver) => _owner.guard(deliver);

  @override
  void onMessage(Object message) {
    probe?.answer(true);
    _owner.onMessage(message);
  }

  @override
  void onClosed(CloseInfo info) {
    probe?.answer(false);
    _owner.onClosed(this, info);
  }

  @override
  void onDone() => _owner.onDone(this);
}
