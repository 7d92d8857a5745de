/// Why the native library can't be built, and what to do about it.
final class HookException implements Exception {
  /// A failure with its cause and its remedy.
  const HookException(this.message);

  /// Both, for people to read.
  final String message;

  @override
  String toString() => message;
}
