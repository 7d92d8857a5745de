//! TLS by rustls with ring: TLS 1.2 and 1.3, ALPN `http/1.1`, sessions resumed across connections.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;
use ring::digest::{SHA256, digest};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        VerifierBuilderError, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    },
    pki_types::{
        CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime,
        pem::{self, PemObject},
    },
};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    ConnectError, TlsFailure,
    error::invalid_option,
    net::{stream::HandshakeFailure, target::Target, tcp::Tcp},
    options::setters,
};

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

/// TLS for a connection.
#[derive(Debug)]
pub(crate) struct Tls {
    config: Config,
    server_name: ServerName<'static>,
}

#[derive(Debug)]
enum Config {
    Made(Arc<ClientConfig>),
    /// The options are good. What they come to waits for the platform's store.
    Checked(Box<TlsOptions>),
}

impl Tls {
    /// Checks the options, so that bad ones fail before anything is sent. Does not read the platform's store, which
    /// takes tens of milliseconds.
    pub(crate) fn new(options: &TlsOptions, host: &str) -> Result<Self, ConnectError> {
        let name = options.server_name.as_deref().unwrap_or(host);
        let server_name = ServerName::try_from(name.to_owned())
            .map_err(|_| invalid_option("tls.serverName", format!("{name:?} is no host name")))?;
        let config = match known_roots(options) {
            Some(roots) => Config::Made(config(options, roots)?),
            None => {
                new_config(options, &mozilla_roots())?;
                Config::Checked(Box::new(options.clone()))
            }
        };
        Ok(Self {
            config,
            server_name,
        })
    }

    /// Reads the platform's store if it is needed and has not been read.
    pub(crate) async fn prepare(&self) {
        if let Config::Checked(_) = self.config {
            default_roots().await;
        }
    }

    /// Does the TLS handshake.
    pub(crate) async fn secure(
        &self,
        tcp: Tcp,
        target: &Target,
    ) -> Result<TlsStream<Tcp>, HandshakeFailure> {
        let config = match &self.config {
            Config::Made(config) => Arc::clone(config),
            Config::Checked(options) => config(options, default_roots().await)?,
        };
        TlsConnector::from(config)
            .connect(self.server_name.clone(), tcp)
            .await
            .map_err(|error| failure(&error, target))
    }
}

/// The configuration for `options`, whose roots beside their own are `roots`. It is kept, since sessions are resumed
/// within a configuration, and since sorting roots is not free.
fn config(options: &TlsOptions, roots: &RootCertStore) -> Result<Arc<ClientConfig>, ConnectError> {
    static MADE: Mutex<Configs> = Mutex::new(Configs(Vec::new()));
    if let Some(config) = MADE.lock().get(options) {
        return Ok(config);
    }
    // Not under the lock.
    let config = Arc::new(new_config(options, roots)?);
    let mut made = MADE.lock();
    // Another connect may have made the same meanwhile.
    if let Some(config) = made.get(options) {
        return Ok(config);
    }
    made.put(options.clone(), Arc::clone(&config));
    Ok(config)
}

/// Configurations, the least recently used first.
struct Configs(Vec<(TlsOptions, Arc<ClientConfig>)>);

impl Configs {
    const MOST: usize = 16;

    fn get(&mut self, options: &TlsOptions) -> Option<Arc<ClientConfig>> {
        let at = self.0.iter().position(|(its, _)| its == options)?;
        let used = self.0.remove(at);
        let config = Arc::clone(&used.1);
        self.0.push(used);
        Some(config)
    }

    fn put(&mut self, options: TlsOptions, config: Arc<ClientConfig>) {
        if self.0.len() == Self::MOST {
            self.0.remove(0);
        }
        self.0.push((options, config));
    }
}

fn new_config(options: &TlsOptions, roots: &RootCertStore) -> Result<ClientConfig, ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier {
        trust: trust(options, roots.clone(), &provider)?,
        pins: options.pins.clone(),
        algorithms: provider.signature_verification_algorithms,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid_option("tls", error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &options.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let certificates = items("tls.identity.certificates", &identity.certificates)?;
            let key = private_key(&identity.private_key)?;
            builder
                .with_client_auth_cert(certificates, key)
                .map_err(|error| invalid_option("tls.identity", error))?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// What decides whether a certificate is trusted; none if every one is.
fn trust(
    options: &TlsOptions,
    mut roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<WebPkiServerVerifier>>, ConnectError> {
    if options.dangerous_accept_any_certificate {
        return Ok(None);
    }
    for root in &options.roots {
        for certificate in items::<CertificateDer<'static>>("tls.roots", root)? {
            roots
                .add(certificate)
                .map_err(|error| invalid_option("tls.roots", error))?;
        }
    }
    let mut lists = Vec::new();
    for list in &options.revocation_lists {
        lists.extend(items::<CertificateRevocationListDer<'static>>(
            "tls.revocationLists",
            list,
        )?);
    }
    let web_pki =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .with_crls(lists)
            .enforce_revocation_expiration()
            .allow_unknown_revocation_status()
            .build()
            .map_err(|error| {
                let option = match error {
                    VerifierBuilderError::InvalidCrl(_) => "tls.revocationLists",
                    _ => "tls.roots",
                };
                invalid_option(option, error)
            })?;
    Ok(Some(web_pki))
}

/// Mozilla's list with the platform's store, once that has been read.
static DEFAULT_ROOTS: OnceLock<RootCertStore> = OnceLock::new();

/// The roots beside those of the options, unless the platform's store is still to be read for them.
fn known_roots(options: &TlsOptions) -> Option<&'static RootCertStore> {
    static NONE: RootCertStore = RootCertStore { roots: Vec::new() };
    if options.only_these_roots || options.dangerous_accept_any_certificate {
        Some(&NONE)
    } else {
        DEFAULT_ROOTS.get()
    }
}

/// Reads the platform's store on a thread that may block, once in the process. Who no longer waits for it leaves it to
/// the next connect.
async fn default_roots() -> &'static RootCertStore {
    // The read that has begun: one thread is enough, however many connects wait or are cancelled.
    static READ: tokio::sync::Mutex<Option<JoinHandle<RootCertStore>>> =
        tokio::sync::Mutex::const_new(None);
    let mut read = READ.lock().await;
    if let Some(roots) = DEFAULT_ROOTS.get() {
        return roots;
    }
    let result = read
        .get_or_insert_with(|| spawn_blocking(read_default_roots))
        .await;
    *read = None;
    DEFAULT_ROOTS.get_or_init(|| result.unwrap_or_else(|_| mozilla_roots()))
}

/// Mozilla's list, and the platform's store where it can be read: on Linux, macOS and Windows. On Android and iOS
/// rustls-native-certs finds nothing of the system's.
fn read_default_roots() -> RootCertStore {
    let mut roots = mozilla_roots();
    if cfg!(not(any(target_os = "android", target_os = "ios"))) {
        // A store that can't be read is as good as none, and a certificate in it that nobody understands verifies
        // nothing.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    roots
}

fn mozilla_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

/// What a file holds: one thing in DER, or one or more in PEM.
fn items<T: PemObject + From<Vec<u8>>>(option: &str, bytes: &[u8]) -> Result<Vec<T>, ConnectError> {
    if !is_pem(bytes) {
        return Ok(vec![T::from(bytes.to_vec())]);
    }
    let items: Result<Vec<_>, pem::Error> = T::pem_slice_iter(bytes).collect();
    match items {
        Ok(items) if !items.is_empty() => Ok(items),
        Ok(_) => Err(invalid_pem(option, &pem::Error::NoItemsFound)),
        Err(error) => Err(invalid_pem(option, &error)),
    }
}

/// The errors themselves repeat lines of the file, which may be a private key's.
fn invalid_pem(option: &str, error: &pem::Error) -> ConnectError {
    let detail = match error {
        pem::Error::NoItemsFound => "the PEM has nothing of this kind",
        pem::Error::MissingSectionEnd { .. } => "a section of the PEM has no end",
        pem::Error::IllegalSectionStart { .. } => "a section of the PEM has a broken first line",
        pem::Error::Base64Decode(_) => "a section of the PEM is not base64",
        _ => "the PEM can't be read",
    };
    invalid_option(option, detail)
}

fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, ConnectError> {
    const OPTION: &str = "tls.identity.privateKey";
    if is_pem(bytes) {
        PrivateKeyDer::from_pem_slice(bytes).map_err(|error| invalid_pem(OPTION, &error))
    } else {
        PrivateKeyDer::try_from(bytes.to_vec()).map_err(|error| invalid_option(OPTION, error))
    }
}

/// DER starts with a SEQUENCE, 0x30, which is also the digit 0, with which no PEM starts.
fn is_pem(bytes: &[u8]) -> bool {
    bytes.first() != Some(&0x30)
}

/// What went wrong in a handshake.
fn failure(error: &io::Error, target: &Target) -> HandshakeFailure {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref());
    let kind = match cause {
        Some(Error::InvalidCertificate(error)) => certificate_failure(error),
        _ => TlsFailure::Handshake,
    };
    let error = ConnectError::Tls {
        host: target.host.clone(),
        port: target.port,
        kind,
        detail: error.to_string(),
    };
    // Without a cause in TLS it was the line that failed.
    match cause {
        Some(_) => HandshakeFailure::Unfit(error),
        None => HandshakeFailure::Lost(error),
    }
}

fn certificate_failure(error: &CertificateError) -> TlsFailure {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => TlsFailure::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => TlsFailure::NotYetValid,
        E::NotValidForName | E::NotValidForNameContext { .. } => TlsFailure::WrongHost,
        E::Revoked => TlsFailure::Revoked,
        E::Other(other) if other.0.is::<PinMismatch>() => TlsFailure::PinMismatch,
        _ => TlsFailure::Untrusted,
    }
}

/// Verifies the server as the options have it.
#[derive(Debug)]
struct Verifier {
    /// None if every certificate is accepted.
    trust: Option<Arc<WebPkiServerVerifier>>,
    /// If there are any, the server's own certificate must have one of these keys: what else it sends is not known to
    /// be a part of the chain that was verified.
    pins: Vec<[u8; 32]>,
    /// Also a server whose certificate is not verified must have its key.
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    fn check_pins(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        if self.pins.is_empty() {
            return Ok(());
        }
        let certificate = webpki::EndEntityCert::try_from(certificate)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let hash = digest(&SHA256, certificate.subject_public_key_info().as_ref());
        if self.pins.iter().any(|pin| pin == hash.as_ref()) {
            return Ok(());
        }
        let mismatch = PinMismatch(hex(hash.as_ref()));
        Err(Error::InvalidCertificate(CertificateError::Other(
            rustls::OtherError(Arc::new(mismatch)),
        )))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the server's public key is not among the pinned ones, its hash is {0}")]
struct PinMismatch(String);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = match &self.trust {
            Some(trust) => trust.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            )?,
            None => ServerCertVerified::assertion(),
        };
        self.check_pins(end_entity).map(|()| verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_goes_on_to_be_used_is_kept() {
        let made = |pin| {
            let options = TlsOptions::default()
                .dangerous_accept_any_certificate(true)
                .pins(vec![[pin; 32]]);
            match Tls::new(&options, "localhost")
                .expect("good options")
                .config
            {
                Config::Made(config) => config,
                Config::Checked(_) => panic!("no store is needed"),
            }
        };
        let first = made(0);
        for other in 1..=20 {
            made(other);
            assert!(Arc::ptr_eq(&made(0), &first), "after {other} others");
        }
    }
}
