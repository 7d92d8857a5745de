//! TLS with rustls and ring: TLS 1.2 and 1.3, ALPN `http/1.1`, sessions resumed across connections. The handshake calls
//! it.

mod config;
mod options;
mod pem;
mod roots;
mod verifier;

use std::{io, sync::Arc};

use rustls::{ClientConfig, Error, pki_types::ServerName};
use tokio_rustls::TlsConnector;

use self::{
    config::{config, new_config},
    roots::{default_roots, known_roots, mozilla_roots},
    verifier::certificate_failure,
};
use crate::{
    ConnectError, TlsFailure,
    error::invalid_option,
    net::{
        stream::{HandshakeFailure, Layers},
        target::Target,
    },
};

pub use options::{ClientIdentity, TlsOptions};

/// TLS for one connection.
#[derive(Debug)]
pub(crate) struct Tls {
    config: Config,
    server_name: ServerName<'static>,
}

#[derive(Debug)]
enum Config {
    Built(Arc<ClientConfig>),
    /// The options are valid. The configuration needs the platform's store, which has not been read.
    Checked(Box<TlsOptions>),
}

impl Tls {
    /// Checks the options, so that invalid ones fail before anything is sent. It does not read the platform's store,
    /// which takes tens of milliseconds.
    pub(crate) fn new(options: &TlsOptions, host: &str) -> Result<Self, ConnectError> {
        let name = options.server_name.as_deref().unwrap_or(host);
        let server_name = ServerName::try_from(name.to_owned()).map_err(|_| {
            invalid_option("tls.serverName", format!("{name:?} is not a host name"))
        })?;
        let config = match known_roots(options) {
            Some(roots) => Config::Built(config(options, roots)?),
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

    /// Reads the platform's store if it is needed and was not read before.
    pub(crate) async fn prepare(&self) {
        if let Config::Checked(_) = self.config {
            default_roots().await;
        }
    }

    /// Performs the TLS handshake.
    pub(crate) async fn secure(
        &self,
        stream: Layers,
        target: &Target,
    ) -> Result<Layers, HandshakeFailure> {
        let config = match &self.config {
            Config::Built(config) => Arc::clone(config),
            Config::Checked(options) => config(options, default_roots().await)?,
        };
        let mut stream = TlsConnector::from(config)
            .connect(self.server_name.clone(), stream)
            .await
            .map_err(|error| failure(&error, target))?;
        // rustls' default limit of 64 KiB would split a frame of 64 KiB and its header into two writes.
        stream.get_mut().1.set_buffer_limit(None);
        Ok(Layers::Tls(Box::new(stream)))
    }
}

/// Converts the error of a TLS handshake.
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
    // Without a cause in TLS the TCP connection was lost.
    match cause {
        Some(_) => HandshakeFailure::Rejected(error),
        None => HandshakeFailure::Lost(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_in_use_is_kept() {
        let made = |pin| {
            let options = TlsOptions::default()
                .dangerous_accept_any_certificate(true)
                .pins(vec![[pin; 32]]);
            match Tls::new(&options, "localhost")
                .expect("valid options")
                .config
            {
                Config::Built(config) => config,
                Config::Checked(_) => panic!("these options need no store"),
            }
        };
        let first = made(0);
        for other in 1..=20 {
            made(other);
            assert!(Arc::ptr_eq(&made(0), &first), "after {other} others");
        }
    }
}
