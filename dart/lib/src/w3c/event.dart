/// An event of a `WebSocket` (DOM Standard section 2.2).
final class Event {
  /// Creates an event of this [type].
  const Event(this.type);

  /// `open`, `message`, `error` or `close`.
  final String type;
}

/// A message arrived (HTML Standard section 9.1).
final class MessageEvent extends Event {
  /// Creates the event of a message.
  const MessageEvent({required this.data, required this.origin})
    : super('message');

  /// The message: a [String] for text; for binary the type of the socket's
  /// `binaryType`.
  final Object data;

  /// The origin of the socket's URL: scheme, host and port.
  final String origin;
}

/// The connection failed; a [CloseEvent] follows.
///
/// It has the cause, which browsers hide from scripts (WebSockets Standard
/// section 4).
final class ErrorEvent extends Event {
  /// Creates the event of a failure.
  const ErrorEvent({required this.message, this.error}) : super('error');

  /// A message that says what went wrong.
  final String message;

  /// The `ConnectException` if the connection was never open, otherwise null.
  final Object? error;
}

/// The connection is closed. It is the last event (WebSockets Standard section
/// 6).
final class CloseEvent extends Event {
  /// Creates the event of a close.
  const CloseEvent({
    required this.code,
    required this.reason,
    required this.wasClean,
  }) : super('close');

  /// The code of the server's Close frame, 1005 if the frame had none, 1006
  /// without a frame (RFC 6455 section 7.1.5).
  final int code;

  /// The reason of the server's Close frame (RFC 6455 section 7.1.6).
  final String reason;

  /// Whether both sides sent a Close frame (RFC 6455 section 7.1.4).
  final bool wasClean;
}
