//! Parses certificates, keys and revocation lists from the options, in PEM or DER. It does not verify them.
//! `config.rs` calls it.

use rustls::pki_types::{
    PrivateKeyDer,
    pem::{self, PemObject},
};

use crate::{ConnectError, error::invalid_option};

/// Parses one item in DER, or one or more in PEM.
pub(super) fn items<T: PemObject + From<Vec<u8>>>(
    option: &str,
    bytes: &[u8],
) -> Result<Vec<T>, ConnectError> {
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

/// The parser's errors repeat lines of the input, which may be a private key. These messages don't.
fn invalid_pem(option: &str, error: &pem::Error) -> ConnectError {
    let detail = match error {
        pem::Error::NoItemsFound => "the PEM has no item of this kind",
        pem::Error::MissingSectionEnd { .. } => "a section of the PEM has no end",
        pem::Error::IllegalSectionStart { .. } => "a section of the PEM has an invalid first line",
        pem::Error::Base64Decode(_) => "a section of the PEM is not base64",
        _ => "the PEM can't be read",
    };
    invalid_option(option, detail)
}

pub(super) fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, ConnectError> {
    const OPTION: &str = "tls.identity.privateKey";
    if is_pem(bytes) {
        PrivateKeyDer::from_pem_slice(bytes).map_err(|error| invalid_pem(OPTION, &error))
    } else {
        PrivateKeyDer::try_from(bytes.to_vec()).map_err(|error| invalid_option(OPTION, error))
    }
}

/// DER starts with a SEQUENCE, 0x30, which is the digit 0. No PEM starts with that.
fn is_pem(bytes: &[u8]) -> bool {
    bytes.first() != Some(&0x30)
}
