/// The native library can't be provided.
final class HookException implements Exception {
  /// Creates the exception.
  const HookException(this.message);

  /// The page that tells how to name a library.
  static const page = 'the README of package:rust_web_socket';

  /// The cause, and what to do.
  final String message;

  @override
  String toString() => message;
}
