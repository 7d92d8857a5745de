/// How a `wss` connection is secured: TLS 1.2 or 1.3, by rustls. Ignored in a
/// browser.
///
/// The default is what a browser does: everything is verified. Trusted are the
/// certificates of Mozilla's list, as it was when the library was built, and
///
/// - on Linux those of the files and folders that OpenSSL would read, or of
///   `SSL_CERT_FILE` and `SSL_CERT_DIR`;
/// - on macOS the trusted roots of system, administrator and user;
/// - on Windows the current user's `ROOT` store;
/// - on **Android and iOS none**: their stores are not read. What a user or a
///   company has installed there is not trusted unless it is in [roots].
///
/// `docs/security.md` in the repository says more.
///
/// Certificates, lists and keys are the bytes of a file, PEM or DER. What can't
/// be used is an `InvalidRequestException` that names the option, before
/// anything is sent.
final class TlsOptions {
  /// Options with these values; what is left out keeps its default.
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

  /// Certificates to trust beside the default ones, each a PEM (of one or more)
  /// or a DER. Default: none.
  final List<List<int>> roots;

  /// Trust [roots] alone. Default: no.
  final bool onlyTheseRoots;

  /// Certificate revocation lists (RFC 5280 section 5), PEM or DER. A
  /// certificate that is in one is refused, and so is every certificate of an
  /// authority whose list is past its next update; a certificate whose
  /// authority has no list here passes. Default: none.
  final List<List<int>> revocationLists;

  /// The client certificate, for servers that ask for one. Default: none.
  final ClientIdentity? identity;

  /// SHA-256 hashes, 32 bytes each, of public keys (SubjectPublicKeyInfo, RFC
  /// 7469 section 2.4). If there are any, the server's own certificate must
  /// have one of these keys, beside being trusted or accepted. Default: none.
  final List<List<int>> pins;

  /// The name to ask the server for (SNI, RFC 6066 section 3) and to verify its
  /// certificate against, instead of the URL's host. Default: none.
  final String? serverName;

  /// Disables verification, except for [pins]; anyone on the network can
  /// impersonate the server. For experiments: in a release build it is an
  /// [ArgumentError], unless [dangerouslyAlsoInRelease] is set as well. Default:
  /// no.
  final bool dangerouslyAcceptAnyCertificate;

  /// Allow [dangerouslyAcceptAnyCertificate] in a release build. Default: no.
  final bool dangerouslyAlsoInRelease;
}

/// A certificate and its private key (RFC 8446 section 4.4.2).
final class ClientIdentity {
  /// Creates an identity from a certificate chain and its private key.
  const ClientIdentity({required this.certificates, required this.privateKey});

  /// The certificate chain, the client's own first, in PEM, or that one in DER.
  final List<int> certificates;

  /// The private key of the first certificate: PKCS #8, PKCS #1 or SEC 1.
  final List<int> privateKey;
}
