//! The options of TLS. They are checked in [`config`](super::config).

use crate::options::setters;

/// How a `wss` connection is secured. By default certificates are verified as a browser does. The roots are those of
/// Mozilla's list, as of the build of this library, and of the platform's store on Linux, macOS and Windows. The stores
/// of Android and iOS are not read: a root that a user or a company has installed there has to be added to
/// [`roots`](Self::roots).
///
/// Each field has a setter of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TlsOptions {
    /// Additional trusted root certificates, each in PEM (one or more) or DER. Default: none.
    pub roots: Vec<Vec<u8>>,
    /// Trust [`roots`](Self::roots) only. Default: false.
    pub only_these_roots: bool,
    /// Certificate revocation lists in PEM or DER (RFC 5280 section 5). A certificate in a list is rejected. If an
    /// authority's list is past its next update, all certificates of that authority are rejected, so renew lists in
    /// time. A certificate of an authority without a list is accepted. Default: none.
    pub revocation_lists: Vec<Vec<u8>>,
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
        only_these_roots: bool,
        revocation_lists: Vec<Vec<u8>>,
        identity: impl Into<Option<ClientIdentity>>,
        pins: Vec<[u8; 32]>,
        server_name: impl Into<Option<String>>,
        dangerous_accept_any_certificate: bool,
    }
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
