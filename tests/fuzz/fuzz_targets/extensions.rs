//! For every Sec-WebSocket-Extensions, the result is within the offer, and an invalid value is an error. The value may
//! be in one field or in several (RFC 9110 section 5.3).

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rust_web_socket_protocol::{Agreement, CompressionOptions, negotiated};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    is_offered: bool,
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    /// Both windows, from 8 to 15 bits.
    windows: u8,
    fields: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let mut options = CompressionOptions::default();
    options.server_no_context_takeover = input.server_no_context_takeover;
    options.client_no_context_takeover = input.client_no_context_takeover;
    options.server_max_window_bits = 8 + input.windows % 8;
    options.client_max_window_bits = 8 + input.windows / 8 % 8;
    let offered = input.is_offered.then_some(&options);

    let agreed = negotiated(offered, input.fields.split('\n'));
    let one_field = input.fields.replace('\n', ",");
    assert_eq!(
        negotiated(offered, [one_field.as_str()].into_iter()).ok(),
        agreed.clone().ok()
    );
    if let Ok(Some(agreement)) = agreed {
        assert!(input.is_offered);
        // A server that names no limit has none.
        let server_bits = agreement.server_max_window_bits;
        assert!((8..=options.server_max_window_bits).contains(&server_bits) || server_bits == 15);
        assert!((8..=options.client_max_window_bits).contains(&agreement.client_max_window_bits));
        assert!(agreement.client_no_context_takeover >= options.client_no_context_takeover);
        assert_eq!(
            negotiated(offered, [answer(agreement).as_str()].into_iter()),
            Ok(Some(agreement))
        );
    }
});

/// The longest response with this meaning.
fn answer(agreement: Agreement) -> String {
    let mut answer = format!(
        "permessage-deflate; client_max_window_bits={}",
        agreement.client_max_window_bits
    );
    if agreement.server_max_window_bits < 15 {
        let bits = agreement.server_max_window_bits;
        answer.push_str(&format!("; server_max_window_bits={bits}"));
    }
    if agreement.server_no_context_takeover {
        answer.push_str("; server_no_context_takeover");
    }
    if agreement.client_no_context_takeover {
        answer.push_str("; client_no_context_takeover");
    }
    answer
}
