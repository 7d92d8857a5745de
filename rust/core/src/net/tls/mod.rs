//! TLS by rustls with ring: TLS 1.2 and 1.3, ALPN `http/1.1`, sessions resumed across connections.

mod config;
mod options;
mod pem;
mod roots;
mod verifier;

use std::{io, sync::Arc};

use rustls::{ClientConfig, Error, pki_types::ServerName};
use tokio_rustls::{TlsConnector, client::TlsStream};

use self::{
    config::{config, new_config},
    roots::{default_roots, known_roots, mozilla_roots},
    verifier::certificate_failure,
};
use crate::{
    ConnectError, TlsFailure,
    error::invalid_option,
    net::{stream::HandshakeFailure, target::Target, tcp::Tcp},
};

pub use options::{ClientIdentity, TlsOptions};

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
