//! The option `resolver`: where an IPv4 address leads in a network without IPv4, and lookups that hang.

mod support;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use rust_web_socket_core::{Address, ConnectError, ConnectOptions, Proxy, Resolver};
use support::{Client, Server, http_tunnel, read_request, socks_tunnel, soon};
use tokio::{net::TcpListener, runtime, task::spawn_blocking};

/// An address that no network has (RFC 5737).
const LITERAL: &str = "192.0.2.1";

/// A resolver that knows one host, and the hosts that it was asked for.
fn translating(host: &'static str, to: Vec<IpAddr>) -> (Resolver, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&asked);
    let resolver = Resolver::new(move |name| {
        names.lock().expect("no panic").push(name.to_owned());
        if name != host {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(to.iter().map(|&ip| (ip, 0).into()).collect())
    });
    (resolver, asked)
}

fn to_loopback() -> (Resolver, Arc<Mutex<Vec<String>>>) {
    translating(LITERAL, vec![Ipv4Addr::LOCALHOST.into()])
}

fn via(url: String) -> Proxy {
    Proxy::Url {
        url,
        no_proxy: vec![],
    }
}

#[tokio::test]
async fn an_ipv4_address_in_the_url_leads_to_the_address_made_of_it() {
    let server = Server::start().await;
    let (resolver, asked) = to_loopback();
    let url = format!("ws://{LITERAL}:{}/", server.port());
    let _client = Client::connect_with(&url, ConnectOptions::default().resolver(resolver));
    let request = read_request(&mut server.accept().await).await;
    assert!(request.contains(&format!("\r\nHost: {LITERAL}:{}\r\n", server.port())));
    assert_eq!(*asked.lock().expect("no panic"), [LITERAL]);
}

#[tokio::test]
async fn the_address_made_of_it_may_be_ipv6_and_one_of_several() {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
        return; // A machine without IPv6.
    };
    let port = listener.local_addr().expect("it is bound").port();
    // Nothing listens at the first one.
    let made = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let (resolver, _) = translating(LITERAL, made);
    let url = format!("ws://{LITERAL}:{port}/");
    let _client = Client::connect_with(&url, ConnectOptions::default().resolver(resolver));
    let (mut tcp, _) = soon(listener.accept()).await.expect("a connection");
    read_request(&mut tcp).await;
}

#[tokio::test]
async fn an_ipv4_address_as_the_option_address_leads_to_the_address_made_of_it() {
    let server = Server::start().await;
    let (resolver, _) = to_loopback();
    let options = ConnectOptions::default()
        .resolver(resolver)
        .address(Address::new(LITERAL, Some(server.port())));
    let mut client = Client::connect_with("ws://h.invalid/", options);
    server.upgrade().await;
    client.opened().await;
}

#[tokio::test]
async fn an_ipv4_address_of_a_proxy_leads_to_the_address_made_of_it() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let (resolver, asked) = to_loopback();
    for scheme in ["http", "socks5", "socks5h"] {
        let options = ConnectOptions::default()
            .resolver(resolver.clone())
            .proxy(via(format!("{scheme}://{LITERAL}:{}", proxy.port())));
        let mut client = Client::connect_with("ws://198.51.100.1:81/", options);
        // The proxy is in another network, so it gets the address itself.
        let destination = match scheme {
            "http" => http_tunnel(&proxy, server.port()).await,
            _ => socks_tunnel(&proxy, server.port(), false).await.destination,
        };
        assert!(destination.contains("198.51.100.1:81"), "{destination}");
        server.upgrade().await;
        client.opened().await;
    }
    assert_eq!(*asked.lock().expect("no panic"), [LITERAL; 3]);
}

#[test]
fn lookups_that_hang_leave_threads_for_other_work() {
    // Fewer than lookups, and more than may run at a time.
    let runtime = runtime::Builder::new_multi_thread()
        .max_blocking_threads(34)
        .enable_all()
        .build()
        .expect("a runtime");
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let hanging = Resolver::new(move |_| {
        // One waits for the channel, the others for the lock.
        let wait = wait.lock().unwrap_or_else(PoisonError::into_inner);
        let _ended = wait.recv();
        Err(io::ErrorKind::NotFound.into())
    });
    runtime.block_on(async {
        let options = ConnectOptions::default()
            .resolver(hanging)
            .connect_timeout(Duration::from_millis(50));
        let clients: Vec<_> = (0..40)
            .map(|number| {
                Client::connect_with(&format!("ws://h{number}.invalid/"), options.clone())
            })
            .collect();
        for mut client in clients {
            let error = client.failed().await;
            assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");
        }
        assert_eq!(soon(spawn_blocking(|| 7)).await.ok(), Some(7));
        let server = Server::start().await;
        let mut client = Client::connect(&server.url());
        server.upgrade().await;
        client.opened().await;
    });
    // The runtime waits for its threads when it is dropped.
    drop(release);
}
