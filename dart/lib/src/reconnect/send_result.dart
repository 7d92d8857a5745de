/// What became of a message that was to be sent.
///
/// None of them means that the peer has received it: only an answer does.
enum SendResult {
  /// It was handed to the operating system, all of it.
  sent,

  /// It was handed to a connection that ended before all of it was known to be
  /// with the operating system. The peer may have received it, so it is not
  /// sent again.
  lost,

  /// There was no room for it: in the queue, or on a connection whose
  /// `WebSocketOptions.maxBufferedAmount` is reached. It was never sent.
  dropped,

  /// The channel was closed, or gave up, before there was a connection with
  /// room for it. It was never sent.
  closed,
}

/// A message that was not sent, or may not have been.
final class UnsentMessage {
  /// A [message], and what became of it.
  const UnsentMessage(this.message, this.result);

  /// A `String` or a `List<int>`, as it was added.
  final Object message;

  /// Why; not [SendResult.sent].
  final SendResult result;

  @override
  String toString() => 'UnsentMessage(${result.name})';
}
