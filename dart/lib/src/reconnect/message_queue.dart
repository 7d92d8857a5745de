/// The messages that wait for a connection, within the limits of
/// [QueueOptions].
library;

import 'dart:collection';

import '../options/queue_options.dart';
import 'outgoing_message.dart';

/// The messages that wait for a connection.
final class MessageQueue {
  /// Creates an empty queue with these limits.
  MessageQueue(this._options);

  final QueueOptions _options;
  final Queue<OutgoingMessage> _messages = Queue();

  /// The number of messages.
  int get length => _messages.length;

  /// Bytes of payload.
  int get bytes => _bytes;
  int _bytes = 0;

  /// The oldest message; null if there is none.
  OutgoingMessage? get first => _messages.firstOrNull;

  /// Adds [message], and returns the messages that no longer fit, which may
  /// include [message].
  List<OutgoingMessage> add(OutgoingMessage message) {
    final fitsAlone =
        _options.maxMessages > 0 && message.size <= _options.maxBytes;
    if (!fitsAlone ||
        !_hasRoomFor(message) && _options.policy != QueuePolicy.dropOldest) {
      return [message];
    }
    final dropped = <OutgoingMessage>[];
    while (!_hasRoomFor(message)) {
      dropped.add(removeFirst());
    }
    _messages.add(OutgoingMessage.kept(message));
    _bytes += message.size;
    return dropped;
  }

  bool _hasRoomFor(OutgoingMessage message) =>
      _messages.length < _options.maxMessages &&
      _bytes + message.size <= _options.maxBytes;

  /// Removes the oldest message.
  OutgoingMessage removeFirst() {
    final message = _messages.removeFirst();
    _bytes -= message.size;
    return message;
  }

  /// Empties the queue, oldest first.
  Iterable<OutgoingMessage> takeAll() sync* {
    while (_messages.isNotEmpty) {
      yield removeFirst();
    }
  }
}
