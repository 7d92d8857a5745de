/// Delivers the messages of one connection after another.
library;

import 'dart:async';
import 'dart:collection';

import 'attempt.dart';

/// Lets only the oldest connection deliver, so that the listener receives all
/// messages in order.
final class Inbox {
  /// Creates an inbox that calls [onRoom] when it has room for another
  /// connection, and [onDone] when everything was delivered after [end].
  Inbox({required void Function() onRoom, required void Function() onDone})
    : _onRoom = onRoom,
      _onDone = onDone;

  final void Function() _onRoom;
  final void Function() _onDone;

  /// The current attempt, and earlier connections that may have undelivered
  /// messages. Oldest first.
  final Queue<Attempt> _attempts = Queue();

  bool _mayFlow = false;
  bool _hasFlowed = false;
  bool _discards = false;
  bool _hasEnded = false;

  /// The limit of connections with undelivered messages.
  static const _maxConnections = 16;

  /// Adds the next connection.
  void add(Attempt attempt) {
    _attempts.add(attempt);
    if (_discards) attempt.connection.discardMessages();
    _direct();
  }

  /// Whether there is room for another connection. Waits for a paused listener;
  /// without any listener, drops the oldest connection's messages.
  bool makeRoom() {
    if (_attempts.length < _maxConnections) return true;
    if (_hasFlowed) return false;
    _attempts.removeFirst().connection.discardMessages();
    return true;
  }

  /// Removes [attempt], whose messages were delivered or dropped.
  void remove(Attempt attempt) {
    _attempts.remove(attempt);
    _direct();
    if (_attempts.length < _maxConnections) _onRoom();
  }

  /// The owner has abandoned [attempt]. Its received messages are still
  /// delivered when the listener resumes.
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

  /// Calls `onDone` if the inbox was ended and is empty.
  void endWhenDelivered() {
    if (!_hasEnded || _attempts.isNotEmpty) return;
    // Some owners report the end as an event, so it waits for the listener too.
    if (!_mayFlow && !_discards) return;
    _hasEnded = false;
    _onDone();
  }

  /// Whether messages are held back.
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
      // Its end may take long. Received messages are delivered before this runs.
      scheduleMicrotask(() {
        if (_mayFlow && oldest == _attempts.firstOrNull) drop(oldest);
      });
    }
  }
}
