import '../options/queue_options.dart';

/// The queue is full, and its policy is [QueuePolicy.fail].
final class QueueFullException implements Exception {
  /// Creates the exception of a queue with these limits.
  const QueueFullException(this.options);

  /// The limits.
  final QueueOptions options;

  @override
  String toString() =>
      'QueueFullException: There is no connection, and the queue holds at most '
      '${options.maxMessages} messages and ${options.maxBytes} bytes: '
      'wait for ChannelOpen, or raise the limits in ReconnectOptions.queue';
}
