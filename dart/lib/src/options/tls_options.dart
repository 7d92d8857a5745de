/// TLS options of a `wss` connection: TLS 1.2 or 1.3, by rustls. Ignored in a
/// browser.
///
/// By default the certificate is verified as in a browser. On iOS and macOS the
/// system verifies it, see [CertificateVerifier]. Elsewhere the certificates of
/// Mozilla's list are trusted, as of the library's build, and
///
/// - on Linux those of the files and directories that OpenSSL reads, or of
///   `SSL_CERT_FILE` and `SSL_CERT_DIR`;
/// - on Windows the current user's `ROOT` store;
/// - on Android those of the system, and with [userRoots] those that the user
///   or a company has added.
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
    this.userRoots = false,
    this.onlyTheseRoots = false,
    this.revocationLists = const [],
    this.verifier = CertificateVerifier.automatic,
    this.identity,
    this.pins = const [],
    this.serverName,
    this.dangerouslyAcceptAnyCertificate = false,
    this.dangerouslyAlsoInRelease = false,
  });

  /// Certificates to trust besides the default ones, each a PEM file (of one or
  /// more) or a DER file. Default: none.
  final List<List<int>> roots;

  /// Whether the roots that the user or a company has added to Android's
  /// settings are trusted too, at most 1000. They are read once per process.
  /// Some devices with Android 11 or older do not allow that. Then none is
  /// added, and a record of `RustWebSocketLibrary.logs` says why.
  /// Ignored on other platforms, which trust such roots anyway. Default: false,
  /// as for Android's own TLS and dart:io.
  final bool userRoots;

  /// Whether only [roots] are trusted. Default: false.
  final bool onlyTheseRoots;

  /// Certificate revocation lists (RFC 5280 section 5), PEM or DER. A
  /// certificate in a list is rejected, and so is every certificate of an
  /// authority whose list has expired. A certificate whose authority has no
  /// list here is accepted. With lists the library verifies, whatever
  /// [verifier] says. Default: none.
  final List<List<int>> revocationLists;

  /// Who verifies the server's certificate. The platform takes no revocation
  /// lists, and can't trust only certain roots: with [revocationLists] or
  /// [onlyTheseRoots] the library verifies. A certificate of one of [roots] is
  /// verified by the library too, so that a private authority need not follow
  /// the platform's rules for public ones. Default: automatic.
  final CertificateVerifier verifier;

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

/// Who verifies the certificate of a server.
enum CertificateVerifier {
  /// The system on iOS and macOS, else the library.
  automatic,

  /// The library, with Mozilla's list and the roots of the platform's store.
  /// iOS gives no list of its roots, so there only Mozilla's list is trusted.
  library,

  /// The system on iOS, macOS and Windows, elsewhere the library. The system
  /// applies its roots, those that a company has installed, its distrust,
  /// revocation, and its other rules. Windows may ask the network whether a
  /// certificate is revoked, for up to 10 s.
  platform,
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
