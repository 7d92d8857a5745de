//! `cargo xtask bare`: uses the package on a bare Debian, which has neither Rust nor a compiler.
//!
//! The Dart VM that can be had is for 32-bit x86, for which the package carries no library. So the build hook is run
//! twice. For an app on x86-64 it chooses the package's library, which is used through its C functions. For the VM it
//! takes a library that the app names, and the example program runs with that.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::cargo::Profile;
use crate::peers::server::{self, Server};
use crate::platforms::native_client::NativeClient;
use crate::platforms::{library, manifest, package, targets};
use crate::provision::dart::Dart;
use crate::provision::{apt, system};
use crate::{process, workspace};

const SUITE: &str = "bookworm";
/// The only additions to the smallest Debian: the VM's C library, and the unwinder of its library. The libraries of the
/// package contain theirs.
const VM_NEEDS: &str = "libc6-i386,lib32gcc-s1";
/// The target of the app that the hook is asked for, and one that the package does not have here.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const OTHER_TARGET: &str = "aarch64-unknown-linux-gnu";
/// What the machine must not have.
const TOOLS: [&str; 8] = [
    "cargo", "rustc", "rustup", "cc", "gcc", "clang", "ld", "python3",
];
/// A library that the VM can load.
const VM_LIBRARY: &str = "library.so";
/// The folder of everything that is copied to the machine.
const FOLDER: &str = "/app";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the libraries [default: target/prebuilt/libraries, where `cargo xtask prebuilt` writes them].
    #[arg(long)]
    prebuilt: Option<PathBuf>,
}

/// Sets the machine up, and prints what runs there.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let may_mount = || process::output(Command::new("unshare").args(["--mount", "true"])).is_ok();
    if !(cfg!(target_arch = "x86_64") && apt::may_install() && may_mount()) {
        println!("bare: skipped: it needs root on Debian on x86-64, and mounts");
        return Ok(ExitCode::SUCCESS);
    }
    let libraries = arguments
        .prebuilt
        .clone()
        .unwrap_or_else(|| workspace::target().join("prebuilt/libraries"));
    let machine = Machine::prepare()?;
    let dart = Dart::prepare_vm()?;
    machine.install(&dart, &libraries)?;
    let target = targets::find(TARGET)?;
    let client = NativeClient::prepare(target)?;
    machine.copy(client.file(), "client")?;

    for tool in TOOLS {
        let find = ["-c", "command -v \"$0\"", tool];
        let found = machine.command("sh").args(find).output()?;
        ensure!(!found.status.success(), "the machine has {tool}");
    }
    println!("the machine has no {}", TOOLS.join(", no "));

    let chosen = machine.hook("x64", None)?;
    let expected = format!("{FOLDER}/package/prebuilt/{TARGET}/{}", target.library());
    ensure!(chosen == Ok(expected), "the hook chose {chosen:?}");
    let chosen = chosen.unwrap_or_default();
    println!("hook for {TARGET}: {chosen}");
    match machine.hook("arm64", None)? {
        Ok(file) => {
            bail!("the package has no library for {OTHER_TARGET}, but the hook chose {file}")
        }
        Err(error) => println!("hook for {OTHER_TARGET}: {error}"),
    }

    let own = machine
        .hook("ia32", Some(VM_LIBRARY))?
        .map_err(anyhow::Error::msg)?;
    println!("hook for the VM, with a library of the app: {own}");

    let server = Server::start(&mut server::echo_server(Profile::Dev, None)?)?;
    let example = "package/example/echo.dart";
    let mut echo = machine.dart(example);
    echo.env("RUST_WEB_SOCKET_LIBRARY", own).arg(server.url());
    for line in process::output(&mut echo)?.lines() {
        println!("{example}: {line}");
    }
    let client = process::output(machine.command("/app/client").args([&chosen, server.url()]))?;
    for line in client.lines() {
        println!("{TARGET}: {line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of the bare Debian, whose programs see it as the root. They share the network.
struct Machine(PathBuf);

impl Machine {
    fn prepare() -> Result<Self> {
        let folder = workspace::target().join("bare").join(SUITE);
        workspace::make_folder(&folder, |partial| {
            system::require_debootstrap()?;
            process::announce("unpacking a bare Debian");
            // Its mounts end with it, also after an error.
            let mut debootstrap = Command::new("unshare");
            debootstrap
                .args([
                    "--mount",
                    "debootstrap",
                    "--variant=minbase",
                    &format!("--include={VM_NEEDS}"),
                    SUITE,
                ])
                .arg(partial)
                .arg(apt::mirror()?);
            process::run(&mut debootstrap)
        })?;
        Ok(Self(folder))
    }

    /// Copies the VM, the package with one library, and stand-ins for its dependencies.
    fn install(&self, dart: &Dart, libraries: &Path) -> Result<()> {
        let app = self.path("");
        if app.exists() {
            fs::remove_dir_all(&app)?;
        }
        fs::create_dir_all(&app)?;
        let one = workspace::target().join("bare/libraries");
        if one.exists() {
            fs::remove_dir_all(&one)?;
        }
        let mut manifest = manifest::read(libraries)?;
        manifest
            .libraries
            .retain(|library| library.target == TARGET);
        package::copy_all(&libraries.join(TARGET), &one.join(TARGET))?;
        manifest::write(&one, manifest.libraries)?;
        package::stage(&self.path("package"), Some(&one), None)?;
        self.copy(dart.executable(), "dart")?;
        self.copy(&library::build(dart, Profile::Release)?, VM_LIBRARY)?;

        let stand_ins = workspace::root().join("tests/standins");
        package::copy_all(&stand_ins, &self.path("packages"))?;
        let mut packages = vec![package_at("rust_web_socket", "package")];
        for entry in fs::read_dir(stand_ins)? {
            let path = entry?.path();
            if let (true, Some(name)) = (path.is_dir(), path.file_name().and_then(OsStr::to_str)) {
                packages.push(package_at(name, &format!("packages/{name}")));
            }
        }
        let config = json!({"configVersion": 2, "packages": packages});
        Ok(fs::write(self.path("packages.json"), config.to_string())?)
    }

    /// The library that the package's hook chooses for an app on Linux, whose pubspec may name one; otherwise the hook's
    /// error.
    fn hook(&self, architecture: &str, library: Option<&str>) -> Result<Result<String, String>> {
        let mut input = json!({
            "package_name": "rust_web_socket",
            "package_root": format!("{FOLDER}/package/"),
            "out_dir_shared": "/tmp/",
            "out_file": "/tmp/output.json",
            "config": {
                "build_asset_types": ["code_assets/code"],
                "extensions": {"code_assets": {
                    "target_os": "linux",
                    "target_architecture": architecture,
                }},
            },
        });
        if let Some(library) = library {
            input["user_defines"]["workspace_pubspec"] = json!({
                "base_path": format!("{FOLDER}/pubspec.yaml"),
                "defines": {"library": library},
            });
        }
        fs::write(self.path("input.json"), input.to_string())?;
        let mut hook = self.dart("package/hook/build.dart");
        let ran = hook.arg(format!("--config={FOLDER}/input.json")).output()?;
        if !ran.status.success() {
            return Ok(Err(String::from_utf8(ran.stderr)?.trim().to_owned()));
        }
        let output: Value = serde_json::from_slice(&fs::read(self.0.join("tmp/output.json"))?)?;
        let file = output["assets"][0]["encoding"]["file"].as_str();
        Ok(Ok(file.context("the hook has no asset")?.to_owned()))
    }

    fn dart(&self, file: &str) -> Command {
        let mut command = self.command("/app/dart");
        command
            .arg(format!("--packages={FOLDER}/packages.json"))
            .arg(format!("{FOLDER}/{file}"));
        command
    }

    /// A program of the machine. The mounts end with it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("/usr/bin/unshare");
        command
            .args(["--mount", "--pid", "--fork", "--mount-proc", "--root"])
            .arg(&self.0)
            .arg(program)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root");
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(FOLDER.trim_start_matches('/')).join(name)
    }

    fn copy(&self, from: &Path, name: &str) -> Result<()> {
        fs::copy(from, self.path(name)).with_context(|| from.display().to_string())?;
        Ok(())
    }
}

fn package_at(name: &str, folder: &str) -> Value {
    json!({
        "name": name,
        "rootUri": format!("file://{FOLDER}/{folder}/"),
        "packageUri": "lib/",
        "languageVersion": "3.7",
    })
}
