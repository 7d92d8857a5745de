//! Random bytes as frames have the same result however they are split, and memory stays within the limit for messages.

#![no_main]

use arbitrary::Arbitrary;
use fuzz::reading::Reads;
use libfuzzer_sys::fuzz_target;
use rust_web_socket_protocol::Agreement;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The window, from 8 to 15 bits, if compression was negotiated.
    window: Option<u8>,
    no_context_takeover: bool,
    limit: u8,
    seed: u16,
    wire: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let agreement = input.window.map(|window| Agreement {
        server_no_context_takeover: input.no_context_takeover,
        client_no_context_takeover: false,
        server_max_window_bits: 8 + window % 8,
        client_max_window_bits: 15,
    });
    let limits = [
        None,
        Some(0),
        Some(1),
        Some(100),
        Some(1_000),
        Some(20_000),
        Some(300_000),
        Some(2_000_000),
    ];
    let reads = Reads {
        wire: input.wire,
        agreement,
        max_message_size: limits[usize::from(input.limit) % limits.len()],
    };
    reads.in_every_way(input.seed.into());
});
