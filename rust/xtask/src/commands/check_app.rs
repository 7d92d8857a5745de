//! `cargo xtask check-app`: checks the types of the example app. Its widgets need Flutter's libraries, which are Dart
//! sources. So Dart's compiler can check them without Flutter's tools; running them needs Flutter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::provision::dart::Dart;
use crate::provision::package_config;
use crate::{process, workspace};

/// The package of Flutter's widgets, and that of their tests.
const FLUTTER: &str = "flutter";
const FLUTTER_TEST: &str = "flutter_test";

/// The folders that are checked.
const FOLDERS: [&str; 6] = [
    "dart/lib",
    "dart/example",
    "dart/hook",
    "example_app/lib",
    "example_app/test",
    "example_app/integration_test",
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Package config with Flutter's sources, as package `flutter`.
    #[arg(long)]
    packages: Option<PathBuf>,
}

/// Checks every file that can be checked, and lists the others.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let files = sources(&FOLDERS)?;
    let Some(config) = &arguments.packages else {
        let app: Vec<_> = files
            .into_iter()
            .filter(|file| file.starts_with("example_app/lib"))
            .collect();
        println!(
            "check-app: skipped {}: the types of the app's pages can be checked with `--packages FILE`, a package \
             config that has Flutter's sources. The app's logic is tested by `cargo xtask test`.",
            file_count(&app)
        );
        return Ok(ExitCode::SUCCESS);
    };
    if !package_config::provides(config, FLUTTER, "material.dart")? {
        bail!("{} has no package `{FLUTTER}`", config.display());
    }
    let has_flutter_test = package_config::provides(config, FLUTTER_TEST, "flutter_test.dart")?;
    let mut checked = Vec::new();
    let mut skipped = Vec::new();
    for file in files {
        if has_flutter_test || !imports(&file, FLUTTER_TEST)? {
            checked.push(file);
        } else {
            skipped.push(file);
        }
    }
    let dart = Dart::prepare()?;
    check(
        &dart,
        &package_config::prepare(&dart, Some(config))?,
        &checked,
    )?;
    println!(
        "check-app: {} of {} have no type errors",
        file_count(&checked),
        FOLDERS.join(", ")
    );
    for file in skipped {
        println!(
            "check-app: skipped {}: the config has no package `{FLUTTER_TEST}`",
            file.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn imports(file: &Path, package: &str) -> Result<bool> {
    let text = fs::read_to_string(workspace::root().join(file))
        .with_context(|| file.display().to_string())?;
    Ok(text.contains(&format!("'package:{package}/")))
}

/// Compiles all of `files` as one program, without running it.
fn check(dart: &Dart, packages: &Path, files: &[PathBuf]) -> Result<()> {
    let folder = workspace::target().join("check-app");
    fs::create_dir_all(&folder)?;
    let program = folder.join("main.dart");
    fs::write(&program, importing_program(files))
        .with_context(|| format!("cannot write {}", program.display()))?;
    process::announce(&format!("compiling {}", file_count(files)));
    let mut compiler = Command::new(dart.executable());
    if dart.newest_language().is_some() {
        // Flutter's sources use a feature of a newer Dart, which this VM has as an experiment.
        compiler.arg("--enable-experiment=null-aware-elements");
    }
    process::run(
        compiler
            .arg("--snapshot-kind=kernel")
            .arg(format!("--snapshot={}", folder.join("main.dill").display()))
            .arg(format!("--packages={}", packages.display()))
            .arg(program),
    )
}

/// A program that imports `files`. Those of a package are imported by `package:` URIs, since a path would be another
/// library.
fn importing_program(files: &[PathBuf]) -> String {
    let mut program = String::new();
    for (index, file) in files.iter().enumerate() {
        let name = file.display().to_string();
        let uri = match name.split_once("/lib/") {
            Some(("dart", library)) => format!("package:rust_web_socket/{library}"),
            Some((package, library)) => format!("package:{package}/{library}"),
            None => workspace::root().join(file).display().to_string(),
        };
        program += &format!("import '{uri}' as library_{index};\n");
    }
    program + "void main() {}\n"
}

/// The Dart files of these folders, except those for the web, which the VM's compiler can't compile.
fn sources(folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in folders {
        files.extend(workspace::files(&format!("{folder}/*.dart"))?);
    }
    files.retain(|file| !file.starts_with("dart/lib/src/web"));
    Ok(files)
}

fn file_count(files: &[PathBuf]) -> String {
    match files.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_imported_by_their_package() {
        let program = importing_program(&[
            "dart/lib/testing.dart".into(),
            "example_app/lib/logic/texts.dart".into(),
        ]);
        assert!(program.contains("import 'package:rust_web_socket/testing.dart' as library_0;"));
        assert!(program.contains("import 'package:example_app/logic/texts.dart' as library_1;"));
    }
}
