import 'package:meta/meta.dart';

/// How messages are queued that are added while there is no connection, before
/// and while `ReconnectOptions.onReconnected` runs, and while the channel is
/// suspended.
///
/// When there is a connection they are sent in order, as fast as
/// `WebSocketOptions.maxBufferedAmount` allows; what is added meanwhile is
/// queued behind them. Each message that was not sent is reported by `send` or
/// `unsent`.
final class QueueOptions {
  /// A queue with these limits; what is left out keeps its default.
  const QueueOptions({
    this.maxMessages = 1000,
    this.maxBytes = 16 * 1024 * 1024,
    this.policy = QueuePolicy.dropOldest,
  });

  /// How many messages are kept; with 0 none are. Default: 1000.
  final int maxMessages;

  /// How many bytes of payload are kept (UTF-8 for text). Default: 16 MiB.
  final int maxBytes;

  /// What happens when the queue is full. Default: [QueuePolicy.dropOldest].
  final QueuePolicy policy;

  /// Throws an [ArgumentError] for values that can't be used.
  @internal
  void check() {
    RangeError.checkNotNegative(maxMessages, 'reconnect.queue.maxMessages');
    RangeError.checkNotNegative(maxBytes, 'reconnect.queue.maxBytes');
    if (policy == QueuePolicy.fail && (maxMessages == 0 || maxBytes == 0)) {
      throw ArgumentError.value(
        maxMessages == 0 ? maxMessages : maxBytes,
        'reconnect.queue.${maxMessages == 0 ? 'maxMessages' : 'maxBytes'}',
        'must be > 0 with QueuePolicy.fail, or nothing could be added before '
            'the connection is open',
      );
    }
  }
}

/// What happens to a message for which the queue has no room.
enum QueuePolicy {
  /// The oldest messages make room for it. One that is larger than the whole
  /// queue is dropped itself.
  dropOldest,

  /// It is dropped.
  dropNewest,

  /// It is dropped, and `sink.add` throws a `QueueFullException`.
  fail,
}
