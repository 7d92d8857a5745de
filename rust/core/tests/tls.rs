//! wss: which certificates are trusted, and the errors for those that are not.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures::{SinkExt, StreamExt};
use ring::digest::{SHA256, digest};
use rust_web_socket_core::{
    CertificateVerifier, ClientIdentity, Compress, ConnectError, ConnectOptions, Connection,
    TlsFailure, TlsOptions,
};
use support::{Client, Data, Event, Recorder, soon};
use test_server::{Authority, Identity, Validity};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, CertificateCompressionAlgorithm, HandshakeKind, ProtocolVersion, RootCertStore,
        ServerConfig,
        compress::{CertCompressor, CompressionFailed, CompressionLevel, ZLIB_COMPRESSOR},
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
        server::{WebPkiClientVerifier, danger::ClientCertVerifier},
        version::{TLS12, TLS13},
    },
};

/// What the server observed of a handshake.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    server_name: Option<String>,
    alpn: Option<Vec<u8>>,
    version: Option<ProtocolVersion>,
    resumed: bool,
    client_certificate: bool,
}

/// An echo server over TLS.
struct Server {
    port: u16,
    handshakes: UnboundedReceiver<Seen>,
}

struct Settings {
    versions: Vec<&'static rustls::SupportedProtocolVersion>,
    clients: Option<Arc<dyn ClientCertVerifier>>,
    /// Instead of rustls' own.
    compressor: Option<&'static dyn CertCompressor>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            versions: vec![&TLS12, &TLS13],
            clients: None,
            compressor: None,
        }
    }
}

impl Server {
    async fn start(identity: &Identity) -> Self {
        Self::start_with(identity, Settings::default()).await
    }

    async fn start_with(identity: &Identity, settings: Settings) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&settings.versions)
            .unwrap();
        let builder = match settings.clients {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(verifier),
        };
        let chain = vec![CertificateDer::from(identity.certificate_der.clone())];
        let key = PrivatePkcs8KeyDer::from(identity.key_der.clone());
        let mut config = builder.with_single_cert(chain, key.into()).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if let Some(compressor) = settings.compressor {
            config.cert_compressors = vec![compressor];
        }
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, handshakes) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                let seen = seen.clone();
                tokio::spawn(async move { echo(acceptor, tcp, seen).await });
            }
        });
        Self { port, handshakes }
    }

    fn url(&self) -> String {
        format!("wss://localhost:{}", self.port)
    }
}

async fn echo(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    seen: tokio::sync::mpsc::UnboundedSender<Seen>,
) {
    let Ok(stream) = acceptor.accept(tcp).await else {
        return;
    };
    let connection = stream.get_ref().1;
    let _ = seen.send(Seen {
        server_name: connection.server_name().map(str::to_owned),
        alpn: connection.alpn_protocol().map(<[u8]>::to_vec),
        version: connection.protocol_version(),
        resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        client_certificate: connection.peer_certificates().is_some(),
    });
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else {
        return;
    };
    while let Some(Ok(message)) = socket.next().await {
        if !message.is_close() && socket.send(message).await.is_err() {
            return;
        }
    }
}

fn options(change: impl FnOnce(&mut TlsOptions)) -> ConnectOptions {
    let mut options = ConnectOptions::default();
    change(&mut options.tls);
    options
}

fn trusting(authority: &Authority) -> ConnectOptions {
    options(|tls| tls.roots = vec![authority.certificate_pem.clone().into_bytes()])
}

/// Connects, has a message echoed, and closes.
async fn echoed(server: &Server, options: ConnectOptions) {
    let mut client = Client::connect_with(&server.url(), options);
    client.opened().await;
    client
        .connection
        .send_text("over TLS".into(), Compress::Auto)
        .unwrap();
    client.connection.flush();
    assert_eq!(client.message().await, Data::text("over TLS"));
    client.connection.close(Some(1000), "").unwrap();
    assert!(client.closed().await.clean);
}

async fn refused(server: &Server, options: ConnectOptions) -> TlsFailure {
    let error = Client::connect_with(&server.url(), options).failed().await;
    let ConnectError::Tls {
        host, port, kind, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (host.as_str(), *port),
        ("localhost", server.port),
        "{error}"
    );
    *kind
}

/// The error of an invalid request. Nothing is sent.
fn invalid(options: ConnectOptions) -> String {
    let (recorder, _events) = Recorder::new();
    let error = Connection::connect("wss://localhost:1", options, recorder, &Handle::current());
    match error {
        Err(ConnectError::InvalidRequest(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn list(authority: &Authority, validity: Validity) -> Vec<u8> {
    authority
        .revocation_list_pem(validity)
        .unwrap()
        .into_bytes()
}

fn authority_and(names: &[&str], validity: Validity) -> (Authority, Identity) {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(names, validity).unwrap();
    (authority, identity)
}

#[tokio::test]
async fn an_added_root_is_trusted_in_pem_and_in_der() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let mut server = Server::start(&identity).await;
    echoed(&server, trusting(&authority)).await;
    let seen = server.handshakes.recv().await.unwrap();
    assert_eq!(seen.server_name.as_deref(), Some("localhost"));
    assert_eq!(seen.alpn.as_deref(), Some(&b"http/1.1"[..]));
    echoed(
        &server,
        options(|tls| {
            tls.roots = vec![authority.certificate_der.clone()];
            tls.only_these_roots = true;
        }),
    )
    .await;
}

#[tokio::test]
async fn both_versions_of_tls_work() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    for (version, expected) in [
        (&TLS12, ProtocolVersion::TLSv1_2),
        (&TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let settings = Settings {
            versions: vec![version],
            ..Settings::default()
        };
        let mut server = Server::start_with(&identity, settings).await;
        echoed(&server, trusting(&authority)).await;
        assert_eq!(
            server.handshakes.recv().await.unwrap().version,
            Some(expected)
        );
    }
}

#[tokio::test]
async fn large_messages_are_sent_and_received() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let server = Server::start(&identity).await;
    let mut client = Client::connect_with(&server.url(), trusting(&authority));
    client.opened().await;
    let data: Vec<u8> = (0..4 * 1024 * 1024)
        .map(|i: u32| (i.wrapping_mul(31) >> 3) as u8)
        .collect();
    client
        .connection
        .send_binary(data.clone().into(), Compress::Auto)
        .unwrap();
    client.connection.flush();
    assert!(client.message().await == Data::binary(data));
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_untrusted() {
    let (_, identity) = authority_and(&["localhost"], Validity::Now);
    let server = Server::start(&identity).await;
    assert_eq!(
        refused(&server, ConnectOptions::default()).await,
        TlsFailure::Untrusted
    );
    let other = Authority::new().unwrap();
    assert_eq!(
        refused(&server, trusting(&other)).await,
        TlsFailure::Untrusted
    );
}

/// On Windows and Apple's systems `Platform` is their own verifier, elsewhere it is the library.
const VERIFIERS: [CertificateVerifier; 3] = [
    CertificateVerifier::Automatic,
    CertificateVerifier::Library,
    CertificateVerifier::Platform,
];

#[tokio::test]
async fn each_verifier_trusts_the_roots_and_refuses_other_authorities() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let (other, _) = authority_and(&["localhost"], Validity::Now);
    let server = Server::start(&identity).await;
    for verifier in VERIFIERS {
        let mut trusted = trusting(&authority);
        trusted.tls.verifier = verifier;
        echoed(&server, trusted).await;
        for roots in [vec![], vec![other.certificate_der.clone()]] {
            let untrusted = options(|tls| {
                tls.verifier = verifier;
                tls.roots = roots;
            });
            assert_eq!(refused(&server, untrusted).await, TlsFailure::Untrusted);
        }
    }
}

#[tokio::test]
async fn a_certificate_outside_of_its_validity_is_refused() {
    for (validity, kind) in [
        (Validity::Past, TlsFailure::Expired),
        (Validity::Future, TlsFailure::NotYetValid),
    ] {
        let (authority, identity) = authority_and(&["localhost"], validity);
        let server = Server::start(&identity).await;
        for verifier in VERIFIERS {
            let mut options = trusting(&authority);
            options.tls.verifier = verifier;
            assert_eq!(refused(&server, options.clone()).await, kind);
            options.tls.roots = Vec::new();
            assert_eq!(refused(&server, options).await, kind);
        }
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_unless_server_name_names_it() {
    let (authority, identity) = authority_and(&["example.org"], Validity::Now);
    let mut server = Server::start(&identity).await;
    assert_eq!(
        refused(&server, trusting(&authority)).await,
        TlsFailure::WrongHost
    );
    let mut options = trusting(&authority);
    options.tls.server_name = Some("example.org".into());
    echoed(&server, options).await;
    let seen = server.handshakes.recv().await.unwrap();
    assert_eq!(seen.server_name.as_deref(), Some("example.org"));
}

#[tokio::test]
async fn an_ip_address_is_verified_too() {
    let (authority, identity) = authority_and(&["127.0.0.1"], Validity::Now);
    let server = Server::start(&identity).await;
    let url = format!("wss://127.0.0.1:{}", server.port);
    Client::connect_with(&url, trusting(&authority))
        .opened()
        .await;
    assert_eq!(
        refused(&server, trusting(&authority)).await,
        TlsFailure::WrongHost
    );
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_with_a_revocation_list() {
    let authority = Authority::new().unwrap();
    let identity = authority.issue_revoked(&["localhost"]).unwrap();
    let server = Server::start(&identity).await;
    echoed(&server, trusting(&authority)).await;
    let mut options = trusting(&authority);
    options.tls.revocation_lists = vec![list(&authority, Validity::Now)];
    assert_eq!(refused(&server, options.clone()).await, TlsFailure::Revoked);

    let good = Server::start(&authority.issue(&["localhost"], Validity::Now).unwrap()).await;
    echoed(&good, options).await;
}

/// Revocations after the list's next update are unknown.
#[tokio::test]
async fn an_outdated_revocation_list_refuses_every_certificate_of_its_authority() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let server = Server::start(&identity).await;
    let mut options = trusting(&authority);
    options.tls.revocation_lists = vec![list(&authority, Validity::Past)];
    assert_eq!(
        refused(&server, options.clone()).await,
        TlsFailure::Untrusted
    );
    let error = Client::connect_with(&server.url(), options).failed().await;
    assert!(error.to_string().contains("revocation list"), "{error}");
}

#[tokio::test]
async fn a_pinned_key_is_required_in_addition_to_trust() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let server = Server::start(&identity).await;
    let pin = digest(&SHA256, &identity.public_key_der)
        .as_ref()
        .try_into()
        .unwrap();
    let mut pinned = trusting(&authority);
    pinned.tls.pins = vec![[7; 32], pin];
    echoed(&server, pinned.clone()).await;
    pinned.tls.pins = vec![[7; 32]];
    assert_eq!(refused(&server, pinned).await, TlsFailure::PinMismatch);
    // A pinned key does not make a certificate trusted.
    let untrusted = options(|tls| tls.pins = vec![pin]);
    assert_eq!(refused(&server, untrusted).await, TlsFailure::Untrusted);
}

#[tokio::test]
async fn a_client_sends_its_certificate_if_requested() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate_der.clone().into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let settings = Settings {
        versions: vec![&TLS12],
        clients: Some(verifier),
        ..Settings::default()
    };
    let mut server = Server::start_with(&identity, settings).await;

    let client = authority.issue(&["me"], Validity::Now).unwrap();
    for (certificates, private_key) in [
        (
            client.certificate_pem.clone().into_bytes(),
            client.key_pem.clone().into_bytes(),
        ),
        (client.certificate_der.clone(), client.key_der.clone()),
    ] {
        let mut with_identity = trusting(&authority);
        with_identity.tls.identity = Some(ClientIdentity {
            certificates,
            private_key,
        });
        echoed(&server, with_identity).await;
        assert!(server.handshakes.recv().await.unwrap().client_certificate);
    }
    // In TLS 1.2 the server refuses within the handshake.
    assert_eq!(
        refused(&server, trusting(&authority)).await,
        TlsFailure::Handshake
    );
}

/// Compresses a server's certificates, or what stands for them.
#[derive(Debug)]
struct Compressor(fn(Vec<u8>) -> Result<Vec<u8>, CompressionFailed>);

impl CertCompressor for Compressor {
    fn compress(
        &self,
        certificates: Vec<u8>,
        _: CompressionLevel,
    ) -> Result<Vec<u8>, CompressionFailed> {
        (self.0)(certificates)
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zlib
    }
}

#[tokio::test]
async fn a_server_may_compress_its_certificates() {
    static COMPRESSED: AtomicU32 = AtomicU32::new(0);
    static ZLIB: Compressor = Compressor(|certificates| {
        COMPRESSED.fetch_add(1, Ordering::Relaxed);
        ZLIB_COMPRESSOR.compress(certificates, CompressionLevel::Interactive)
    });
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    for (version, compressed) in [(&TLS12, 0), (&TLS13, 1)] {
        let settings = Settings {
            versions: vec![version],
            compressor: Some(&ZLIB),
            ..Settings::default()
        };
        let server = Server::start_with(&identity, settings).await;
        echoed(&server, trusting(&authority)).await;
        // TLS 1.2 has no compression.
        assert_eq!(COMPRESSED.swap(0, Ordering::Relaxed), compressed);
    }
}

#[tokio::test]
async fn certificates_that_do_not_decompress_are_a_failed_handshake() {
    static NOT_ZLIB: Compressor = Compressor(|_| Ok(b"not zlib".to_vec()));
    /// It decompresses to more than the server says.
    static TOO_LONG: Compressor = Compressor(|mut certificates| {
        certificates.resize(1 << 20, 0);
        ZLIB_COMPRESSOR.compress(certificates, CompressionLevel::Interactive)
    });
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    for compressor in [&NOT_ZLIB, &TOO_LONG] {
        let settings = Settings {
            compressor: Some(compressor),
            ..Settings::default()
        };
        let server = Server::start_with(&identity, settings).await;
        assert_eq!(
            refused(&server, trusting(&authority)).await,
            TlsFailure::Handshake
        );
    }
}

#[tokio::test]
async fn a_session_is_resumed_by_the_next_connection() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let mut server = Server::start(&identity).await;
    echoed(&server, trusting(&authority)).await;
    assert!(!server.handshakes.recv().await.unwrap().resumed);
    echoed(&server, trusting(&authority)).await;
    assert!(server.handshakes.recv().await.unwrap().resumed);
}

#[tokio::test]
async fn a_server_without_tls_is_a_failed_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://localhost:{}", listener.local_addr().unwrap().port());
    let mut client = Client::connect_with(&url, ConnectOptions::default());
    let (mut tcp, _) = soon(listener.accept()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut tcp, b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .unwrap();
    let error = client.failed().await;
    assert!(
        matches!(
            error,
            ConnectError::Tls {
                kind: TlsFailure::Handshake,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn verification_can_be_disabled() {
    let (_, identity) = authority_and(&["example.org"], Validity::Past);
    let server = Server::start(&identity).await;
    echoed(
        &server,
        options(|tls| tls.dangerous_accept_any_certificate = true),
    )
    .await;
}

#[tokio::test]
async fn pins_apply_although_verification_is_disabled() {
    let (_, identity) = authority_and(&["example.org"], Validity::Past);
    let server = Server::start(&identity).await;
    let hash = digest(&SHA256, &identity.public_key_der);
    let pinned = |pin| {
        options(|tls| {
            tls.dangerous_accept_any_certificate = true;
            tls.pins = vec![pin];
        })
    };
    echoed(&server, pinned(hash.as_ref().try_into().unwrap())).await;
    assert_eq!(
        refused(&server, pinned([7; 32])).await,
        TlsFailure::PinMismatch
    );
}

#[tokio::test]
async fn invalid_options_are_named_and_nothing_is_sent() {
    let (_, one) = authority_and(&["localhost"], Validity::Now);
    let (_, two) = authority_and(&["localhost"], Validity::Now);
    let broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n".to_vec();

    assert!(invalid(options(|tls| tls.roots = vec![broken.clone()])).contains("tls.roots"));
    assert!(invalid(options(|tls| tls.roots = vec![b"not a PEM".to_vec()])).contains("tls.roots"));
    assert!(invalid(options(|tls| tls.roots = vec![vec![0x30, 1, 2]])).contains("tls.roots"));
    assert!(invalid(options(|tls| tls.only_these_roots = true)).contains("tls.roots"));
    assert!(
        invalid(options(|tls| tls.server_name = Some("a b".into()))).contains("tls.serverName")
    );
    assert!(
        invalid(options(|tls| tls.revocation_lists = vec![broken])).contains("tls.revocationLists")
    );
    let no_list = vec![vec![0x30, 1, 2]];
    assert!(invalid(options(|tls| tls.revocation_lists = no_list)).contains("tls.revocationLists"));
    let identity = |certificates: &str, private_key: &str| {
        options(|tls| {
            tls.identity = Some(ClientIdentity {
                certificates: certificates.into(),
                private_key: private_key.into(),
            });
        })
    };
    assert!(invalid(identity("nothing", &one.key_pem)).contains("tls.identity.certificates"));
    assert!(invalid(identity(&one.certificate_pem, "nothing")).contains("tls.identity.privateKey"));
    assert!(invalid(identity(&one.certificate_pem, &two.key_pem)).contains("tls.identity"));
}

#[tokio::test]
async fn a_private_key_is_not_logged() {
    let identity = ClientIdentity {
        certificates: vec![],
        private_key: b"secret".to_vec(),
    };
    assert!(!format!("{identity:?}").contains("115"));
    let mut options = TlsOptions::default();
    options.identity = Some(identity);
    assert!(!format!("{options:?}").contains("115"));
}

#[tokio::test]
async fn tcp_that_ends_without_a_close_notify_is_lost() {
    let (authority, identity) = authority_and(&["localhost"], Validity::Now);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![CertificateDer::from(identity.certificate_der.clone())];
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            chain,
            PrivatePkcs8KeyDer::from(identity.key_der.clone()).into(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://localhost:{}", listener.local_addr().unwrap().port());
    let mut client = Client::connect_with(&url, trusting(&authority));
    let (tcp, _) = soon(listener.accept()).await.unwrap();
    let tls = TlsAcceptor::from(Arc::new(config))
        .accept(tcp)
        .await
        .unwrap();
    let socket = tokio_tungstenite::accept_async(tls).await.unwrap();
    client.opened().await;
    // Without a Close frame and without close_notify.
    drop(socket);
    let Event::Closed(ending) = client.event().await else {
        panic!("expected the ending")
    };
    assert_eq!((ending.code, ending.clean), (1006, false));
}
