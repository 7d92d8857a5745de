/// The messages that the listener has still to get, of one connection after
/// another.
library;

import 'dart:async';
import 'dart:collection';

import 'attempt.dart';

/// Lets only the oldest connection deliver its messages, so that the listener
/// gets all messages in order.
final class Inbox {
  /// An inbox that calls [onRoom] when it has room for one connection more, and
  /// [onDone] when everything was delivered after [end].
  Inbox({required void Function() onRoom, required void Function() onDone})
    : _onRoom = onRoom,
      _onDone = onDone;

  final void Function() _onRoom;
  final void Function() _onDone;

  /// The attempt that is current, and the connections before it whose messages
  /// may not all have been delivered. Oldest first.
  final Queue<Attempt> _attempts = Queue();

  bool _mayFlow = false;
  bool _hasFlowed = false;
  bool _discards = false;
  bool _hasEnded = false;

  /// How many connections may have messages that wait for the listener.
  static const _maxConnections = 16;

  /// Adds the next connection.
  void add(Attempt attempt) {
    _attempts.add(attempt);
    if (_discards) attempt.connection.discardMessages();
    _direct();
  }

  /// Whether there is room for one connection more. A listener that has paused
  /// will take its messages; where there never was one, the oldest are dropped.
  bool makeRoom() {
    if (_attempts.length < _maxConnections) return true;
    if (_hasFlowed) return false;
    _attempts.removeFirst().connection.discardMessages();
    return true;
  }

  /// Everything of [attempt] was delivered or dropped.
  void remove(Attempt attempt) {
    _attempts.remove(attempt);
    _direct();
    if (_attempts.length < _maxConnections) _onRoom();
  }

  /// The owner has given [attempt] up. What has arrived on it is still
  /// delivered when the listener is not paused any more.
  void abandon(Attempt attempt) {
    if (attempt.openedAt == null || _mayFlow || _discards) drop(attempt);
  }

  /// Drops what has arrived on [attempt], and what follows.
  void drop(Attempt attempt) {
    attempt.connection.discardMessages();
    remove(attempt);
  }

  /// Ends the inbox when the messages in it have been delivered.
  void end() {
    _hasEnded = true;
    endWhenDelivered();
  }

  /// Calls `onDone` if that is so.
  void endWhenDelivered() {
    if (!_hasEnded || _attempts.isNotEmpty) return;
    // The end comes with an event for some, for which a listener may not be
    // ready.
    if (!_mayFlow && !_discards) return;
    _hasEnded = false;
    _onDone();
  }

  /// Whether messages wait.
  bool get isPaused => !_mayFlow;
  set isPaused(bool value) {
    _mayFlow = !value;
    _hasFlowed |= _mayFlow;
    _direct();
    scheduleMicrotask(endWhenDelivered);
  }

  /// Drops messages from now on.
  void discardMessages() {
    _discards = true;
    for (final attempt in [..._attempts]) {
      attempt.isAbandoned
          ? drop(attempt)
          : attempt.connection.discardMessages();
    }
    scheduleMicrotask(endWhenDelivered);
  }

  void _direct() {
    final oldest = _attempts.firstOrNull;
    if (oldest == null) return;
    if (oldest.connection.isPaused == _mayFlow) {
      oldest.connection.isPaused = !_mayFlow;
    }
    if (_mayFlow && oldest.isAbandoned) {
      // Its end may take its time; what it has is delivered before this.
      scheduleMicrotask(() {
        if (_mayFlow && oldest == _attempts.firstOrNull) drop(oldest);
      });
    }
  }
}
