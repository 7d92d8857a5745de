//! Certificates for tests of TLS, generated in memory. Tests and the server's programs use them.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData,
    RevokedCertParams, SerialNumber, date_time_ymd,
};

/// A certificate authority that is generated, and that only its users trust.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate in PEM.
    pub certificate_pem: String,
    /// Its own certificate in DER.
    pub certificate_der: Vec<u8>,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    /// Certificate in PEM.
    pub certificate_pem: String,
    /// Certificate in DER.
    pub certificate_der: Vec<u8>,
    /// Private key in PEM (PKCS #8).
    pub key_pem: String,
    /// Private key in DER (PKCS #8).
    pub key_der: Vec<u8>,
    /// SubjectPublicKeyInfo in DER.
    pub public_key_der: Vec<u8>,
}

/// The validity of a certificate or a revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is valid.
    Now,
    /// It has expired.
    Past,
    /// It is not yet valid.
    Future,
}

impl Validity {
    fn years(self) -> (i32, i32) {
        match self {
            Self::Now => (2000, 4000),
            Self::Past => (2000, 2001),
            Self::Future => (3000, 4000),
        }
    }
}

/// The serial number that [`Authority::revocation_list_pem`] revokes.
const REVOKED_SERIAL: u64 = 666;

impl Authority {
    /// Generates an authority.
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "rust_web_socket test authority");
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            certificate_der: certificate.der().to_vec(),
            issuer: Issuer::new(params, key),
        })
    }

    /// Issues a certificate for these names, host names or IP addresses.
    pub fn issue(&self, names: &[&str], validity: Validity) -> Result<Identity> {
        self.issue_with(names, validity, None)
    }

    /// Issues a certificate that [`revocation_list_pem`](Self::revocation_list_pem) lists.
    pub fn issue_revoked(&self, names: &[&str]) -> Result<Identity> {
        self.issue_with(names, Validity::Now, Some(REVOKED_SERIAL))
    }

    fn issue_with(
        &self,
        names: &[&str],
        validity: Validity,
        serial: Option<u64>,
    ) -> Result<Identity> {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).context("a name for a certificate")?;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.serial_number = serial.map(SerialNumber::from);
        let (from, to) = validity.years();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity {
            certificate_pem: certificate.pem(),
            certificate_der: certificate.der().to_vec(),
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
            public_key_der: key.subject_public_key_info(),
        })
    }

    /// A revocation list in PEM. With [`Validity::Past`] it is past its next update.
    pub fn revocation_list_pem(&self, validity: Validity) -> Result<String> {
        let (from, to) = validity.years();
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(from, 1, 1),
            next_update: date_time_ymd(to, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(REVOKED_SERIAL),
                revocation_time: date_time_ymd(2001, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(&self.issuer)?.pem()?)
    }
}
