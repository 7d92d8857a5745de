/// What every error struct of generated code implements.
class FrbException implements Exception {}

/// The Rust function panicked.
class PanicException implements FrbException {
  PanicException(this.message);

  final String message;

  @override
  String toString() => 'PanicException($message)';
}

/// The Rust function returned an `anyhow::Error`.
class AnyhowException implements FrbException {
  AnyhowException(this.message);

  final String message;

  @override
  String toString() => 'AnyhowException($message)';
}
