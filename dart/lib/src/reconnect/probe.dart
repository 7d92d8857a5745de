/// Finds out whether the peer of a connection is still there.
library;

import 'dart:async';

import '../exceptions/send_buffer_full_exception.dart';
import '../timer_limit.dart';
import 'attempt.dart';
import 'outgoing_message.dart';
import 'send_result.dart';

/// Waits for a sign of life: anything that arrives.
///
/// It need not be delivered: what waits for a paused listener counts too.
final class Probe {
  /// Creates a probe that waits for [_limit], in the time of [_now].
  Probe(this._attempt, this._limit, this._now)
    : _arrived = _attempt.connection.received;

  final Attempt _attempt;
  final Duration _limit;
  final Duration Function() _now;

  final _answer = Completer<bool>();
  Timer? _timer;

  /// What had arrived when the probe was created.
  final int _arrived;

  /// A heartbeat that found no room in the buffer.
  Object? _unsent;

  /// How much has to be accepted until the peer can answer.
  int _mark = 0;

  // When the current wait began.
  late Duration _since;
  late bool _wasReading;
  late int _accepted;

  bool _wasLate = false;

  /// A wait that ends this much too late says nothing: the process was stopped,
  /// and what has arrived meanwhile may not have been read.
  static const _lateness = Duration(seconds: 1);

  /// Whether there was a sign of life.
  Future<bool> get isAlive => _answer.future;

  /// Sends [heartbeat], a `String` or a `List<int>`, and waits.
  void ask(Object heartbeat) {
    _send(heartbeat);
    _wait();
  }

  /// Sends a ping and waits. Where there are no pings, the peer counts as
  /// alive.
  void ping() {
    Future.sync(_attempt.connection.ping).then(
      (_) => answer(true),
      onError: (Object error) {
        if (error is UnsupportedError) answer(true);
      },
    );
    _mark = _attempt.given;
    _wait();
  }

  /// Sends nothing, and waits.
  void listen() => _wait();

  void _send(Object heartbeat) {
    final message = OutgoingMessage(heartbeat, result: Completer());
    try {
      _attempt.send(message);
      _unsent = null;
    } on SendBufferFullException {
      _unsent = heartbeat;
    }
    _mark = _attempt.given;
    message.result!.future.then((result) {
      if (result == SendResult.sent && !_answer.isCompleted) _wait();
    });
  }

  void _wait() {
    _since = _now();
    _wasReading = _attempt.connection.isReading;
    _accepted = _attempt.accepted;
    _timer?.cancel();
    _timer = Timer(timerLimit(_limit), _onLimit);
  }

  void _onLimit() {
    final connection = _attempt.connection;
    if (connection.received != _arrived) return answer(true);
    // Nothing can arrive.
    if (!_wasReading || !connection.isReading) return answer(true);
    if (!_wasLate && _now() - _since > _limit + _lateness) {
      _wasLate = true;
      return _wait();
    }
    final wasBehind = _unsent != null || _accepted < _mark;
    if (wasBehind && _attempt.accepted > _accepted) {
      if (_unsent case final heartbeat?) _send(heartbeat);
      return _wait();
    }
    answer(false);
  }

  /// A message was delivered, which may have arrived before the probe began.
  void onMessage() {
    if (_answer.isCompleted) return;
    if (_attempt.connection.received != _arrived) answer(true);
  }

  /// Ends the wait. Only the first call has an effect.
  void answer(bool isAlive) {
    if (_answer.isCompleted) return;
    _timer?.cancel();
    _answer.complete(isAlive);
  }
}
