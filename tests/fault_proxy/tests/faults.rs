//! What both ends of a connection observe of the fault proxy's faults.

use std::io::ErrorKind;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;
use fault_proxy::{Bandwidth, Fault, FaultProxy, Flow, FramePart, Place, Plan, Report, Stall};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// A timeout for tests that hang.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait for nothing to arrive.
const SILENCE: Duration = Duration::from_millis(100);

/// Both ends of a connection through the proxy.
struct Link {
    client: TcpStream,
    server: TcpStream,
    proxy: FaultProxy,
}

impl Link {
    async fn open(plan: Plan) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = FaultProxy::start(listener.local_addr()?, move |_| plan.clone()).await?;
        let client = TcpStream::connect(proxy.addr()).await?;
        let (server, _) = timeout(TIMEOUT, listener.accept()).await??;
        Ok(Self {
            client,
            server,
            proxy,
        })
    }

    /// Closes both ends.
    async fn finish(self) -> Result<Report> {
        drop((self.client, self.server));
        let reports = self.proxy.finish(TIMEOUT).await?;
        reports.into_iter().next().context("no connection")
    }
}

fn down(flow: Flow) -> Plan {
    Plan {
        down: flow,
        ..Plan::default()
    }
}

fn up(flow: Flow) -> Plan {
    Plan {
        up: flow,
        ..Plan::default()
    }
}

fn fault(place: Place, fault: Fault) -> Flow {
    Flow {
        fault: Some((place, fault)),
        ..Flow::default()
    }
}

async fn read_to_end(tcp: &mut TcpStream) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    timeout(TIMEOUT, tcp.read_to_end(&mut bytes)).await??;
    Ok(bytes)
}

async fn is_silent(tcp: &mut TcpStream) -> bool {
    timeout(SILENCE, tcp.read_u8()).await.is_err()
}

fn is_reset(read: std::io::Result<u8>) -> bool {
    read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

/// Sends random bytes in both directions over an uneven connection.
async fn echo_over_an_uneven_link(seed: u64) -> Result<()> {
    let mut rng = Rng::with_seed(seed);
    let sent: Vec<u8> = (0..rng.usize(..100_000)).map(|_| rng.u8(..)).collect();
    let mut link = Link::open(Plan::uneven(&mut rng, sent.len() as u64)).await?;
    let (mut reader, mut writer) = link.client.split();
    let echo = async {
        let (mut reader, mut writer) = link.server.split();
        tokio::io::copy(&mut reader, &mut writer).await?;
        writer.shutdown().await
    };
    let send = async {
        writer.write_all(&sent).await?;
        writer.shutdown().await
    };
    let mut received = Vec::new();
    let receive = reader.read_to_end(&mut received);
    timeout(TIMEOUT, async { tokio::try_join!(echo, send, receive) }).await??;
    assert!(received == sent, "seed {seed}");
    let report = link.finish().await?;
    let size = sent.len() as u64;
    assert_eq!((report.up, report.down), (size, size));
    assert!(!report.up_fired && !report.down_fired);
    Ok(())
}

#[tokio::test]
async fn an_uneven_connection_loses_nothing_and_keeps_the_order() -> Result<()> {
    let mut seeds: JoinSet<_> = (0..30).map(echo_over_an_uneven_link).collect();
    while let Some(ended) = seeds.join_next().await {
        ended??;
    }
    Ok(())
}

#[tokio::test]
async fn latency_delays_and_a_stall_interrupts() -> Result<()> {
    let late = Duration::from_millis(50);
    let mut link = Link::open(down(Flow {
        latency: late,
        stalls: vec![Stall {
            at: 1,
            length: 2 * late,
        }],
        ..Flow::default()
    }))
    .await?;
    let start = Instant::now();
    link.server.write_all(b"ab").await?;
    assert_eq!(link.client.read_u8().await?, b'a');
    assert!(start.elapsed() >= late);
    assert_eq!(link.client.read_u8().await?, b'b');
    assert!(start.elapsed() >= 3 * late);
    link.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_lost_segment_arrives_a_round_trip_later() -> Result<()> {
    let latency = Duration::from_millis(50);
    let mut link = Link::open(down(Flow {
        latency,
        loss: 1.0,
        ..Flow::default()
    }))
    .await?;
    let start = Instant::now();
    link.server.write_all(&[7; 3000]).await?;
    link.client.read_exact(&mut [0; 3000]).await?;
    assert!(start.elapsed() >= 3 * latency);
    link.finish().await?;
    Ok(())
}

#[tokio::test]
async fn bandwidth_limits_only_the_configured_bytes() -> Result<()> {
    let bandwidth = Bandwidth {
        rate: 100,
        until: 10,
    };
    let mut link = Link::open(down(Flow {
        bandwidth: Some(bandwidth),
        ..Flow::default()
    }))
    .await?;
    let start = Instant::now();
    let sent = vec![7; 1_000_000];
    link.server.write_all(&sent).await?;
    link.server.shutdown().await?;
    assert!(read_to_end(&mut link.client).await? == sent);
    // Ten bytes at a hundred per second. At that rate all of them would take hours.
    assert!(start.elapsed() >= Duration::from_millis(100));
    link.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_fin_at_a_byte_ends_one_direction() -> Result<()> {
    let mut link = Link::open(down(fault(Place::Byte(3), Fault::Fin))).await?;
    link.server.write_all(b"abcdef").await?;
    assert_eq!(read_to_end(&mut link.client).await?, b"abc");
    link.client.write_all(b"still here").await?;
    link.client.shutdown().await?;
    assert_eq!(read_to_end(&mut link.server).await?, b"still here");
    let report = link.finish().await?;
    assert!(report.down_fired && !report.up_fired);
    assert_eq!((report.up, report.down), (10, 3));
    Ok(())
}

#[tokio::test]
async fn a_reset_at_a_byte_reaches_both_ends() -> Result<()> {
    let mut link = Link::open(up(fault(Place::Byte(2), Fault::Reset))).await?;
    link.client.write_all(b"abc").await?;
    let mut received = [0; 2];
    // Bytes before a RST may be lost.
    match timeout(TIMEOUT, link.server.read_exact(&mut received)).await? {
        Ok(_) => assert_eq!(&received, b"ab"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert!(is_reset(timeout(TIMEOUT, link.server.read_u8()).await?));
    assert!(is_reset(timeout(TIMEOUT, link.client.read_u8()).await?));
    assert!(link.finish().await?.up_fired);
    Ok(())
}

#[tokio::test]
async fn a_fault_at_byte_0_needs_no_byte() -> Result<()> {
    let mut link = Link::open(down(fault(Place::Byte(0), Fault::Fin))).await?;
    assert_eq!(read_to_end(&mut link.client).await?, b"");
    link.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_half_open_connection_is_silent_in_both_directions() -> Result<()> {
    for absorbs in [false, true] {
        let half_open = fault(Place::Byte(2), Fault::HalfOpen { absorbs });
        let mut link = Link::open(down(half_open)).await?;
        link.server.write_all(b"abc").await?;
        let mut received = [0; 2];
        link.client.read_exact(&mut received).await?;
        assert_eq!(&received, b"ab");
        assert!(is_silent(&mut link.client).await, "no bytes and no end");
        link.client.write_all(b"anybody?").await?;
        if !absorbs {
            assert!(is_silent(&mut link.server).await, "no bytes and no end");
        }
        assert!(link.finish().await?.down_fired);
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_does_not_close_is_an_error() -> Result<()> {
    let half_open = fault(Place::Byte(0), Fault::HalfOpen { absorbs: false });
    let link = Link::open(down(half_open)).await?;
    assert!(link.proxy.finish(SILENCE).await.is_err());
    drop(link.client);
    Ok(())
}

#[tokio::test]
async fn only_one_byte_is_corrupted() -> Result<()> {
    let corrupt = fault(Place::Byte(3), Fault::Corrupt(0x20));
    let piece = Some(1);
    let mut link = Link::open(down(Flow { piece, ..corrupt })).await?;
    link.server.write_all(b"abcdef").await?;
    link.server.shutdown().await?;
    assert_eq!(read_to_end(&mut link.client).await?, b"abcDef");
    assert!(link.finish().await?.down_fired);
    Ok(())
}

#[tokio::test]
async fn a_byte_of_a_frame_is_corrupted() -> Result<()> {
    let place = Place::Frame {
        number: 1,
        part: FramePart::Payload(1),
    };
    let mut link = Link::open(down(fault(place, Fault::Corrupt(0x20)))).await?;
    link.server.write_all(b"HTTP/1.1 101\r\n\r\n").await?;
    link.server
        .write_all(b"\x81\x02ab\x89\x00\x81\x02cd")
        .await?;
    link.server.shutdown().await?;
    let received = read_to_end(&mut link.client).await?;
    assert!(received.ends_with(b"\x81\x02ab\x89\x00\x81\x02cD"));
    link.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_reset_by_the_server_is_passed_on() -> Result<()> {
    let mut link = Link::open(Plan::default()).await?;
    link.server.write_all(b"a").await?;
    assert_eq!(link.client.read_u8().await?, b'a');
    link.server.set_zero_linger()?;
    drop(link.server);
    assert!(is_reset(timeout(TIMEOUT, link.client.read_u8()).await?));
    drop(link.client);
    link.proxy.finish(TIMEOUT).await?;
    Ok(())
}

#[test]
fn a_seed_makes_the_same_plans() {
    let plans = |seed| {
        let mut rng = Rng::with_seed(seed);
        (0..100)
            .map(|_| format!("{:?}", Plan::random(&mut rng, 1000)))
            .collect::<Vec<_>>()
    };
    assert_eq!(plans(7), plans(7));
    assert_ne!(plans(7), plans(8));
}

#[tokio::test]
async fn the_sender_is_blocked_when_the_queue_is_full() -> Result<()> {
    let taken = async |queue| -> Result<usize> {
        let link = Link::open(up(Flow {
            queue,
            stalls: vec![Stall {
                at: 0,
                length: TIMEOUT,
            }],
            ..Flow::default()
        }))
        .await?;
        SockRef::from(&link.client).set_send_buffer_size(16 * 1024)?;
        let mut taken = 0;
        while timeout(SILENCE, link.client.writable()).await.is_ok() {
            match link.client.try_write(&[0; 1024]) {
                Ok(written) => taken += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(taken)
    };
    let (short, long) = (taken(Some(8 * 1024)).await?, taken(None).await?);
    assert!(short < 200_000, "{short}");
    assert!(long > 256 * 1024, "{long}");
    Ok(())
}
