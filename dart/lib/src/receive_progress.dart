/// How much of a message has been received.
final class ReceiveProgress {
  /// [received] bytes of [total] have been received.
  const ReceiveProgress(this.received, this.total);

  /// Bytes of payload that have been received, after inflating.
  final int received;

  /// Bytes that the whole message will have; null while that is not known, for
  /// a message that is compressed or comes in fragments.
  final int? total;

  @override
  String toString() => 'ReceiveProgress($received of ${total ?? 'unknown'})';
}
