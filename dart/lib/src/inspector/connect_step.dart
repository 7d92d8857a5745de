/// A step of connecting: a phase, such as a lookup or a TLS handshake.
final class ConnectStep {
  /// Creates a step with these values.
  const ConnectStep({
    required this.kind,
    required this.target,
    required this.start,
    this.end,
    this.detail = '',
    this.error,
  });

  /// `lookup`, `tcp`, `proxy`, `tls` or `upgrade`.
  final String kind;

  /// The host, or the address with its port.
  final String target;

  /// When it began, in microseconds since 1970.
  final int start;

  /// When it ended. Null while it runs, and if it was given up.
  final int? end;

  /// What it found, such as the TLS version or the HTTP status.
  final String detail;

  /// Why it failed.
  final String? error;

  /// As the service extension returns it.
  Map<String, Object?> toJson() => {
    'kind': kind,
    'target': target,
    'start': start,
    'end': end,
    'detail': detail,
    'error': error,
  };
}
