/// An exception of the `WebSocket` of this library: the `DOMException`s (Web
/// IDL section 2.8) that the WebSockets Standard names in section 3.1.
///
/// Each kind has its own class; [name] is for code that compares names.
sealed class DomException implements Exception {
  const DomException._(this.name, this.message);

  /// [name] of a [SyntaxError].
  static const String SYNTAX = 'SyntaxError';

  /// [name] of an [InvalidStateError].
  static const String INVALID_STATE = 'InvalidStateError';

  /// [name] of an [InvalidAccessError].
  static const String INVALID_ACCESS = 'InvalidAccessError';

  /// The kind, as the standard spells it.
  final String name;

  /// What is wrong, and what is allowed.
  final String message;

  @override
  String toString() => '$name: $message';
}

/// A URL, a subprotocol, a text or a close reason is malformed.
final class SyntaxError extends DomException {
  /// Creates the exception with its cause.
  const SyntaxError(String message) : super._(DomException.SYNTAX, message);
}

/// The connection is not open yet.
final class InvalidStateError extends DomException {
  /// Creates the exception with its cause.
  const InvalidStateError(String message)
    : super._(DomException.INVALID_STATE, message);
}

/// Applications must not send this close code.
final class InvalidAccessError extends DomException {
  /// Creates the exception with its cause.
  const InvalidAccessError(String message)
    : super._(DomException.INVALID_ACCESS, message);
}
