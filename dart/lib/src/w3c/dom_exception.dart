/// What a call on a `WebSocket` of this library throws: the `DOMException`s
/// (Web IDL section 2.8) that the WebSockets Standard names in section 3.1.
///
/// Each kind has a class of its own; [name] is for code that compares names.
sealed class DomException implements Exception {
  const DomException._(this.name, this.message);

  /// [name] of a [SyntaxError].
  static const String SYNTAX = 'SyntaxError';

  /// [name] of an [InvalidStateError].
  static const String INVALID_STATE = 'InvalidStateError';

  /// [name] of an [InvalidAccessError].
  static const String INVALID_ACCESS = 'InvalidAccessError';

  /// Which kind it is, as the standard spells it.
  final String name;

  /// What is wrong, and what would be right.
  final String message;

  @override
  String toString() => '$name: $message';
}

/// A URL, a subprotocol, a text or a close reason is not well formed.
final class SyntaxError extends DomException {
  /// A fault of form, with the cause.
  const SyntaxError(String message) : super._(DomException.SYNTAX, message);
}

/// The call has to wait until the connection is open.
final class InvalidStateError extends DomException {
  /// A call at the wrong time, with the cause.
  const InvalidStateError(String message)
    : super._(DomException.INVALID_STATE, message);
}

/// A close code is not for applications to send.
final class InvalidAccessError extends DomException {
  /// A code that may not be sent, with those that may.
  const InvalidAccessError(String message)
    : super._(DomException.INVALID_ACCESS, message);
}
