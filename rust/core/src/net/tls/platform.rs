//! The platform's own verifier of certificates, on Apple's systems and on Windows. `verifier.rs` calls it.

use std::sync::Arc;

#[cfg(any(target_vendor = "apple", windows))]
use rustls::crypto::CryptoProvider;
use rustls::{
    CertificateError, Error,
    client::{
        WebPkiServerVerifier,
        danger::{ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

/// The platform's verifier.
#[cfg(any(target_vendor = "apple", windows))]
pub(super) fn verifier(
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, crate::ConnectError> {
    match rustls_platform_verifier::Verifier::new(Arc::clone(provider)) {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(error) => Err(crate::error::invalid_option("tls.verifier", error)),
    }
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
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &[],
            &[],
            now,
            usage,
            None,
            None,
        )
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

#[cfg(test)]
pub(super) mod tests {
    use std::fmt;

    use rustls::{
        DigitallySignedStruct, OtherError, SignatureScheme, client::danger::HandshakeSignatureValid,
    };
    use test_server::{Authority, Identity, Validity};

    use super::{
        super::{config::platform_trust, verifier::certificate_failure},
        *,
    };
    use crate::{CertificateVerifier, TlsFailure, TlsOptions};

    /// A platform that decides by a function.
    pub(crate) struct Platform<F>(pub(crate) F);

    impl<F> fmt::Debug for Platform<F> {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("Platform")
        }
    }

    impl<F: Fn() -> Result<(), Error> + Send + Sync> ServerCertVerifier for Platform<F> {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            (self.0)().map(|()| ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            unreachable!("this library verifies signatures")
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            unreachable!("this library verifies signatures")
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            Vec::new()
        }
    }

    type Decision = Result<(), Error>;

    fn refusing(error: CertificateError) -> Decision {
        Err(Error::InvalidCertificate(error))
    }

    /// An error that has no name in rustls, as Apple's verifier returns for a certificate that has expired.
    fn other() -> CertificateError {
        CertificateError::Other(OtherError(Arc::new(std::io::Error::other("-67818"))))
    }

    fn issued(names: &[&str], validity: Validity) -> (Authority, Identity) {
        let authority = Authority::new().expect("an authority");
        let identity = authority.issue(names, validity).expect("a certificate");
        (authority, identity)
    }

    fn verified(decision: Decision, roots: &[&Authority], server: &Identity) -> Option<TlsFailure> {
        let options = TlsOptions::default().roots(
            roots
                .iter()
                .map(|root| root.certificate_der.clone())
                .collect::<Vec<_>>(),
        );
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let platform = Arc::new(Platform(move || decision.clone()));
        let trust = platform_trust(&options, platform, &provider).expect("valid roots");
        let name = ServerName::try_from("localhost").expect("a name");
        let certificate = CertificateDer::from(server.certificate_der.as_slice());
        match trust.verify(&certificate, &[], &name, &[], UnixTime::now()) {
            Ok(_) => None,
            Err(Error::InvalidCertificate(error)) => Some(certificate_failure(&error)),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn the_platforms_errors_have_their_kinds() {
        let (_, server) = issued(&["localhost"], Validity::Now);
        for (error, kind) in [
            (CertificateError::UnknownIssuer, TlsFailure::Untrusted),
            (CertificateError::NotValidForName, TlsFailure::WrongHost),
            (CertificateError::Revoked, TlsFailure::Revoked),
            (CertificateError::InvalidPurpose, TlsFailure::Untrusted),
            (other(), TlsFailure::Untrusted),
        ] {
            assert_eq!(verified(refusing(error), &[], &server), Some(kind));
        }
        assert_eq!(verified(Ok(()), &[], &server), None);
    }

    #[test]
    fn a_certificate_outside_of_its_validity_is_named_although_the_platform_does_not() {
        for (validity, kind) in [
            (Validity::Past, TlsFailure::Expired),
            (Validity::Future, TlsFailure::NotYetValid),
        ] {
            let (_, server) = issued(&["localhost"], validity);
            for error in [other(), CertificateError::Expired] {
                assert_eq!(verified(refusing(error), &[], &server), Some(kind));
            }
        }
    }

    #[test]
    fn a_root_of_the_options_is_trusted_beside_the_platforms() {
        let (authority, server) = issued(&["localhost"], Validity::Now);
        let (_, public) = issued(&["localhost"], Validity::Now);
        let untrusted = || refusing(CertificateError::UnknownIssuer);
        assert_eq!(verified(untrusted(), &[&authority], &server), None);
        assert_eq!(verified(Ok(()), &[&authority], &public), None);
        assert_eq!(
            verified(untrusted(), &[&authority], &public),
            Some(TlsFailure::Untrusted)
        );
    }

    #[test]
    fn an_error_of_a_certificate_of_ones_own_authority_is_kept() {
        let (authority, server) = issued(&["example.org"], Validity::Now);
        assert_eq!(
            verified(
                refusing(CertificateError::UnknownIssuer),
                &[&authority],
                &server
            ),
            Some(TlsFailure::WrongHost)
        );
    }

    #[test]
    fn options_that_the_platform_does_not_support_are_for_the_library() {
        let platform = TlsOptions::default().verifier(CertificateVerifier::Platform);
        let has_one = cfg!(any(target_vendor = "apple", windows));
        assert_eq!(platform.platform_verifies(), has_one);
        assert_eq!(
            TlsOptions::default().platform_verifies(),
            cfg!(target_vendor = "apple")
        );
        for options in [
            platform.clone().only_these_roots(true),
            platform.clone().revocation_lists(vec![Vec::new()]),
            platform.clone().dangerous_accept_any_certificate(true),
            platform.verifier(CertificateVerifier::Library),
        ] {
            assert!(!options.platform_verifies());
        }
    }
}
