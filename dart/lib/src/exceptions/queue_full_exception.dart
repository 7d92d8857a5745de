import '../options/queue_options.dart';

/// The queue is full, and its policy is [QueuePolicy.fail].
final class QueueFullException implements Exception {
  /// A queue with these limits has no room.
  const QueueFullException(this.options);

  /// The limits.
  final QueueOptions options;

  @override
  String toString() =>
      'QueueFullException: There is no connection, and the queue holds '
      '${options.maxMessages} messages or ${options.maxBytes} bytes at most: '
      'wait for ChannelOpen, or allow for more in ReconnectOptions.queue';
}
