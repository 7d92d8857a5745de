/// What all connections without a network have in common.
library;

import 'dart:async';

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/delivery.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';

/// A [Connection] in memory. What is sent on it, and what happens to it, is the
/// subclass's.
abstract base class MemoryConnection implements Connection {
  /// A connection that reports to [listener].
  MemoryConnection(this.listener);

  /// Whom it reports to.
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

  /// Completes [drained] where little enough is buffered: the owner may be told
  /// of that later than [bufferedAmount] says it.
  void completeDrains() {
    final amount = bufferedAmount;
    _drains.removeWhere((drain) {
      final isDrained = amount <= drain.mark;
      if (isDrained) drain.done.complete();
      return isDrained;
    });
  }

  @override
  WebSocketStats? get stats => null;

  @override
  Stream<ReceiveProgress> get receiveProgress => progressEvents.stream;

  /// What [receiveProgress] tells.
  final progressEvents = StreamController<ReceiveProgress>.broadcast();

  @override
  Stream<TraceEvent> get trace => traceEvents.stream;

  /// What [trace] tells.
  final traceEvents = StreamController<TraceEvent>.broadcast();

  /// Ends [receiveProgress] and [trace].
  void closeEvents() {
    progressEvents.close();
    traceEvents.close();
  }
}
