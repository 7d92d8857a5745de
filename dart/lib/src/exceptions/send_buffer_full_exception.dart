import 'package:web_socket/web_socket.dart' show WebSocketException;

/// More would be buffered than `WebSocketOptions.maxBufferedAmount` allows.
///
/// Nothing of the message was sent, and the connection stays open: send it again
/// after `flush()`, or drop it.
final class SendBufferFullException implements WebSocketException {
  /// Creates the exception for a refused message.
  const SendBufferFullException();

  @override
  String get message =>
      'More would be buffered than options.maxBufferedAmount: await flush()';

  @override
  String toString() => 'SendBufferFullException: $message';
}
