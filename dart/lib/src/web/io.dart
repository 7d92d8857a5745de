/// What this package's exceptions need of dart:io, for the web, where programs
/// that import dart:io are not supported. Nothing here is ever thrown.
library;

/// An error of the operating system; a browser tells of none.
final class OSError implements Exception {
  /// The error [errorCode], in words.
  const OSError([this.message = '', this.errorCode = noErrorCode]);

  /// The code of an error that has none.
  static const int noErrorCode = -1;

  /// The error in words.
  final String message;

  /// The operating system's number for it.
  final int errorCode;

  @override
  String toString() => 'OS Error: $message, errno = $errorCode';
}

/// An address of the internet protocol; a browser tells of none.
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

/// A failure of TLS while it was being agreed on.
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

  /// What was asked for.
  Uri? get uri;
}

/// A failure of a WebSocket.
abstract interface class WebSocketException implements Exception {
  /// What failed.
  String get message;

  /// The status of a refused upgrade.
  int? get httpStatusCode;
}
