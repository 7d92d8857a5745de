//! `cargo xtask cross`: builds the native library for phones, without Android's NDK and Apple's SDK. It shows what the
//! library needs from the system, and its size. No device could load the result: the unwinder is missing, and nothing
//! says which library of the system has a symbol.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::platforms::artifact::{self, Artifact, Purpose};
use crate::platforms::build::INSTALL_NAME;
use crate::platforms::library;
use crate::platforms::phone::{self, TARGETS};
use crate::platforms::size_table::{self, Row};
use crate::platforms::targets::{self, Os};
use crate::platforms::tested::{self, Outcome};
use crate::{process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
    /// Write the sizes to docs/install.md.
    #[arg(long)]
    publish: bool,
}

/// The system libraries that a build with the NDK links to.
const ANDROID_LIBRARIES: [&str; 6] = ["c", "dl", "gcc", "log", "m", "unwind"];
/// Those of Apple's SDK.
const APPLE_LIBRARIES: [&str; 4] = ["System", "c", "iconv", "m"];

/// Builds a library for each target, and prints what was checked.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let wanted = arguments.target.as_deref();
    let phones: Vec<_> = TARGETS
        .iter()
        .filter(|phone| wanted.is_none_or(|wanted| wanted == phone.rust))
        .collect();
    if phones.is_empty() {
        let known = TARGETS.map(|phone| phone.rust).join(", ");
        bail!("--target must be one of {known}");
    }
    let mut rows = Vec::new();
    let (mut android, mut ios) = (Vec::new(), Vec::new());
    let mut code = ExitCode::SUCCESS;
    for phone in phones {
        let target = targets::find(phone.rust)?;
        let folder = workspace::target().join("cross").join(phone.rust);
        let built = library::build_for(
            phone.rust,
            &link_arguments(phone, target.os, &folder)?,
            &phone::environment(phone)?,
        )?;
        let stripped = folder.join(target.library());
        strip(target.os, &built, &stripped)?;
        let artifact = Artifact::read(&stripped)?;
        for fault in artifact::check(target, &artifact, Purpose::Checked) {
            eprintln!("error: {}: {fault}", workspace::relative(&stripped));
            code = ExitCode::FAILURE;
        }
        match target.os {
            Os::Android => android.push(phone.rust),
            _ => ios.push(phone.rust),
        }
        println!(
            "{}: {} bytes (limit: {}), linked without the SDK; not run",
            phone.rust,
            artifact.size,
            artifact::size_limit(target, Purpose::Checked)
        );
        for reason in artifact::required_reasons(target, &artifact) {
            println!(
                "  Apple wants a reason for {}: {}",
                reason.function, reason.category
            );
        }
        rows.push(Row {
            target: target.triple,
            size: artifact.size,
            minimum_system: artifact.minimum_system(target.os),
            built: "without the SDK; not for use".to_owned(),
        });
    }
    println!(
        "C was compiled by clang with this repository's declarations, not with the headers of the NDK or Apple."
    );
    if code == ExitCode::SUCCESS && wanted.is_none() {
        for (row, built) in [(&tested::ANDROID, android), (&tested::IOS, ios)] {
            tested::record(row, &Outcome::new(built.join(", "), tested::system()));
        }
    }
    if arguments.publish {
        println!(
            "wrote {}",
            workspace::relative(&size_table::publish(&rows)?)
        );
    }
    Ok(code)
}

/// Links with lld and empty system libraries, and leaves their symbols unresolved.
fn link_arguments(phone: &phone::Target, os: Os, folder: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(folder)?;
    let (libraries, options) = match os {
        Os::Android => (
            &ANDROID_LIBRARIES[..],
            vec!["-Wl,--unresolved-symbols=ignore-all"],
        ),
        _ => (
            &APPLE_LIBRARIES[..],
            vec!["-Wl,-undefined,dynamic_lookup", INSTALL_NAME],
        ),
    };
    for name in libraries {
        let file = folder.join(format!("lib{name}.a"));
        if !file.exists() {
            process::run(Command::new("llvm-ar").arg("rcs").arg(file))?;
        }
    }
    let mut arguments = vec![
        format!("-Clink-arg=--target={}", phone.clang),
        "-Clink-arg=-fuse-ld=lld".to_owned(),
        "-Clink-arg=-nostdlib".to_owned(),
        format!("-Clink-arg=-L{}", folder.display()),
    ];
    arguments.extend(options.iter().map(|option| format!("-Clink-arg={option}")));
    Ok(arguments)
}

/// Strips `library` as an app's build does.
fn strip(os: Os, library: &Path, stripped: &Path) -> Result<()> {
    let option = match os {
        Os::Android => "--strip-unneeded",
        _ => "-x",
    };
    let mut strip = Command::new("llvm-strip");
    process::run(strip.arg(option).arg(library).arg("-o").arg(stripped))
}
