//! Configurations of rustls. One is kept for each set of options, since TLS sessions are resumed within one.
//! [`Tls`](super::Tls) calls it.

use std::sync::Arc;

use parking_lot::Mutex;
use rustls::{
    ClientConfig, RootCertStore,
    client::{VerifierBuilderError, WebPkiServerVerifier},
    crypto::{CryptoProvider, ring::cipher_suite::TLS13_AES_128_GCM_SHA256},
    pki_types::{CertificateDer, CertificateRevocationListDer},
};

use super::{
    pem::{items, private_key},
    verifier::{Trust, Verifier},
};
use crate::{ConnectError, TlsOptions, error::invalid_option};

/// The configuration for `options` with the additional `roots`. It is kept, since sessions are resumed within a
/// configuration and since building one takes time.
pub(super) fn config(
    options: &TlsOptions,
    roots: &RootCertStore,
) -> Result<Arc<ClientConfig>, ConnectError> {
    static CONFIGS: Mutex<Configs> = Mutex::new(Configs(Vec::new()));
    if let Some(config) = CONFIGS.lock().get(options) {
        return Ok(config);
    }
    // Build it without the lock.
    let config = Arc::new(new_config(options, roots)?);
    let mut configs = CONFIGS.lock();
    // Another connect may have added the same meanwhile.
    if let Some(config) = configs.get(options) {
        return Ok(config);
    }
    configs.put(options.clone(), Arc::clone(&config));
    Ok(config)
}

/// Kept configurations, the least recently used first.
struct Configs(Vec<(TlsOptions, Arc<ClientConfig>)>);

impl Configs {
    const CAPACITY: usize = 16;

    fn get(&mut self, options: &TlsOptions) -> Option<Arc<ClientConfig>> {
        let at = self.0.iter().position(|(its, _)| its == options)?;
        let used = self.0.remove(at);
        let config = Arc::clone(&used.1);
        self.0.push(used);
        Some(config)
    }

    fn put(&mut self, options: TlsOptions, config: Arc<ClientConfig>) {
        if self.0.len() == Self::CAPACITY {
            self.0.remove(0);
        }
        self.0.push((options, config));
    }
}

pub(super) fn new_config(
    options: &TlsOptions,
    roots: &RootCertStore,
) -> Result<ClientConfig, ConnectError> {
    let provider = Arc::new(provider());
    let trust = trust(options, roots.clone(), &provider)?;
    config_with(options, trust, provider)
}

/// ring's algorithms. In TLS 1.3 AES with keys of 128 bits is preferred, as in the browsers: rustls prefers 256 bits,
/// which take more rounds for each block, and SHA-384, which is slow on 32-bit processors.
fn provider() -> CryptoProvider {
    let mut provider = rustls::crypto::ring::default_provider();
    let suites = &mut provider.cipher_suites;
    if let Some(at) = suites.iter().position(|it| *it == TLS13_AES_128_GCM_SHA256) {
        let preferred = suites.remove(at);
        suites.insert(0, preferred);
    }
    provider
}

/// The configuration for `options` with the roots in `trust`.
pub(super) fn config_with(
    options: &TlsOptions,
    trust: Trust,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, ConnectError> {
    let verifier = Verifier {
        trust,
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

fn trust(
    options: &TlsOptions,
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Trust, ConnectError> {
    if options.dangerous_accept_any_certificate {
        return Ok(Trust::Any);
    }
    #[cfg(any(target_vendor = "apple", windows))]
    if options.platform_verifies() {
        let platform = super::platform::verifier(provider)?;
        return platform_trust(options, platform, provider).map(Trust::Platform);
    }
    web_pki(options, roots, provider).map(Trust::Library)
}

/// The platform's verifier, and this library's for the roots of the options.
#[cfg(any(target_vendor = "apple", windows, test))]
pub(super) fn platform_trust(
    options: &TlsOptions,
    platform: Arc<dyn rustls::client::danger::ServerCertVerifier>,
    provider: &Arc<CryptoProvider>,
) -> Result<super::platform::PlatformTrust, ConnectError> {
    let own = match options.roots.is_empty() {
        true => None,
        false => Some(web_pki(options, RootCertStore::empty(), provider)?),
    };
    Ok(super::platform::PlatformTrust { own, platform })
}

/// This library's verifier, with `roots` and those of the options.
fn web_pki(
    options: &TlsOptions,
    mut roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, ConnectError> {
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
        })
}

#[cfg(test)]
mod tests {
    use rustls::CipherSuite;

    use super::*;

    #[test]
    fn aes_with_short_keys_is_preferred_and_no_suite_is_lost() {
        let ours = provider().cipher_suites;
        let all = rustls::crypto::ring::default_provider().cipher_suites;
        let first = ours.first().map(|suite| suite.suite());
        assert_eq!(first, Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
        assert_eq!(ours.len(), all.len());
        assert!(all.iter().all(|suite| ours.contains(suite)));
    }
}
