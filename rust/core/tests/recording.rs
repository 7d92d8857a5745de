//! What a connection records for an inspector: its frames, and the steps of connecting.

mod support;

use rust_web_socket_core::{
    Compress, ConnectOptions, ConnectStep, Connection, Proxy, RecordedFrames, Recording, StepKind,
};
use support::{
    CONTINUATION, Client, Data, Deflate, Event, PING, Peer, Record, Server, TEXT, acceptor,
    compressed, fragment, frame, http_tunnel, read_request, records, soon,
};
use test_server::{Authority, Validity};
use tokio::{io::AsyncWriteExt, net::TcpListener};

fn recorded() -> ConnectOptions {
    ConnectOptions::default().record(true)
}

async fn open() -> (Client, Peer) {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), recorded());
    let peer = server.upgrade_with_extensions("permessage-deflate").await;
    client.opened().await;
    (client, peer)
}

fn send(connection: &Connection, text: &str, compress: Compress) {
    connection.send_text(text.into(), compress).expect("open");
    connection.flush();
}

/// `direction number: first byte, size of the message, payload`.
fn texts(frames: &RecordedFrames) -> Vec<String> {
    let records = records(frames).into_iter();
    let text = |record: Record| {
        format!(
            "{}{}: {:02x} {} {}",
            if record.is_sent { "->" } else { "<-" },
            record.number,
            record.first_byte,
            record.message_size.map_or(-1, u64::cast_signed),
            String::from_utf8_lossy(&record.payload)
        )
    };
    records.map(text).collect()
}

fn recording(client: &Client) -> Recording {
    client.connection.recording().expect("it records")
}

fn all(client: &Client) -> Vec<String> {
    texts(&recording(client).frames(0, usize::MAX))
}

/// `kind target: detail or error`, of steps that have ended.
fn lines(steps: &[ConnectStep]) -> Vec<String> {
    steps
        .iter()
        .map(|step| {
            assert!(step.end.is_some_and(|end| end >= step.start), "{step:?}");
            let result = step.error.as_ref().unwrap_or(&step.detail);
            format!("{:?} {}: {result}", step.kind, step.target)
        })
        .collect()
}

#[tokio::test]
async fn frames_of_both_directions_are_recorded_with_the_payload_that_is_watched() {
    let (mut client, mut peer) = open().await;
    send(&client.connection, "before", Compress::Never);
    peer.frame().await;
    recording(&client).watch(Some(5));
    send(&client.connection, "Hello, world", Compress::Never);
    peer.frame().await;
    peer.send(fragment(false, TEXT, "one ")).await;
    peer.send(frame(PING, "ping")).await;
    peer.send(frame(CONTINUATION, "two")).await;
    assert_eq!(client.message().await, Data::text("one two"));
    let recorded = all(&client);
    assert_eq!(recorded[0], "->1: 81 6 ");
    assert_eq!(recorded[1], "->2: 81 12 Hello");
    let received: Vec<_> = recorded.iter().filter(|it| it.starts_with("<-")).collect();
    assert_eq!(
        received,
        ["<-1: 01 -1 one ", "<-2: 89 -1 ping", "<-3: 80 7 one t"]
    );
    // The close is written by the end of the connection. It is recorded too, and stays.
    peer.send_close(1000, "").await;
    client.closed().await;
    let recorded = all(&client);
    assert!(recorded.iter().any(|it| it.starts_with("<-4: 88")));
    assert!(recorded.iter().any(|it| it.starts_with("->4: 88")));
}

#[tokio::test]
async fn compressed_messages_are_recorded_as_they_were_before() {
    let (mut client, mut peer) = open().await;
    recording(&client).watch(Some(1000));
    let text = "WebSocket ".repeat(50);
    send(&client.connection, &text, Compress::Always);
    peer.frame().await;
    peer.send(compressed(true, TEXT, Deflate::new().payload(&text)))
        .await;
    assert_eq!(client.message().await, Data::text(&*text));
    assert_eq!(
        all(&client),
        [format!("->1: c1 500 {text}"), format!("<-1: c1 500 {text}")]
    );
}

#[tokio::test]
async fn a_flood_that_nobody_watches_is_recorded_in_part_and_counted() {
    let (mut client, mut peer) = open().await;
    let count = 10_000_u64;
    let server = tokio::spawn(async move {
        peer.send(frame(TEXT, "x").repeat(10_000)).await;
        peer
    });
    for _ in 0..count {
        client.message().await;
    }
    let frames = recording(&client).frames(0, usize::MAX);
    assert_eq!((frames.sent, frames.received), (0, count));
    assert!(texts(&frames).len() <= 256);
    assert!(frames.is_complete);
    drop(server);
}

#[tokio::test]
async fn a_trace_and_a_recording_each_get_what_they_ask_for() {
    let (mut client, mut peer) = open().await;
    client.connection.trace(Some(2));
    recording(&client).watch(Some(4));
    peer.send(frame(TEXT, "traced")).await;
    loop {
        match client.event().await {
            Event::Frames(frames) => {
                assert_eq!(&frames[0].payload[..], b"tr");
                break;
            }
            Event::Batch(_) => {}
            other => panic!("expected a frame, got {other:?}"),
        }
    }
    assert_eq!(all(&client), ["<-1: 81 6 trac"]);
}

#[tokio::test]
async fn nothing_is_recorded_unless_the_options_say_so() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut peer = server.upgrade().await;
    client.opened().await;
    assert!(client.connection.recording().is_none());
    send(&client.connection, "Hello", Compress::Never);
    peer.frame().await;
}

#[tokio::test]
async fn each_step_of_a_connect_over_a_proxy_and_tls_is_recorded() {
    let authority = Authority::new().expect("an authority");
    let identity = authority.issue(&["localhost"], Validity::Now);
    let acceptor = acceptor(&identity.expect("an identity"));
    let (proxy, server) = (Server::start().await, Server::start().await);
    let mut options = recorded();
    options.tls.roots = vec![authority.certificate_pem.clone().into_bytes()];
    options.proxy = Proxy::Url {
        url: format!("http://user:secret@127.0.0.1:{}", proxy.port()),
        no_proxy: Vec::new(),
    };
    let mut client = Client::connect_with("wss://localhost:81/", options);
    http_tunnel(&proxy, server.port()).await;
    let tls = soon(acceptor.accept(server.accept().await)).await;
    let peer = tokio_tungstenite::accept_async(tls.expect("a handshake")).await;
    let _peer = peer.expect("an upgrade");
    client.opened().await;
    let port = proxy.port();
    assert_eq!(
        lines(&recording(&client).steps()),
        [
            format!("Proxy http://127.0.0.1:{port}: 200"),
            "Lookup 127.0.0.1: 1 address".into(),
            format!("Tcp 127.0.0.1:{port}: "),
            "Tls localhost: TLSv1_3, TLS13_AES_128_GCM_SHA256".into(),
            "Upgrade localhost:81: 101".into(),
        ]
    );
}

#[tokio::test]
async fn a_redirect_repeats_the_steps_and_a_refusal_has_its_status() {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), recorded());
    for response in ["302 Found\r\nLocation: /elsewhere", "403 Forbidden"] {
        let mut tcp = server.accept().await;
        read_request(&mut tcp).await;
        let response = format!("HTTP/1.1 {response}\r\nContent-Length: 0\r\n\r\n");
        tcp.write_all(response.as_bytes()).await.expect("it reads");
    }
    client.failed().await;
    let port = server.port();
    let connecting = [
        "Lookup 127.0.0.1: 1 address".to_owned(),
        format!("Tcp 127.0.0.1:{port}: "),
    ];
    let upgrade = |status| format!("Upgrade 127.0.0.1:{port}: {status}");
    let [lookup, tcp] = connecting;
    assert_eq!(
        lines(&recording(&client).steps()),
        [
            lookup.clone(),
            tcp.clone(),
            upgrade(302),
            lookup,
            tcp,
            upgrade(403)
        ]
    );
}

#[tokio::test]
async fn a_step_that_fails_has_its_cause_and_one_that_is_given_up_has_no_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let mut client = Client::connect_with(&format!("ws://{address}"), recorded());
    client.failed().await;
    let steps = recording(&client).steps();
    let last = steps.last().expect("a step");
    assert_eq!(last.kind, StepKind::Tcp);
    assert!(last.error.is_some() && last.end.is_some(), "{last:?}");

    let silent = Server::start().await;
    let options = recorded().connect_timeout(std::time::Duration::from_millis(100));
    let mut client = Client::connect_with(&silent.url(), options);
    let _tcp = silent.accept().await;
    client.failed().await;
    let steps = recording(&client).steps();
    let last = steps.last().expect("a step");
    assert_eq!((last.kind, last.end), (StepKind::Upgrade, None));
}

#[tokio::test]
async fn a_watch_does_not_delay_the_progress_of_a_message() {
    let server = Server::start().await;
    let options = recorded().receive_progress_step(1000);
    let mut client = Client::connect_with(&server.url(), options);
    let mut peer = server.upgrade().await;
    client.opened().await;
    recording(&client).watch(Some(usize::MAX));
    let message = fragment(false, TEXT, "x".repeat(10_000));
    peer.send(&message[..2000]).await;
    let event = client.event().await;
    assert!(matches!(event, Event::Receiving(received, _) if received < 2000));
    peer.send(&message[2000..]).await;
    peer.send(frame(CONTINUATION, "end")).await;
    while !matches!(client.event().await, Event::Batch(_)) {}
    let frames = all(&client);
    let [first, last] = &frames[..] else {
        panic!("expected two frames, got {}", frames.len());
    };
    assert_eq!(*first, format!("<-1: 01 -1 {}", "x".repeat(125)));
    assert_eq!(*last, format!("<-2: 80 10003 {}end", "x".repeat(10_000)));
}
