//! TLS with rustls and ring: TLS 1.2 and 1.3, ALPN `http/1.1`, sessions resumed across connections. The handshake calls
//! it.

#[cfg(any(target_os = "android", all(test, unix)))]
mod android;
mod config;
#[cfg(any(target_os = "android", all(test, unix)))]
mod folder;
mod options;
mod pem;
#[cfg(any(target_vendor = "apple", windows, test))]
mod platform;
mod roots;
mod verifier;

use std::{io, sync::Arc};

use rustls::{ClientConfig, Error, HandshakeKind, pki_types::ServerName};
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
        steps::{StepKind, step},
        stream::{HandshakeFailure, Layers},
        target::Target,
    },
};

pub use options::{CertificateVerifier, ClientIdentity, TlsOptions};
pub use roots::{ReadUserRoots, set_user_roots_reader};

/// TLS for one connection.
#[derive(Debug)]
pub(crate) struct Tls {
    config: Config,
    server_name: ServerName<'static>,
    /// Whether the verification may block, for seconds if it asks the network.
    #[cfg(any(target_vendor = "apple", windows, test))]
    blocks: bool,
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
            #[cfg(any(target_vendor = "apple", windows, test))]
            blocks: options.platform_verifies(),
        })
    }

    /// Reads the platform's store if it is needed and was not read before.
    pub(crate) async fn prepare(&self) {
        if let Config::Checked(options) = &self.config {
            default_roots(options).await;
        }
    }

    /// Performs the TLS handshake.
    pub(crate) async fn secure(
        &self,
        stream: Layers,
        target: &Target,
    ) -> Result<Layers, HandshakeFailure> {
        step(
            StepKind::Tls,
            || self.server_name.to_str().into_owned(),
            self.handshake(stream, target),
            agreed,
        )
        .await
    }

    async fn handshake(&self, stream: Layers, target: &Target) -> Result<Layers, HandshakeFailure> {
        let config = match &self.config {
            Config::Built(config) => Arc::clone(config),
            Config::Checked(options) => config(options, default_roots(options).await)?,
        };
        let handshake = TlsConnector::from(config).connect(self.server_name.clone(), stream);
        #[cfg(any(target_vendor = "apple", windows, test))]
        let result = if self.blocks {
            in_its_own_task(handshake).await
        } else {
            handshake.await
        };
        #[cfg(not(any(target_vendor = "apple", windows, test)))]
        let result = handshake.await;
        let mut stream = result.map_err(|error| failure(&error, target))?;
        // rustls' default limit of 64 KiB would split a frame of 64 KiB and its header into two writes.
        stream.get_mut().1.set_buffer_limit(None);
        Ok(Layers::Tls(Box::new(stream)))
    }
}

/// Version, cipher suite, and whether an earlier session was resumed.
fn agreed(stream: &Layers) -> String {
    let Layers::Tls(stream) = stream else {
        return String::new();
    };
    let (_, connection) = stream.get_ref();
    let version = connection.protocol_version().map(|it| format!("{it:?}"));
    let suite = connection.negotiated_cipher_suite();
    let suite = suite.map(|it| format!("{:?}", it.suite()));
    let resumed = matches!(connection.handshake_kind(), Some(HandshakeKind::Resumed));
    let resumed = resumed.then(|| "resumed".into());
    let parts: Vec<_> = [version, suite, resumed].into_iter().flatten().collect();
    parts.join(", ")
}

/// Runs a handshake whose verification may block in a task of its own, so that the connect can time out and be
/// cancelled meanwhile. At most 16 run at a time: each may hold one of the runtime's threads for seconds.
#[cfg(any(target_vendor = "apple", windows, test))]
async fn in_its_own_task(
    handshake: tokio_rustls::Connect<Layers>,
) -> io::Result<tokio_rustls::client::TlsStream<Layers>> {
    static RUNNING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(16);
    let permit = RUNNING.acquire().await.map_err(io::Error::other)?;
    // Dropping it cancels its task.
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        // It stays with a verification that runs on after it was cancelled.
        let _permit = permit;
        handshake.await
    });
    match tasks.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(io::Error::other(error)),
        None => Err(io::Error::other("there is no handshake")),
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
    use std::{
        sync::mpsc::{Receiver, channel},
        time::Duration,
    };

    use parking_lot::Mutex;
    use rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    };
    use test_server::{Authority, Validity};
    use tokio::{net::TcpListener, runtime, sync::oneshot, time::timeout};
    use tokio_rustls::TlsAcceptor;
    use url::Host;

    use super::{
        config::{config_with, platform_trust},
        platform::tests::Platform,
        verifier::Trust,
        *,
    };
    use crate::net::tcp::Tcp;

    /// A server's port. It accepts connections over TLS and keeps them.
    async fn server() -> u16 {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authority = Authority::new().expect("an authority");
        let identity = authority.issue(&["localhost"], Validity::Now).expect("one");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(identity.certificate_der)],
                PrivatePkcs8KeyDer::from(identity.key_der).into(),
            )
            .expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((tcp, _)) = listener.accept().await {
                open.push(tokio::spawn(acceptor.accept(tcp)));
            }
        });
        port
    }

    /// TLS with a platform that says when it verifies, and trusts once something is sent to `verified`.
    fn with_platform(verifying: oneshot::Sender<()>, verified: Receiver<()>) -> Tls {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (verifying, verified) = (Mutex::new(Some(verifying)), Mutex::new(verified));
        let platform = Platform(move || {
            let verifying = verifying.lock().take();
            let _ = verifying.map(|verifying| verifying.send(()));
            let _ = verified.lock().recv();
            Ok(())
        });
        let options = TlsOptions::default();
        let trust = platform_trust(&options, Arc::new(platform), &provider).expect("no roots");
        let config = config_with(&options, Trust::Platform(trust), provider).expect("valid");
        Tls {
            config: Config::Built(Arc::new(config)),
            server_name: ServerName::try_from("localhost").expect("a name"),
            blocks: true,
        }
    }

    async fn secure(tls: &Tls, port: u16) -> Result<Layers, HandshakeFailure> {
        let tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
        let target = Target::new(Host::Domain("localhost"), port);
        let tcp = Layers::Tcp(Tcp::new(tcp.expect("connected")));
        tls.secure(tcp, &target).await
    }

    #[test]
    fn a_platform_that_blocks_stalls_neither_the_connect_nor_its_runtime() {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (verify, verified) = channel();
        let (verifying, verifies) = oneshot::channel();
        let done = runtime.spawn(async move {
            let port = server().await;
            let tls = Arc::new(with_platform(verifying, verified));
            let waiting = Arc::clone(&tls);
            let first = tokio::spawn(async move { secure(&waiting, port).await.map(drop) });
            verifies.await.expect("it verifies");
            // This task and timers go on, although there is one thread for them.
            let limited = timeout(Duration::from_millis(1), std::future::pending::<()>());
            limited.await.expect_err("it is pending");
            assert!(!first.is_finished());
            // A connect that is cancelled does not wait either.
            first.abort();
            first.await.expect_err("it is cancelled");
            // One for the cancelled connect, and one for the next.
            verify.send(()).expect("it waits");
            verify.send(()).expect("it waits");
            secure(&tls, port).await.expect("trusted");
        });
        runtime.block_on(done).expect("no panic");
    }

    #[tokio::test]
    async fn a_runtime_with_one_thread_verifies_too() {
        let (verify, verified) = channel();
        let (verifying, _verifies) = oneshot::channel();
        verify.send(()).expect("kept");
        let port = server().await;
        let tls = with_platform(verifying, verified);
        secure(&tls, port).await.expect("trusted");
    }

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
