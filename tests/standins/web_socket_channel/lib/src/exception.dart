/// A failure of a WebSocketChannel.
class WebSocketChannelException implements Exception {
  WebSocketChannelException([this.message]) : inner = null;

  /// Wraps another exception.
  WebSocketChannelException.from(this.inner) : message = inner.toString();

  final String? message;
  final Object? inner;

  @override
  String toString() =>
      ['WebSocketChannelException', if (message != null) message].join(': ');
}
