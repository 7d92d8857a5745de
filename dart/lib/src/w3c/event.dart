/// Something that happened to a `WebSocket` (DOM Standard section 2.2).
final class Event {
  /// An event of this kind.
  const Event(this.type);

  /// `open`, `message`, `error` or `close`.
  final String type;
}

/// A message arrived (HTML Standard section 9.1).
final class MessageEvent extends Event {
  /// A message from a server.
  const MessageEvent({required this.data, required this.origin})
    : super('message');

  /// The message: a [String] for a text frame, and for a binary one what the
  /// socket's `binaryType` says.
  final Object data;

  /// Where it came from: scheme, host and port of the socket's URL.
  final String origin;
}

/// The connection failed; a [CloseEvent] follows.
///
/// Browsers keep the cause from scripts (WebSockets Standard section 4); here
/// it is told.
final class ErrorEvent extends Event {
  /// A failure and its cause.
  const ErrorEvent({required this.message, this.error}) : super('error');

  /// What went wrong, for people to read.
  final String message;

  /// The `ConnectException`, if the connection was never open.
  final Object? error;
}

/// The connection is closed; nothing comes after it (WebSockets Standard
/// section 6).
final class CloseEvent extends Event {
  /// An end of a connection.
  const CloseEvent({
    required this.code,
    required this.reason,
    required this.wasClean,
  }) : super('close');

  /// The code in the server's Close frame, 1005 if that had none, 1006 if there
  /// was no such frame (RFC 6455 section 7.1.5).
  final int code;

  /// The reason in the server's Close frame (RFC 6455 section 7.1.6).
  final String reason;

  /// Whether both sides sent a Close frame (RFC 6455 section 7.1.4).
  final bool wasClean;
}
