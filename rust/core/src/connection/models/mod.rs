//! Models of a connection's threads, which loom runs in every order, with every value that the memory model allows an
//! atomic to have: `cargo xtask loom`.
//!
//! The connection is the real one, from the [shared state](super::shared) to the [driver](super::driver) and the
//! [duplex](super::duplex). Locks, atomics and the waker's cell are loom's (`sync.rs`). The network and the runtime are
//! those of [`line`] and [`world`]. `docs/data-path.md` says what is not covered.

mod line;
mod world;

use crate::SendError;
use rust_web_socket_protocol::close_frame;
use world::{Event, World, check};

/// The cost of this message is all of the credit.
const LARGE: [u8; 34] = {
    let mut frame = [b'x'; 34];
    frame[0] = 0x82;
    frame[1] = 32;
    frame
};

#[test]
fn a_message_that_is_sent_while_the_connection_opens_arrives() {
    check(|| {
        let (world, mut driver) = World::new();
        world.race(&mut driver, [|world| world.send("a")]);
        assert_eq!(world.messages(), ["a"]);
        assert_eq!(world.shared.outbox.buffered(), 0);
    });
}

#[test]
fn what_two_threads_send_while_the_driver_runs_arrives_once() {
    check(|| {
        let (world, mut driver) = World::open();
        world.race(
            &mut driver,
            [|world| world.send("a"), |world| world.send("b")],
        );
        let mut messages = world.messages();
        messages.sort();
        assert_eq!(messages, ["a", "b"]);
        assert_eq!(world.shared.outbox.buffered(), 0);
    });
}

#[test]
fn what_was_blocked_is_sent_when_there_is_room() {
    check(|| {
        let (world, mut driver) = World::open();
        world.line.fill();
        world.race(
            &mut driver,
            [|world| world.send("a"), |world| world.line.make_room()],
        );
        assert_eq!(world.messages(), ["a"]);
        assert_eq!(world.shared.outbox.buffered(), 0);
    });
}

#[test]
fn a_drain_that_is_requested_while_the_last_bytes_leave_is_reported_once() {
    check(|| {
        let (world, mut driver) = World::open();
        world.push("a").expect("it is open");
        world.race(
            &mut driver,
            [
                |world| world.shared.notify_drained(0),
                |world| world.send("b"),
            ],
        );
        assert_eq!(world.messages(), ["a", "b"]);
        assert_eq!(world.events(), [Event::Drained]);
    });
}

#[test]
fn pings_of_two_threads_are_answered_once() {
    check(|| {
        let (world, mut driver) = World::open();
        world.race(
            &mut driver,
            [
                |world| world.shared.ping(1).expect("it is open"),
                |world| world.shared.ping(2).expect("it is open"),
            ],
        );
        // A ping that was not encoded yet is replaced by the next, whose pong answers both.
        for (opcode, payload) in world.line.frames() {
            assert_eq!(opcode, 9);
            world.line.receive(&[&[0x8a, 8][..], &payload].concat());
        }
        driver.run();
        let mut events = world.events();
        events.sort();
        assert_eq!(events, [Event::Pong(1), Event::Pong(2)]);
    });
}

#[test]
fn credit_that_is_returned_as_reading_stops_makes_it_go_on() {
    check(|| {
        let (world, mut driver) = World::open();
        world.line.receive(&LARGE);
        driver.run();
        assert!(!world.shared.credit.is_available());
        world.race(
            &mut driver,
            [
                |world| world.shared.grant(),
                |world| world.line.receive(&LARGE),
            ],
        );
        assert_eq!(world.events(), [Event::Batch(1), Event::Batch(1)]);
        assert!(!world.shared.credit.is_available());
        world.shared.grant();
        assert!(world.shared.credit.is_settled());
        assert!(world.shared.credit.is_available());
    });
}

#[test]
fn credit_that_two_threads_return_is_all_there() {
    check(|| {
        let (world, mut driver) = World::open();
        for size in [1, 30] {
            let frame = [&[0x82, size][..], &LARGE[..size.into()]].concat();
            world.line.receive(&frame);
            driver.run();
        }
        assert!(!world.shared.credit.is_available());
        world.line.receive(&LARGE);
        let grant: fn(&World) = |world| world.shared.grant();
        world.race(&mut driver, [grant, grant]);
        assert_eq!(world.count(&Event::Batch(1)), 3);
        world.shared.grant();
        assert!(world.shared.credit.is_settled());
        assert!(world.shared.credit.is_available());
    });
}

#[test]
fn the_last_batch_ends_a_connection_whose_peer_broke_the_protocol() {
    check(|| {
        let (world, mut driver) = World::open();
        // A message that leaves credit, and one that is not UTF-8.
        world.line.receive(&[0x82, 1, b'x', 0x81, 1, 0xff]);
        let grant: fn(&World) = |world| {
            if world.count(&Event::Batch(1)) > 0 {
                world.shared.grant();
            }
        };
        world.race(&mut driver, [grant]);
        if !world.shared.credit.is_settled() {
            assert_eq!(world.events(), [Event::Batch(1)]);
            world.shared.grant();
            driver.run();
        }
        assert_eq!(world.events(), [Event::Batch(1), Event::Closed(1007)]);
    });
}

#[test]
fn a_close_is_sent_after_what_was_queued_before_it_and_nothing_follows() {
    check(|| {
        let (world, mut driver) = World::open();
        world.race(
            &mut driver,
            [
                |world| {
                    world.push("a").expect("it is open");
                    world.shared.close(Some(close_frame(1000, "")));
                },
                |world| match world.push("b") {
                    Ok(()) => world.shared.flush(),
                    Err(error) => assert_eq!(error, SendError::Closing),
                },
            ],
        );
        let messages = world.messages();
        assert!(messages == ["a"] || messages == ["a", "b"] || messages == ["b", "a"]);
        let frames = world.line.frames();
        assert_eq!(frames.len(), messages.len() + 1);
        assert_eq!(frames.last(), Some(&(8, vec![3, 232])));
        assert_eq!(world.shared.outbox.buffered(), 0);
        assert_eq!(world.events(), [Event::CloseWritten]);

        world.line.receive(&[0x88, 2, 3, 232]);
        world.line.end();
        driver.run();
        assert_eq!(world.events(), [Event::CloseWritten, Event::Closed(1000)]);
        assert!(driver.has_ended());
    });
}

#[test]
fn what_is_sent_before_a_release_arrives_and_no_event_follows() {
    check(|| {
        let (world, mut driver) = World::open();
        world.race(
            &mut driver,
            [
                |world| {
                    world.send("a");
                    world.shared.release();
                },
                |world| world.line.receive(&LARGE),
            ],
        );
        assert_eq!(world.messages(), ["a"]);
        assert_eq!(world.line.frames().len(), 2);
    });
}

#[test]
fn what_a_failing_write_drops_never_looks_sent() {
    check(|| {
        let (world, mut driver) = World::open();
        world.line.break_writes();
        world.push("a").expect("it is open");
        world.race(
            &mut driver,
            [
                |world| {
                    let looks_sent = world.shared.outbox.buffered() == 0;
                    assert!(!looks_sent || !world.shared.outbox.is_writable());
                },
                |world| world.shared.flush(),
            ],
        );
        assert_eq!(world.shared.outbox.buffered(), 0);
    });
}

#[test]
fn what_is_sent_as_the_connection_is_lost_looks_sent_only_if_it_was() {
    check(|| {
        let (world, mut driver) = World::open();
        world.line.end();
        world.race(
            &mut driver,
            [
                |world| {
                    let pushed = world.push("a");
                    let looks_sent = world.shared.outbox.buffered() == 0;
                    if pushed.is_ok() && looks_sent && world.shared.outbox.is_writable() {
                        assert_eq!(world.messages(), ["a"]);
                    }
                },
                |world| world.shared.flush(),
            ],
        );
        assert!(driver.has_ended());
        assert_eq!(world.events(), [Event::Closed(1006)]);
        assert_eq!(world.shared.outbox.buffered(), 0);
        assert_eq!(world.push("b"), Err(SendError::Ended));
    });
}

#[test]
fn a_trace_that_is_switched_on_while_the_driver_runs_shows_the_next_frame() {
    check(|| {
        let (world, mut driver) = World::open();
        world.race(&mut driver, [|world| world.shared.trace(1)]);
        world.send("a");
        driver.run();
        assert_eq!(world.events(), [Event::Frames]);
    });
}
