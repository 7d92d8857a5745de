/// The result of sending a message.
///
/// None of them proves that the peer has received it; only an answer does.
enum SendResult {
  /// The operating system has accepted all of it.
  sent,

  /// It was given to a connection that ended before the operating system was
  /// known to have accepted all of it. The peer may have received it, so it is
  /// not sent again.
  lost,

  /// The queue was full, or the connection's
  /// `WebSocketOptions.maxBufferedAmount` was reached. It was never sent.
  dropped,

  /// The channel was closed or gave up before it could be sent. It was never
  /// sent.
  closed,
}

/// A message that was not sent, or may not have been.
final class UnsentMessage {
  /// Creates a message with its result.
  const UnsentMessage(this.message, this.result);

  /// A `String` or a `List<int>`, as it was added.
  final Object message;

  /// Why it was not sent: any value except [SendResult.sent].
  final SendResult result;

  @override
  String toString() => 'UnsentMessage(${result.name})';
}
