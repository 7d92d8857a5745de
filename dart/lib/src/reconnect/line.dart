import 'dart:async';
import 'dart:collection';

import '../close_info.dart';
import '../connection.dart';
import '../exceptions.dart';
import '../request.dart';
import 'outgoing_message.dart';
import 'send_result.dart';

/// Whom a [Line] tells what happens to it.
abstract interface class LineOwner {
  /// It is open.
  void onLineOpen(Line line, String? protocol, String extensions);

  /// It was not made.
  void onLineFailed(Line line, ConnectException error);

  /// It is closed; messages may still wait to be delivered.
  void onLineClosed(Line line, CloseInfo info);

  /// Every message of it has been delivered.
  void onLineDone(Line line);

  /// Delivers a batch of messages.
  void guardMessages(void Function() deliver);

  /// Delivers a message.
  void onLineMessage(Object message);

  /// [message] is with the operating system, or not.
  void onResult(OutgoingMessage message, SendResult result);
}

/// One of the connections of a reconnecting channel, and which of its messages
/// are not known to be with the operating system.
final class Line implements ConnectionListener {
  /// Starts to connect by [connector].
  Line(this._owner, this.request, Connector connector) {
    connection = connector(this);
  }

  final LineOwner _owner;

  /// What it was asked for.
  final ConnectionRequest request;

  /// The connection itself.
  late final Connection connection;

  /// When it was opened; null before.
  Duration? openedAt;

  /// Nobody waits for it any more.
  bool isAbandoned = false;

  final Queue<OutgoingMessage> _inFlight = Queue();
  int _inFlightBytes = 0;
  bool _settlesSoon = false;
  bool _awaitsDrain = false;
  Completer<bool>? _sign;

  /// Sends [message], and tells the owner what becomes of it.
  void send(OutgoingMessage message) {
    write(message.data, message.compress);
    _inFlight.add(message);
    _inFlightBytes += message.size;
    if (_settlesSoon) return;
    _settlesSoon = true;
    // After the connection's own flush, which most often writes everything.
    scheduleMicrotask(_settle);
  }

  /// Sends a `String` or a `List<int>`.
  void write(Object data, [bool? compress]) => switch (data) {
    final String text => connection.sendText(text, compress: compress),
    final List<int> bytes => connection.sendBytes(bytes, compress: compress),
    _ => throw ArgumentError.value(
      data,
      'message',
      'must be a String or a List<int>',
    ),
  };

  void _settle() {
    _settlesSoon = false;
    if (_inFlight.isEmpty) return;
    final buffered = connection.bufferedAmount;
    // After that, or what has not left might look as if it had. What it was
    // comes with the end of the connection.
    if (!connection.isWritable) return;
    if (buffered == 0) {
      giveUpOn(SendResult.sent);
    } else {
      // Those whose bytes have left, whatever comes after them.
      while (_inFlight.isNotEmpty &&
          _inFlightBytes - _inFlight.first.size >= buffered) {
        _resolveFirst(SendResult.sent);
      }
      unawaited(_awaitDrain(buffered));
    }
  }

  /// Looks again when half of it has left.
  Future<void> _awaitDrain(int buffered) async {
    if (_awaitsDrain) return;
    _awaitsDrain = true;
    await connection.drained(buffered ~/ 2);
    _awaitsDrain = false;
    _settle();
  }

  /// Nothing more will be known of the messages that were sent.
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

  /// Whether the peer shows within [limit] that it is there, by the pong to a
  /// ping or by a message. A browser can't ping, so there only a message counts.
  Future<bool> probe(Duration limit) {
    _answer(false);
    final sign = _sign = Completer<bool>();
    final timer = Timer(limit, () => _answer(false));
    Future.sync(connection.ping).then((_) {
      if (_sign == sign) _answer(true);
    }, onError: (Object _) {});
    return sign.future.whenComplete(timer.cancel);
  }

  void _answer(bool isAlive) {
    _sign?.complete(isAlive);
    _sign = null;
  }

  @override
  void onOpen(String? protocol, {String extensions = ''}) =>
      _owner.onLineOpen(this, protocol, extensions);

  @override
  void onFailed(ConnectException error) => _owner.onLineFailed(this, error);

  @override
  void guard(void Function() deliver) => _owner.guardMessages(deliver);

  @override
  void onMessage(Object message) {
    if (_sign != null) _answer(true);
    _owner.onLineMessage(message);
  }

  @override
  void onClosed(CloseInfo info) {
    _answer(false);
    _owner.onLineClosed(this, info);
  }

  @override
  void onDone() => _owner.onLineDone(this);
}
