//! What the two ends of a line see of its faults.

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

/// A net against hanging.
const NET: Duration = Duration::from_secs(30);
/// Nothing comes; short, since it is waited for in vain.
const SILENCE: Duration = Duration::from_millis(100);

/// Both ends of a line through the proxy.
struct Line {
    client: TcpStream,
    server: TcpStream,
    proxy: FaultProxy,
}

impl Line {
    async fn open(plan: Plan) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = FaultProxy::start(listener.local_addr()?, move |_| plan.clone()).await?;
        let client = TcpStream::connect(proxy.addr()).await?;
        let (server, _) = timeout(NET, listener.accept()).await??;
        Ok(Self {
            client,
            server,
            proxy,
        })
    }

    /// Ends the line from both ends.
    async fn finish(self) -> Result<Report> {
        drop((self.client, self.server));
        let reports = self.proxy.finish(NET).await?;
        reports.into_iter().next().context("there was a connection")
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
    timeout(NET, tcp.read_to_end(&mut bytes)).await??;
    Ok(bytes)
}

async fn is_silent(tcp: &mut TcpStream) -> bool {
    timeout(SILENCE, tcp.read_u8()).await.is_err()
}

fn is_reset(read: std::io::Result<u8>) -> bool {
    read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

/// Sends random bytes both ways over an uneven line.
async fn echo_over_an_uneven_line(seed: u64) -> Result<()> {
    let mut rng = Rng::with_seed(seed);
    let sent: Vec<u8> = (0..rng.usize(..100_000)).map(|_| rng.u8(..)).collect();
    let mut line = Line::open(Plan::uneven(&mut rng, sent.len() as u64)).await?;
    let (mut reader, mut writer) = line.client.split();
    let echo = async {
        let (mut reader, mut writer) = line.server.split();
        tokio::io::copy(&mut reader, &mut writer).await?;
        writer.shutdown().await
    };
    let send = async {
        writer.write_all(&sent).await?;
        writer.shutdown().await
    };
    let mut received = Vec::new();
    let receive = reader.read_to_end(&mut received);
    timeout(NET, async { tokio::try_join!(echo, send, receive) }).await??;
    assert!(received == sent, "seed {seed}");
    let report = line.finish().await?;
    let size = sent.len() as u64;
    assert_eq!((report.up, report.down), (size, size));
    assert!(!report.up_fired && !report.down_fired);
    Ok(())
}

#[tokio::test]
async fn an_uneven_line_loses_nothing_and_keeps_the_order() -> Result<()> {
    let mut seeds: JoinSet<_> = (0..30).map(echo_over_an_uneven_line).collect();
    while let Some(ended) = seeds.join_next().await {
        ended??;
    }
    Ok(())
}

#[tokio::test]
async fn latency_delays_and_a_stall_interrupts() -> Result<()> {
    let late = Duration::from_millis(50);
    let mut line = Line::open(down(Flow {
        latency: late,
        stalls: vec![Stall {
            at: 1,
            length: 2 * late,
        }],
        ..Flow::default()
    }))
    .await?;
    let start = Instant::now();
    line.server.write_all(b"ab").await?;
    assert_eq!(line.client.read_u8().await?, b'a');
    assert!(start.elapsed() >= late);
    assert_eq!(line.client.read_u8().await?, b'b');
    assert!(start.elapsed() >= 3 * late);
    line.finish().await?;
    Ok(())
}

#[tokio::test]
async fn bandwidth_holds_for_the_bytes_it_is_meant_for() -> Result<()> {
    let bandwidth = Bandwidth {
        rate: 100,
        until: 10,
    };
    let mut line = Line::open(down(Flow {
        bandwidth: Some(bandwidth),
        ..Flow::default()
    }))
    .await?;
    let start = Instant::now();
    let sent = vec![7; 1_000_000];
    line.server.write_all(&sent).await?;
    line.server.shutdown().await?;
    assert!(read_to_end(&mut line.client).await? == sent);
    // Ten bytes of a hundred a second; at that rate all of them would take hours.
    assert!(start.elapsed() >= Duration::from_millis(100));
    line.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_fin_at_a_byte_ends_one_direction_there() -> Result<()> {
    let mut line = Line::open(down(fault(Place::Byte(3), Fault::Fin))).await?;
    line.server.write_all(b"abcdef").await?;
    assert_eq!(read_to_end(&mut line.client).await?, b"abc");
    line.client.write_all(b"still here").await?;
    line.client.shutdown().await?;
    assert_eq!(read_to_end(&mut line.server).await?, b"still here");
    let report = line.finish().await?;
    assert!(report.down_fired && !report.up_fired);
    assert_eq!((report.up, report.down), (10, 3));
    Ok(())
}

#[tokio::test]
async fn a_reset_at_a_byte_is_seen_by_both_ends() -> Result<()> {
    let mut line = Line::open(up(fault(Place::Byte(2), Fault::Reset))).await?;
    line.client.write_all(b"abc").await?;
    let mut received = [0; 2];
    // What came before a RST may be lost with it.
    match timeout(NET, line.server.read_exact(&mut received)).await? {
        Ok(_) => assert_eq!(&received, b"ab"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert!(is_reset(timeout(NET, line.server.read_u8()).await?));
    assert!(is_reset(timeout(NET, line.client.read_u8()).await?));
    assert!(line.finish().await?.up_fired);
    Ok(())
}

#[tokio::test]
async fn a_fault_at_byte_0_needs_no_byte() -> Result<()> {
    let mut line = Line::open(down(fault(Place::Byte(0), Fault::Fin))).await?;
    assert_eq!(read_to_end(&mut line.client).await?, b"");
    line.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_half_open_line_is_silent_in_both_directions() -> Result<()> {
    for absorbs in [false, true] {
        let half_open = fault(Place::Byte(2), Fault::HalfOpen { absorbs });
        let mut line = Line::open(down(half_open)).await?;
        line.server.write_all(b"abc").await?;
        let mut received = [0; 2];
        line.client.read_exact(&mut received).await?;
        assert_eq!(&received, b"ab");
        assert!(is_silent(&mut line.client).await, "no byte and no end");
        line.client.write_all(b"anybody?").await?;
        if !absorbs {
            assert!(is_silent(&mut line.server).await, "no byte and no end");
        }
        assert!(line.finish().await?.down_fired);
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_does_not_leave_is_told() -> Result<()> {
    let half_open = fault(Place::Byte(0), Fault::HalfOpen { absorbs: false });
    let line = Line::open(down(half_open)).await?;
    assert!(line.proxy.finish(SILENCE).await.is_err());
    drop(line.client);
    Ok(())
}

#[tokio::test]
async fn one_byte_is_corrupted_and_no_other() -> Result<()> {
    let corrupt = fault(Place::Byte(3), Fault::Corrupt(0x20));
    let piece = Some(1);
    let mut line = Line::open(down(Flow { piece, ..corrupt })).await?;
    line.server.write_all(b"abcdef").await?;
    line.server.shutdown().await?;
    assert_eq!(read_to_end(&mut line.client).await?, b"abcDef");
    assert!(line.finish().await?.down_fired);
    Ok(())
}

#[tokio::test]
async fn a_byte_of_a_frame_is_corrupted() -> Result<()> {
    let place = Place::Frame {
        number: 1,
        part: FramePart::Payload(1),
    };
    let mut line = Line::open(down(fault(place, Fault::Corrupt(0x20)))).await?;
    line.server.write_all(b"HTTP/1.1 101\r\n\r\n").await?;
    line.server
        .write_all(b"\x81\x02ab\x89\x00\x81\x02cd")
        .await?;
    line.server.shutdown().await?;
    let received = read_to_end(&mut line.client).await?;
    assert!(received.ends_with(b"\x81\x02ab\x89\x00\x81\x02cD"));
    line.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_reset_by_the_server_is_passed_on() -> Result<()> {
    let mut line = Line::open(Plan::default()).await?;
    line.server.write_all(b"a").await?;
    assert_eq!(line.client.read_u8().await?, b'a');
    line.server.set_zero_linger()?;
    drop(line.server);
    assert!(is_reset(timeout(NET, line.client.read_u8()).await?));
    drop(line.client);
    line.proxy.finish(NET).await?;
    Ok(())
}

#[test]
fn a_seed_makes_the_same_plans_again() {
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
async fn what_does_not_fit_the_queue_waits_with_the_sender() -> Result<()> {
    let taken = async |queue| -> Result<usize> {
        let line = Line::open(up(Flow {
            queue,
            stalls: vec![Stall { at: 0, length: NET }],
            ..Flow::default()
        }))
        .await?;
        SockRef::from(&line.client).set_send_buffer_size(16 * 1024)?;
        let mut taken = 0;
        while timeout(SILENCE, line.client.writable()).await.is_ok() {
            match line.client.try_write(&[0; 1024]) {
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
