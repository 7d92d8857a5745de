/// The native library can't be provided.
final class HookException implements Exception {
  /// Creates the exception.
  const HookException(this.message);

  /// The page about libraries and their errors.
  static const page = 'docs/install.md of package:rust_web_socket';

  /// The cause, and what to do.
  final String message;

  @override
  String toString() => message;
}
