/// Delivers received messages to the listener: one loop for every kind of
/// connection. It stops while the listener pauses.
library;

import 'dart:async';
import 'dart:collection';

import 'connection.dart';

/// Delivers received messages to a [ConnectionListener], in order, while it is
/// not paused.
///
/// A subclass keeps received messages in units. A unit is a batch, or all
/// messages that wait; [ConnectionListener.guard] is called once for each.
abstract base class Delivery {
  /// Creates a paused delivery to [listener].
  Delivery(this.listener);

  /// The receiver of the messages.
  final ConnectionListener listener;

  bool _isPaused = true;
  bool _discards = false;
  bool _hasEnded = false;
  bool _isDone = false;
  bool _isDelivering = false;

  /// Whether messages are held back. Delivery continues in a microtask.
  bool get isPaused => _isPaused;
  set isPaused(bool value) {
    if (value == _isPaused) return;
    _isPaused = value;
    _mayDeliver = !value && !_discards;
    if (!value) scheduleMicrotask(deliver);
  }

  /// Whether messages are dropped.
  bool get discards => _discards;

  /// Whether the listener has been told that everything was delivered.
  bool get isDone => _isDone;

  /// Whether the next message may be delivered.
  bool get mayDeliver => _mayDeliver;
  bool _mayDeliver = false;

  /// Drops waiting and later messages.
  void discard() {
    _discards = true;
    _mayDeliver = false;
    if (!_isDelivering) deliver();
  }

  /// Ends it: calls [ConnectionListener.onDone] when everything was delivered.
  void end() {
    _hasEnded = true;
    deliver();
  }

  /// Delivers waiting messages until the listener pauses.
  void deliver() {
    if (_isDelivering) return;
    _isDelivering = true;
    try {
      while (_discards || !_isPaused) {
        if (!moveNext()) {
          if (_hasEnded && !_isDone) {
            _isDone = true;
            listener.onDone();
          }
          return;
        }
        if (_discards) {
          finishCurrent();
        } else {
          // An error of the listener ends it; the next round continues.
          listener.guard(deliverCurrent);
        }
      }
    } finally {
      _isDelivering = false;
    }
  }

  /// Makes the oldest waiting unit the current one, unless there is one.
  /// Returns whether there is one now.
  bool moveNext();

  /// Removes the current unit, delivered or not.
  void finishCurrent();

  /// Delivers the messages of the current unit while [mayDeliver]. Each is
  /// removed before the call, so that a listener that throws does not get it
  /// again.
  void deliverCurrent();
}

/// Delivers messages that arrive one at a time.
final class MessageDelivery extends Delivery {
  /// Creates a paused delivery to [listener].
  MessageDelivery(super.listener);

  final Queue<Object> _messages = Queue();

  /// Whether no message waits.
  bool get isEmpty => _messages.isEmpty;

  /// The number of messages that were added, dropped ones included.
  int get added => _added;
  int _added = 0;

  /// Adds a received message: a [String] or a `Uint8List`.
  void add(Object message) {
    _added++;
    if (discards) return;
    _messages.add(message);
    deliver();
  }

  @override
  bool moveNext() => _messages.isNotEmpty;

  @override
  void finishCurrent() => _messages.clear();

  @override
  void deliverCurrent() {
    while (_messages.isNotEmpty && mayDeliver) {
      listener.onMessage(_messages.removeFirst());
    }
  }
}
