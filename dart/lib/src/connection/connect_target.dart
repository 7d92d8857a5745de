/// What an attempt of a reconnecting channel connects to.
final class ConnectTarget {
  /// Creates a target with these values.
  const ConnectTarget(this.url, {this.protocols, this.headers});

  /// A [String] or a [Uri] with the scheme ws or wss.
  final Object url;

  /// Subprotocols to offer, in order of preference (RFC 6455 section 1.9).
  final Iterable<String>? protocols;

  /// Fields to add to the upgrade request; a value is a [String] or a list of
  /// them. Ignored in a browser.
  final Map<String, dynamic>? headers;
}
