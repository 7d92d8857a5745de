//! The verification of a server's certificate, and the conversion of its errors. rustls calls the verifier.
//! `platform.rs` has the platform's.

use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

#[cfg(any(target_vendor = "apple", windows, test))]
use super::platform::PlatformTrust;
use crate::TlsFailure;

pub(super) fn certificate_failure(error: &CertificateError) -> TlsFailure {
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

/// Who decides whether a certificate is trusted.
#[derive(Debug)]
pub(super) enum Trust {
    /// Every certificate is accepted.
    Any,
    /// This library, with roots that it has.
    Library(Arc<WebPkiServerVerifier>),
    /// The platform.
    #[cfg(any(target_vendor = "apple", windows, test))]
    Platform(PlatformTrust),
}

/// Verifies the server's certificate as the options require.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) trust: Trust,
    /// If there are any, the server's own certificate must have one of these keys. Other certificates that it sends may
    /// not be part of the verified chain.
    pub(super) pins: Vec<[u8; 32]>,
    /// For verifying that the server has the key of its certificate, which is always done.
    pub(super) algorithms: WebPkiSupportedAlgorithms,
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
#[error("the server's public key is not pinned, its SHA-256 hash is {0}")]
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
            Trust::Any => ServerCertVerified::assertion(),
            Trust::Library(library) => library.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            )?,
            #[cfg(any(target_vendor = "apple", windows, test))]
            Trust::Platform(platform) => {
                platform.verify(end_entity, intermediates, server_name, ocsp_response, now)?
            }
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
