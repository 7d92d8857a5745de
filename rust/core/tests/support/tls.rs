//! The server's side of TLS.

use std::sync::Arc;

use test_server::Identity;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

/// Accepts TLS with a certificate, and requests none from the client.
pub(crate) fn acceptor(identity: &Identity) -> TlsAcceptor {
    let chain = vec![CertificateDer::from(identity.certificate_der.clone())];
    let key = PrivatePkcs8KeyDer::from(identity.key_der.clone());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions that ring supports")
        .with_no_client_auth()
        .with_single_cert(chain, key.into())
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}
