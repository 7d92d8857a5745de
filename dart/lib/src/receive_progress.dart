/// How far a message is that is not complete.
final class ReceiveProgress {
  /// [received] bytes of [total] are there.
  const ReceiveProgress(this.received, this.total);

  /// Bytes of payload that are there, inflated if they came compressed.
  final int received;

  /// Bytes that the whole message will have; null while that is not known, for
  /// a message that is compressed or comes in fragments.
  final int? total;

  @override
  String toString() => 'ReceiveProgress($received of ${total ?? 'unknown'})';
}
