/// Outgoing messages: queued while there is no connection, then sent in order,
/// as fast as the connection accepts them.
library;

import 'dart:async';
import 'dart:math';

import '../connection/connection.dart';
import '../exceptions/queue_full_exception.dart';
import '../exceptions/send_buffer_full_exception.dart';
import '../options/queue_options.dart';
import 'attempt.dart';
import 'channel_state.dart';
import 'message_queue.dart';
import 'outgoing_message.dart';
import 'send_result.dart';
import 'setup.dart';
import 'states.dart';

/// Sends and queues the messages of a reconnecting channel, and reports their
/// results.
final class Outbox {
  /// Creates an outbox that sends on [_current] while the state is open.
  Outbox(ReconnectSetup setup, this._states, this._current)
    : _options = setup.reconnect.queue,
      _maxBufferedAmount = setup.request.options.maxBufferedAmount;

  final QueueOptions _options;
  final int? _maxBufferedAmount;
  final States _states;
  final Attempt? Function() _current;

  late final MessageQueue _queue = MessageQueue(_options);
  bool _isClosed = false;

  /// Messages that were not sent, except those with a completer.
  Stream<UnsentMessage> get unsent => _unsent.stream;
  final StreamController<UnsentMessage> _unsent = StreamController.broadcast();

  /// Bytes of payload that the operating system has not accepted yet.
  int get bufferedAmount => _queue.bytes + (_connection?.bufferedAmount ?? 0);

  /// The number of messages that wait for a connection.
  int get queuedMessages => _queue.length;

  /// The bytes of payload of these messages.
  int get queuedBytes => _queue.bytes;

  Connection? get _connection => _current()?.connection;

  /// Whether a message is sent without being queued.
  bool get _sendsAtOnce => _states.isOpen && _queue.first == null;

  /// Sends or queues [data], and completes with its result.
  Future<SendResult> sendForResult(Object data, {bool? compress}) {
    if (data is! String && data is! List<int>) throw notSendable(data);
    final result = Completer<SendResult>();
    send(OutgoingMessage(data, compress: compress, result: result));
    return result.future;
  }

  /// Sends or queues [message].
  void send(OutgoingMessage message) {
    if (_isClosed) return settle(message, SendResult.closed);
    if (_sendsAtOnce) {
      if (_current() case final attempt?) return _sendOn(attempt, message);
    }
    final dropped = _queue.add(message);
    for (final message in dropped) {
      settle(message, SendResult.dropped);
    }
    if (dropped.isNotEmpty &&
        message.result == null &&
        _options.policy == QueuePolicy.fail) {
      throw QueueFullException(_options);
    }
  }

  void _sendOn(Attempt attempt, OutgoingMessage message) {
    try {
      attempt.send(message);
    } on SendBufferFullException {
      if (message.result == null) rethrow;
      settle(message, SendResult.dropped);
    }
  }

  /// Completes when the connection has room for the first message of [_queue];
  /// null if no message waits for room.
  Future<void>? _room;

  /// Sends queued messages on [attempt] while `maxBufferedAmount` leaves room;
  /// the rest follows as the buffer drains.
  void sendQueued(Attempt attempt) {
    final limit = _maxBufferedAmount;
    while (true) {
      final message = _queue.first;
      if (message == null) return;
      final most = limit == null ? null : limit - message.size;
      if (most != null && most < 0) {
        settle(_queue.removeFirst(), SendResult.dropped);
      } else if (most != null && attempt.connection.bufferedAmount > most) {
        _room = attempt.connection.drained(most).then((_) {
          if (attempt == _current() && _states.isOpen) sendQueued(attempt);
        });
        return;
      } else {
        _queue.removeFirst();
        try {
          attempt.send(message);
        } on SendBufferFullException {
          // Of a fake server, whose limit is not that of the options.
          settle(message, SendResult.dropped);
        }
      }
    }
  }

  /// Accepts no more messages, and drops the queue.
  void close() {
    _isClosed = true;
    for (final message in _queue.takeAll()) {
      settle(message, SendResult.closed);
    }
  }

  /// Ends [unsent].
  void end() => _unsent.close();

  /// Reports [result] for [message].
  void settle(OutgoingMessage message, SendResult result) {
    if (message.result case final completer?) {
      completer.complete(result);
    } else if (result != SendResult.sent && !_unsent.isClosed) {
      _unsent.add(UnsentMessage(message.data, result));
    }
  }

  /// Completes when [bufferedAmount] is at most [mark], or at the end.
  Future<void> drained(int mark) async {
    while (!_states.isClosed && bufferedAmount > mark) {
      // Queued messages are not part of the connection's buffer.
      final most = max(0, mark - _queue.bytes);
      final connection = _connection;
      if (connection != null && connection.bufferedAmount > most) {
        // The connection may be replaced meanwhile.
        await Future.any([connection.drained(most), _states.change]);
      } else {
        await _roomOrChange;
      }
    }
  }

  Future<void>? get _roomOrChange => _states.isOpen ? _room : _states.change;

  Future<void> _untilItSendsAtOnce() async {
    while (!_states.isClosed && !_sendsAtOnce) {
      await _roomOrChange;
    }
  }

  /// The messages of [source], which is paused without a connection and while
  /// other messages are queued.
  Stream<T> whileOpen<T>(Stream<T> source) =>
      _LazyStream(() => _whileOpen(source.listen(null)));

  Stream<T> _whileOpen<T>(StreamSubscription<T> subscription) {
    final controller = StreamController<T>(sync: true);
    controller.onListen = () {
      subscription.onError(controller.addError);
      subscription.onData((message) {
        if (_sendsAtOnce) return controller.add(message);
        subscription.pause(
          _untilItSendsAtOnce().then((_) => controller.add(message)),
        );
      });
      var isHeld = false;
      void hold(bool hold) {
        if (hold == isHeld) return;
        isHeld = hold;
        hold ? subscription.pause() : subscription.resume();
      }

      hold(!_states.isOpen);
      final watch = _states.stream.listen(
        (state) => hold(state is! ChannelOpen),
      );
      subscription.onDone(() {
        watch.cancel();
        controller
          // The subscription is over.
          ..onCancel = null
          ..close();
      });
      controller
        ..onPause = subscription.pause
        ..onResume = subscription.resume
        ..onCancel = () {
          watch.cancel();
          return subscription.cancel();
        };
    };
    return controller.stream;
  }
}

/// A stream that is made by `listen`, which throws what that throws. A
/// [StreamController] would pass it to the zone.
final class _LazyStream<T> extends Stream<T> {
  _LazyStream(this._make);

  final Stream<T> Function() _make;

  @override
  StreamSubscription<T> listen(
    void Function(T message)? onData, {
    Function? onError,
    void Function()? onDone,
    bool? cancelOnError,
  }) => _make().listen(
    onData,
    onError: onError,
    onDone: onDone,
    cancelOnError: cancelOnError,
  );
}
