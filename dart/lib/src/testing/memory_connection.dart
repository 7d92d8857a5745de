/// What all connections without a network have in common.
library;

import 'dart:async';

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/delivery.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';

/// A [Connection] in memory. A subclass decides what becomes of messages that
/// are sent, and when it opens, receives and ends.
abstract base class MemoryConnection implements Connection {
  /// A connection that reports to [listener].
  MemoryConnection(this.listener);

  /// Gets its events.
  final ConnectionListener listener;

  /// The messages that have arrived.
  late final inbox = MessageDelivery(listener);

  @override
  bool get isPaused => inbox.isPaused;

  @override
  set isPaused(bool value) => inbox.isPaused = value;

  @override
  void discardMessages() => inbox.discard();

  /// Tells the listener that the connection is closed.
  void tellClosed(CloseInfo info) {
    listener.onClosed(info);
    inbox.end();
  }

  @override
  bool isWritable = true;

  @override
  int bufferedAmount = 0;

  final List<({int mark, Completer<void> done})> _drains = [];

  @override
  Future<void> drained(int mark) {
    if (bufferedAmount <= mark) return Future.value();
    final drain = (mark: mark, done: Completer<void>());
    _drains.add(drain);
    return drain.done.future;
  }

  /// Completes the futures of [drained] whose mark is reached. It is a call of
  /// its own, since an owner may learn of a drain later than [bufferedAmount]
  /// has changed.
  void completeDrains() {
    final amount = bufferedAmount;
    _drains.removeWhere((drain) {
      final isDrained = amount <= drain.mark;
      if (isDrained) drain.done.complete();
      return isDrained;
    });
  }

  /// There is no line that a ping could test.
  @override
  void setPingInterval(Duration? interval) {}

  @override
  WebSocketStats? get stats => null;

  @override
  Stream<ReceiveProgress> get receiveProgress => progressEvents.stream;

  /// Adds events to [receiveProgress].
  final progressEvents = StreamController<ReceiveProgress>.broadcast();

  @override
  Stream<TraceEvent> get trace => traceEvents.stream;

  /// Adds events to [trace].
  final traceEvents = StreamController<TraceEvent>.broadcast();

  /// Ends [receiveProgress] and [trace].
  void closeEvents() {
    progressEvents.close();
    traceEvents.close();
  }
}
