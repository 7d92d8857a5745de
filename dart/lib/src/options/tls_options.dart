/// TLS options of a `wss` connection: TLS 1.2 or 1.3, by rustls. Ignored in a
/// browser.
///
/// By default the certificate is verified as in a browser. Trusted are the
/// certificates of Mozilla's list, as of the library's build, and
///
/// - on Linux those of the files and directories that OpenSSL reads, or of
///   `SSL_CERT_FILE` and `SSL_CERT_DIR`;
/// - on macOS the trusted roots of system, administrator and user;
/// - on Windows the current user's `ROOT` store;
/// - on **Android and iOS none**: their stores are not read. A root that a user
///   or a company has installed is trusted only if it is in [roots].
///
/// `docs/security.md` in the repository has details.
///
/// Certificates, lists and keys are the bytes of a PEM or DER file. An invalid
/// one is an `InvalidRequestException` that names the option, before anything
/// is sent.
final class TlsOptions {
  /// Creates options with these values.
  const TlsOptions({
    this.roots = const [],
    this.onlyTheseRoots = false,
    this.revocationLists = const [],
    this.identity,
    this.pins = const [],
    this.serverName,
    this.dangerouslyAcceptAnyCertificate = false,
    this.dangerouslyAlsoInRelease = false,
  });

  /// Certificates to trust besides the default ones, each a PEM file (of one or
  /// more) or a DER file. Default: none.
  final List<List<int>> roots;

  /// Whether only [roots] are trusted. Default: false.
  final bool onlyTheseRoots;

  /// Certificate revocation lists (RFC 5280 section 5), PEM or DER. A
  /// certificate in a list is rejected, and so is every certificate of an
  /// authority whose list has expired. A certificate whose authority has no
  /// list here is accepted. Default: none.
  final List<List<int>> revocationLists;

  /// The client certificate, for servers that require one. Default: none.
  final ClientIdentity? identity;

  /// SHA-256 hashes, 32 bytes each, of public keys (SubjectPublicKeyInfo, RFC
  /// 7469 section 2.4). With pins, the server's own certificate must have one
  /// of these keys, besides being trusted. Default: none.
  final List<List<int>> pins;

  /// The name to send to the server (SNI, RFC 6066 section 3) and to verify its
  /// certificate against, instead of the URL's host. Default: none.
  final String? serverName;

  /// Disables verification, except for [pins]; anyone on the network can
  /// impersonate the server. For experiments: a release build throws an
  /// [ArgumentError] unless [dangerouslyAlsoInRelease] is set as well. Default:
  /// false.
  final bool dangerouslyAcceptAnyCertificate;

  /// Allows [dangerouslyAcceptAnyCertificate] in a release build. Default:
  /// false.
  final bool dangerouslyAlsoInRelease;
}

/// A certificate and its private key (RFC 8446 section 4.4.2).
final class ClientIdentity {
  /// Creates an identity from a certificate chain and its private key.
  const ClientIdentity({required this.certificates, required this.privateKey});

  /// The certificate chain in PEM, the client's certificate first; or that
  /// certificate alone in DER.
  final List<int> certificates;

  /// The private key of the first certificate: PKCS #8, PKCS #1 or SEC 1.
  final List<int> privateKey;
}
