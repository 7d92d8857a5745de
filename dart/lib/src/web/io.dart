/// Stand-ins for dart:io's types that this package's exceptions implement,
/// since a web program can't import dart:io. None is ever thrown.
library;

/// An error of the operating system; never present in a browser.
final class OSError implements Exception {
  /// Creates an error with its [errorCode].
  const OSError([this.message = '', this.errorCode = noErrorCode]);

  /// The code of an error without one.
  static const int noErrorCode = -1;

  /// The error's message.
  final String message;

  /// The operating system's error number.
  final int errorCode;

  @override
  String toString() => 'OS Error: $message, errno = $errorCode';
}

/// An internet address; never present in a browser.
abstract interface class InternetAddress {}

/// A failure of a socket.
abstract interface class SocketException implements Exception {
  /// What failed.
  String get message;

  /// The operating system's error.
  OSError? get osError;

  /// The address that the socket was for.
  InternetAddress? get address;

  /// The port that the socket was for.
  int? get port;
}

/// A failure of the TLS handshake.
abstract interface class HandshakeException implements Exception {
  /// The name of the exception.
  String get type;

  /// What failed.
  String get message;

  /// The operating system's error.
  OSError? get osError;
}

/// A failure of HTTP.
abstract interface class HttpException implements Exception {
  /// What failed.
  String get message;

  /// The requested URL.
  Uri? get uri;
}

/// A failure of a WebSocket.
abstract interface class WebSocketException implements Exception {
  /// What failed.
  String get message;

  /// The status of a refused upgrade.
  int? get httpStatusCode;
}
