//! The platform's own verifier of certificates, on Apple's systems and on Windows. `verifier.rs` calls it.

use std::sync::Arc;

use rustls::{
    CertificateError, Error,
    client::{
        WebPkiServerVerifier,
        danger::{ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

use crate::{CertificateVerifier, ConnectError, TlsOptions};

/// Whether the platform verifies certificates. It takes no revocation lists, and would apply its rules for public
/// authorities to a private one, so the library has these cases.
pub(super) fn platform_verifies(options: &TlsOptions) -> bool {
    let wanted = match options.verifier {
        CertificateVerifier::Automatic => cfg!(target_vendor = "apple"),
        CertificateVerifier::Library => false,
        CertificateVerifier::Platform => cfg!(any(target_vendor = "apple", windows)),
    };
    wanted
        && !options.only_these_roots
        && !options.dangerous_accept_any_certificate
        && options.revocation_lists.is_empty()
}

/// The platform's verifier, if the options ask for it.
#[cfg(any(target_vendor = "apple", windows))]
pub(super) fn verifier(
    options: &TlsOptions,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, ConnectError> {
    if !platform_verifies(options) {
        return Ok(None);
    }
    match rustls_platform_verifier::Verifier::new(Arc::clone(provider)) {
        Ok(verifier) => Ok(Some(Arc::new(verifier))),
        Err(error) => Err(crate::error::invalid_option("tls.verifier", error)),
    }
}

/// This platform has none.
#[cfg(not(any(target_vendor = "apple", windows)))]
pub(super) fn verifier(
    _: &TlsOptions,
    _: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, ConnectError> {
    Ok(None)
}

/// Trust by the platform, or by a root of the options.
#[derive(Debug)]
pub(super) struct PlatformTrust {
    /// Verifies with the roots of the options, if there are any.
    pub(super) own: Option<Arc<WebPkiServerVerifier>>,
    pub(super) platform: Arc<dyn ServerCertVerifier>,
}

impl PlatformTrust {
    /// Verifies a certificate. It may block, so in a runtime with other threads these take over its other tasks.
    pub(super) fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let refused = match &self.own {
            None => None,
            Some(own) => match verify(own.as_ref()) {
                Ok(verified) => return Ok(verified),
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => None,
                // A root of the options issued it.
                Err(error) => Some(error),
            },
        };
        let in_runtime = Handle::try_current().map(|runtime| runtime.runtime_flavor());
        let result = match in_runtime {
            Ok(RuntimeFlavor::MultiThread) => block_in_place(|| verify(self.platform.as_ref())),
            _ => verify(self.platform.as_ref()),
        };
        result.map_err(|error| {
            refused
                .or_else(|| outside_validity(end_entity, now))
                .unwrap_or(error)
        })
    }
}

/// The error for a certificate that is expired or not yet valid. Apple's verifier has no error of its own for either,
/// and Windows' has one for both.
fn outside_validity(end_entity: &CertificateDer<'_>, now: UnixTime) -> Option<Error> {
    let certificate = webpki::EndEntityCert::try_from(end_entity).ok()?;
    // Without roots it can't succeed. The validity comes first.
    let usage = webpki::KeyUsage::server_auth();
    let error = certificate
        .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &[], &[], now, usage, None, None)
        .err()?;
    let error = match error {
        webpki::Error::CertExpired { time, not_after } => {
            CertificateError::ExpiredContext { time, not_after }
        }
        webpki::Error::CertNotValidYet { time, not_before } => {
            CertificateError::NotValidYetContext { time, not_before }
        }
        _ => return None,
    };
    Some(Error::InvalidCertificate(error))
}
