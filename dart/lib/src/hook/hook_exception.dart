/// The native library can't be built.
final class HookException implements Exception {
  /// Creates the exception.
  const HookException(this.message);

  /// The cause, and what to do.
  final String message;

  @override
  String toString() => message;
}
