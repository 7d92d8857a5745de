//! What a connect can be told about TLS.

use crate::options::setters;

/// How a `wss` connection is secured. The default is what a browser does: everything is verified. Trusted are the
/// certificates of Mozilla's list, as it was when this library was built, and those of the platform's store on Linux,
/// macOS and Windows. Android and iOS offer their stores only through calls of their own, which are not made: what a
/// user or a company has installed there is not trusted unless it is in [`roots`](Self::roots).
///
/// Each field has a setter of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TlsOptions {
    /// Certificates to trust beside the default ones, each PEM (one or more of them) or DER. Default: none.
    pub roots: Vec<Vec<u8>>,
    /// Trust [`roots`](Self::roots) alone. Default: no.
    pub only_these_roots: bool,
    /// Revocation lists (PEM or DER). A certificate that is in one is refused, and so is every certificate of an
    /// authority whose list is past its next update, since what was revoked after that is not in it: renew lists in
    /// time. A certificate whose authority has no list here passes. Default: none.
    pub revocation_lists: Vec<Vec<u8>>,
    /// The client's certificate chain (PEM, its own first, or one in DER) and private key (PEM or DER: PKCS #8,
    /// PKCS #1 or SEC 1), for servers that ask for one. Default: none.
    pub identity: Option<ClientIdentity>,
    /// SHA-256 hashes of public keys (SubjectPublicKeyInfo, RFC 7469 section 2.4). If there are any, the server's own
    /// certificate must have one of these keys, beside being trusted or accepted. Default: none.
    pub pins: Vec<[u8; 32]>,
    /// The name to ask for (SNI) and to verify, instead of the URL's host. Default: none.
    pub server_name: Option<String>,
    /// Accept every certificate, which anybody in between can make: for experiments. [`pins`](Self::pins) still count,
    /// nothing else. Default: no.
    pub dangerous_accept_any_certificate: bool,
}

impl TlsOptions {
    setters! {
        roots: Vec<Vec<u8>>,
        only_these_roots: bool,
        revocation_lists: Vec<Vec<u8>>,
        identity: impl Into<Option<ClientIdentity>>,
        pins: Vec<[u8; 32]>,
        server_name: impl Into<Option<String>>,
        dangerous_accept_any_certificate: bool,
    }
}

/// What a client proves its identity with.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClientIdentity {
    /// Certificate chain.
    pub certificates: Vec<u8>,
    /// Private key of the first certificate.
    pub private_key: Vec<u8>,
}

/// The key is secret, never printed.
impl std::fmt::Debug for ClientIdentity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClientIdentity")
    }
}
