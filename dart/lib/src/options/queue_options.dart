import 'package:meta/meta.dart';

/// The queue for messages that are added without a connection, before and while
/// `ReconnectOptions.onReconnected` runs, and while the channel is suspended.
///
/// With a connection they are sent in order, as fast as
/// `WebSocketOptions.maxBufferedAmount` allows; messages added meanwhile are
/// queued behind them. Each message that was not sent is reported by `send` or
/// `unsent`.
final class QueueOptions {
  /// Creates options with these values.
  const QueueOptions({
    this.maxMessages = 1000,
    this.maxBytes = 16 * 1024 * 1024,
    this.policy = QueuePolicy.dropOldest,
  });

  /// The largest number of messages; 0 disables the queue. Default: 1000.
  final int maxMessages;

  /// The largest size, in bytes of payload (UTF-8 for text). Default: 16 MiB.
  final int maxBytes;

  /// What happens when the queue is full. Default: [QueuePolicy.dropOldest].
  final QueuePolicy policy;

  /// Throws an [ArgumentError] for an invalid value.
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

/// What happens to a message that does not fit the queue.
enum QueuePolicy {
  /// The oldest messages are dropped. A message that is larger than the queue
  /// is dropped itself.
  dropOldest,

  /// The message is dropped.
  dropNewest,

  /// The message is dropped, and `sink.add` throws a `QueueFullException`.
  fail,
}
