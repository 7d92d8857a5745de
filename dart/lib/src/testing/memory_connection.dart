/// The common part of all connections without a network.
library;

import 'dart:async';

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/delivery.dart';
import '../connection/drains.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';

/// A [Connection] in memory. A subclass handles sent messages, and decides when
/// it opens, receives and ends.
abstract base class MemoryConnection implements Connection {
  /// Creates a connection that reports to [listener].
  MemoryConnection(this.listener);

  /// Receives its events.
  final ConnectionListener listener;

  /// The received messages.
  late final inbox = MessageDelivery(listener);

  @override
  bool get isPaused => inbox.isPaused;

  @override
  set isPaused(bool value) => inbox.isPaused = value;

  @override
  void discardMessages() => inbox.discard();

  @override
  int get received => inbox.added;

  @override
  bool isReading = true;

  final _closeWritten = Completer<void>();

  /// The future of [close], which a subclass returns.
  Future<void> get closeWritten => _closeWritten.future;

  /// Completes [closeWritten].
  void completeClose() {
    if (!_closeWritten.isCompleted) _closeWritten.complete();
  }

  /// Notifies the listener that the connection is closed.
  void tellClosed(CloseInfo info) {
    completeClose();
    listener.onClosed(info);
    inbox.end();
  }

  @override
  bool isWritable = true;

  @override
  int bufferedAmount = 0;

  final _drains = Drains();

  @override
  Future<void> drained(int mark) =>
      bufferedAmount <= mark ? Future.value() : _drains.wait(mark);

  /// Completes the futures of [drained] whose mark is reached. A change of
  /// [bufferedAmount] does not do so, since an owner may be notified later.
  void completeDrains() => _drains.complete(bufferedAmount);

  /// There is no network that a ping could test.
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
