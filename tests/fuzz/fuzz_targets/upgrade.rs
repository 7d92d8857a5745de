//! Every response to an upgrade, however it is split, ends the handshake, takes little memory and has the same result.
//! A response that contains `{accept}` gets the expected value.

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use fuzz::{memory, pieces::Pieces, stream::MemoryStream};
use libfuzzer_sys::fuzz_target;
use rust_web_socket_core::{ConnectError, ConnectOptions, Handshake, fuzzing::Upgrade};
use tokio::runtime::{Builder, Runtime};

/// The maximum memory, enough for the largest header and its copies, in bytes.
const MEMORY: usize = 1024 * 1024;

/// Its clock is paused, so that nothing waits.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime")
});

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    offers_compression: bool,
    seed: u16,
    answer: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let mut options = ConnectOptions::default();
    if !input.offers_compression {
        options.compression = None;
    }
    let upgrade = Upgrade::new("ws://localhost/", &options).expect("a valid URL");
    let answer = replace(input.answer, b"{accept}", upgrade.accept().as_bytes());

    let whole = perform(&upgrade, MemoryStream::new(&answer, Pieces::Whole));
    let random = Pieces::Random(input.seed.into());
    for pieces in [Pieces::Bytes, random] {
        let split = perform(&upgrade, MemoryStream::new(&answer, pieces));
        assert_eq!(split, whole, "{pieces:?}");
    }
    // Checks only that it ends.
    let _ = perform(&upgrade, MemoryStream::endless(&answer, random));
});

/// The result and the bytes that were not read, or the error.
fn perform(
    upgrade: &Upgrade,
    mut stream: MemoryStream<'_>,
) -> Result<(Handshake, Vec<u8>), String> {
    let performed = memory::bounded(MEMORY, || RUNTIME.block_on(upgrade.perform(&mut stream)));
    match performed {
        Ok((handshake, tail)) => Ok((handshake, [&tail, stream.unread()].concat())),
        Err(ConnectError::UpgradeRefused { refused, .. }) => {
            let redirected = upgrade.redirected(&refused);
            if let Ok(Some(url)) = &redirected {
                assert!(url.starts_with("ws://") || url.starts_with("wss://"));
            }
            // The `Debug` of a refusal omits most of it.
            let fields = refused.headers.iter();
            let fields: Vec<_> = fields.map(|field| (&field.name, &field.value)).collect();
            let (status, body) = (refused.status, &refused.body);
            Err(format!("{status} {fields:?} {body:?}, to {redirected:?}"))
        }
        // The message shows as much of the response as had arrived.
        Err(error) => Err(error
            .to_string()
            .split('(')
            .next()
            .unwrap_or_default()
            .into()),
    }
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = text;
    while let Some(place) = rest.windows(from.len()).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..place]);
        replaced.extend_from_slice(to);
        rest = &rest[place + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}
