use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::ConnectOptions;

/// The systems count in seconds.
const LEAST_KEEP_ALIVE: Duration = Duration::from_secs(1);

/// Sets what the options say of TCP itself. A system that does not know an option, or does not want a value, goes on
/// without it: the connection works all the same, and has its heartbeat.
pub(crate) fn configure(tcp: &TcpStream, options: &ConnectOptions) {
    let socket = SockRef::from(tcp);
    if let Some(time) = options.tcp_keep_alive {
        let time = time.max(LEAST_KEEP_ALIVE);
        let keep_alive = TcpKeepalive::new().with_time(time).with_interval(time);
        let _ = socket.set_tcp_keepalive(&keep_alive);
    }
    #[cfg(any(target_os = "android", target_os = "linux"))]
    if let Some(timeout) = options.tcp_user_timeout {
        let _ = socket.set_tcp_user_timeout(Some(timeout));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn configured(options: &ConnectOptions) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let tcp = TcpStream::connect(address).await.expect("it listens");
        configure(&tcp, options);
        tcp
    }

    #[tokio::test]
    async fn keep_alive_and_user_timeout_are_set() {
        let tcp = configured(&ConnectOptions {
            tcp_keep_alive: Some(Duration::from_secs(40)),
            tcp_user_timeout: Some(Duration::from_millis(2500)),
            ..ConnectOptions::default()
        })
        .await;
        let socket = SockRef::from(&tcp);
        assert_eq!(socket.keepalive().ok(), Some(true));
        let forty = Some(Duration::from_secs(40));
        assert_eq!(socket.tcp_keepalive_time().ok(), forty);
        assert_eq!(socket.tcp_keepalive_interval().ok(), forty);
        let timeout = socket.tcp_user_timeout().ok().flatten();
        assert_eq!(timeout, Some(Duration::from_millis(2500)));
    }

    #[tokio::test]
    async fn without_options_they_are_the_systems() {
        let tcp = configured(&ConnectOptions::default()).await;
        let socket = SockRef::from(&tcp);
        assert_eq!(socket.keepalive().ok(), Some(false));
        assert_eq!(socket.tcp_user_timeout().ok().flatten(), None);
    }

    #[tokio::test]
    async fn what_is_out_of_range_does_no_harm() {
        for time in [Duration::ZERO, Duration::MAX] {
            configured(&ConnectOptions {
                tcp_keep_alive: Some(time),
                tcp_user_timeout: Some(time),
                ..ConnectOptions::default()
            })
            .await;
        }
    }
}
