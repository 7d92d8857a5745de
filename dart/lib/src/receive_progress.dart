/// How much of a message has been received.
final class ReceiveProgress {
  /// Creates the progress of a message: [received] bytes of [total].
  const ReceiveProgress(this.received, this.total);

  /// Bytes of payload that have been received, after inflating.
  final int received;

  /// Bytes of payload of the whole message; null for a compressed or fragmented
  /// message, whose size is not known.
  final int? total;

  @override
  String toString() => 'ReceiveProgress($received of ${total ?? 'unknown'})';
}
