//! The options of TLS. They are checked in `config.rs`.

use crate::options::setters;

/// How a `wss` connection is secured. By default certificates are verified as a browser does: on Apple's systems by the
/// platform, elsewhere with the roots of Mozilla's list, as of the build of this library, and of the platform's store.
/// A root that a user or a company has installed is trusted, on Android only with [`user_roots`](Self::user_roots).
///
/// Each field has a setter of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TlsOptions {
    /// Additional trusted root certificates, each in PEM (one or more) or DER. Default: none.
    pub roots: Vec<Vec<u8>>,
    /// Trust the roots that the user or a company has added to Android's settings, too. Other platforms trust such
    /// roots anyway. Default: false, as for apps that use Android's own TLS.
    pub user_roots: bool,
    /// Trust [`roots`](Self::roots) only. Default: false.
    pub only_these_roots: bool,
    /// Certificate revocation lists in PEM or DER (RFC 5280 section 5). A certificate in a list is rejected. If an
    /// authority's list is past its next update, all certificates of that authority are rejected, so renew lists in
    /// time. A certificate of an authority without a list is accepted. With lists, the platform does not verify: see
    /// [`verifier`](Self::verifier). Default: none.
    pub revocation_lists: Vec<Vec<u8>>,
    /// Who verifies the server's certificate. The library does, whatever this says, with
    /// [`only_these_roots`](Self::only_these_roots) or [`revocation_lists`](Self::revocation_lists), which the platform
    /// can't take, and for a certificate of one of the [`roots`](Self::roots). Default: [`CertificateVerifier::Automatic`].
    pub verifier: CertificateVerifier,
    /// The client's certificate chain and private key, for servers that request one. Default: none.
    pub identity: Option<ClientIdentity>,
    /// SHA-256 hashes of public keys (SubjectPublicKeyInfo, RFC 7469 section 2.4). If there are any, the server's own
    /// certificate must have one of these keys, in addition to being trusted. Default: none.
    pub pins: Vec<[u8; 32]>,
    /// The server name to send (SNI, RFC 6066 section 3) and to verify, instead of the URL's host. Default: none.
    pub server_name: Option<String>,
    /// Disables the verification of certificates, except for [`pins`](Self::pins). Anyone on the network can then
    /// impersonate the server: use it for tests only. Default: false.
    pub dangerous_accept_any_certificate: bool,
}

impl TlsOptions {
    setters! {
        roots: Vec<Vec<u8>>,
        user_roots: bool,
        only_these_roots: bool,
        revocation_lists: Vec<Vec<u8>>,
        verifier: CertificateVerifier,
        identity: impl Into<Option<ClientIdentity>>,
        pins: Vec<[u8; 32]>,
        server_name: impl Into<Option<String>>,
        dangerous_accept_any_certificate: bool,
    }
}

impl TlsOptions {
    /// Whether the platform verifies certificates. It takes no revocation lists and can't trust certain roots only.
    pub(super) fn platform_verifies(&self) -> bool {
        let wanted = match self.verifier {
            CertificateVerifier::Automatic => cfg!(target_vendor = "apple"),
            CertificateVerifier::Library => false,
            CertificateVerifier::Platform => cfg!(any(target_vendor = "apple", windows)),
        };
        wanted
            && !self.only_these_roots
            && !self.dangerous_accept_any_certificate
            && self.revocation_lists.is_empty()
    }
}

/// Who verifies a server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateVerifier {
    /// The platform on Apple's systems, else the library.
    #[default]
    Automatic,
    /// This library, with Mozilla's list and the roots of the platform's store. iOS gives no list of its roots, so
    /// there only Mozilla's list is trusted.
    Library,
    /// The platform on Apple's systems and on Windows, else the library. The platform applies its roots, its distrust,
    /// revocation and its other rules. Windows may ask the network whether a certificate is revoked, for up to 10 s.
    Platform,
}

/// A client's certificate and private key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClientIdentity {
    /// The certificate chain, the client's own first, in PEM, or one certificate in DER.
    pub certificates: Vec<u8>,
    /// The private key of the first certificate, in PEM or DER (PKCS #8, PKCS #1 or SEC 1). It is secret and never
    /// printed.
    pub private_key: Vec<u8>,
}

/// The key is secret, never printed.
impl std::fmt::Debug for ClientIdentity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClientIdentity")
    }
}
