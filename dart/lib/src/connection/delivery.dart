/// How messages that have arrived reach the listener: one loop for every kind
/// of connection, which stops while the listener pauses.
library;

import 'dart:async';
import 'dart:collection';

import 'connection.dart';

/// Delivers what has arrived to a [ConnectionListener], in order, while that is
/// not paused.
///
/// A subclass keeps what has arrived, in units. [ConnectionListener.guard] is
/// called once for a unit: a batch, or all messages that wait.
abstract base class Delivery {
  /// A delivery to [listener] that is paused at first.
  Delivery(this.listener);

  /// Whom it delivers to.
  final ConnectionListener listener;

  bool _isPaused = true;
  bool _discards = false;
  bool _hasEnded = false;
  bool _isDone = false;
  bool _isDelivering = false;

  /// Whether messages wait. When that ends, delivery goes on in a microtask.
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

  /// Drops what waits and what comes.
  void discard() {
    _discards = true;
    _mayDeliver = false;
    if (!_isDelivering) deliver();
  }

  /// Nothing more will come: tells the listener when everything was delivered.
  void end() {
    _hasEnded = true;
    deliver();
  }

  /// Delivers what waits, until the listener pauses.
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

  /// Makes the oldest unit that waits the current one, unless there still is
  /// one. Returns whether there is one.
  bool moveNext();

  /// Removes the current unit, which was delivered or is dropped.
  void finishCurrent();

  /// Delivers the messages of the current unit, as long as [mayDeliver]. Each
  /// is taken out before the call: a listener that throws must not see it
  /// again.
  void deliverCurrent();
}

/// Delivers messages that come one at a time.
final class MessageDelivery extends Delivery {
  /// A delivery to [listener] that is paused at first.
  MessageDelivery(super.listener);

  final Queue<Object> _messages = Queue();

  /// Whether no message waits.
  bool get isEmpty => _messages.isEmpty;

  /// Takes a message that has arrived: a [String] or a `Uint8List`.
  void add(Object message) {
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
