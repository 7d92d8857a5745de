//! Encodes the batches of inputs of the fuzz target `batches`. Usage: `encode_batches TO FROM…`, all of them folders.
//!
//! Each becomes a JSON file with the posted message and the expected messages, for `tests/dart/batches_test.dart`.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};
use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use fuzz::{
    batches::{Posted, Received, encode},
    message::Message,
};

fn main() -> Result<()> {
    let mut folders = env::args_os().skip(1).map(PathBuf::from);
    let to = folders.next().context("which folder to write to?")?;
    fs::create_dir_all(&to)?;
    for from in folders {
        for entry in fs::read_dir(&from).with_context(|| from.display().to_string())? {
            let file = entry?;
            let input = fs::read(file.path())?;
            // Decodes the input as libfuzzer-sys does.
            let received: Vec<Received> =
                Arbitrary::arbitrary_take_rest(Unstructured::new(&input))?;
            let name = format!("{}.json", file.file_name().display());
            fs::write(to.join(name), case(&received).to_string())?;
        }
    }
    Ok(())
}

fn case(received: &[Received]) -> Value {
    let messages = received
        .iter()
        .map(|Received { message, .. }| match message {
            Message::Text(text) => json!(text),
            Message::Binary(data) => json!({ "binary": BASE64.encode(data) }),
        });
    let Posted { records, payloads } = encode(received);
    let payloads = payloads.iter().map(|payload| BASE64.encode(payload));
    json!({
        "messages": messages.collect::<Vec<_>>(),
        "records": BASE64.encode(records),
        "payloads": payloads.collect::<Vec<_>>(),
    })
}
