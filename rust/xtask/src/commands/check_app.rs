//! `cargo xtask check-app`: checks the types of the example app, and runs its widget tests. Both need Flutter's
//! libraries, which are Dart sources. So a Dart that has them, and a `dart:ui` in plain Dart, needs no Flutter SDK.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::platforms::tested::{self, Outcome};
use crate::provision::dart::Dart;
use crate::provision::package_config;
use crate::runtime::Runtime;
use crate::tests::{Tally, conclude, dart_tests, or_failure};
use crate::{process, workspace};

/// The package of Flutter's widgets, and those of their tests.
const FLUTTER: &str = "flutter";
const FLUTTER_TEST: &str = "flutter_test";
const INTEGRATION_TEST: &str = "integration_test";

/// The folders that are checked.
const FOLDERS: [&str; 6] = [
    "dart/lib",
    "dart/example",
    "dart/hook",
    "example_app/lib",
    "example_app/test",
    "example_app/integration_test",
];
const APP_TEST: &str = "example_app/integration_test/app_test.dart";
const SAMPLES_TEST: &str = "tests/dart/samples_test.dart";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Package config with Flutter's sources, as package `flutter`.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// The version of Flutter's sources, for `cargo xtask platforms`.
    #[arg(long, requires = "packages")]
    flutter: Option<String>,
}

/// Checks and runs everything that can be, and lists the rest.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let files = sources(&FOLDERS)?;
    let Some(config) = &arguments.packages else {
        if let Some(flutter) = process::find(FLUTTER) {
            return Ok(conclude(or_failure(flutter_test(&flutter))));
        }
        let app: Vec<_> = files
            .into_iter()
            .filter(|file| file.starts_with("example_app/lib"))
            .collect();
        println!(
            "check-app: skipped {}, and the widget tests: they need Flutter on PATH, or `--packages FILE`, a package \
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
    let widget_tests = if has_flutter_test {
        checked
            .iter()
            .filter(|it| is_widget_test(it))
            .cloned()
            .collect()
    } else {
        Vec::new()
    };
    let dart = Dart::prepare()?;
    let packages = package_config::prepare(&dart, Some(config))?;
    let program = compile(&dart, &packages, &checked, &widget_tests)?;
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
    if !has_flutter_test {
        return Ok(ExitCode::SUCCESS);
    }
    let tally = or_failure(run_tests(config, &program));
    if let Some(version) = &arguments.flutter {
        let dart = tested::short_version(&process::output(dart.command().arg("--version"))?);
        let place = format!(
            "{}, Flutter {version} with a `dart:ui` in plain Dart, {dart}",
            tested::system()
        );
        tested::record(&tested::WIDGETS, &Outcome::new(tally.to_string(), place));
    }
    Ok(conclude(tally))
}

/// Runs the app's tests with a Flutter SDK, which also checks types.
fn flutter_test(flutter: &Path) -> Result<Tally> {
    let folder = workspace::root().join("example_app");
    let mut command = Command::new(flutter);
    command
        .args(["test", "--reporter", "expanded"])
        .current_dir(folder);
    dart_tests::run("flutter test", &mut command)
}

/// Runs all that needs Flutter's sources: the compiled widget tests, the samples of the documentation, and the app with
/// its servers.
fn run_tests(config: &Path, widget_tests: &Path) -> Result<Tally> {
    let runtime = Runtime::prepare(Some(config))?;
    let mut sum = or_failure(dart_tests::run(
        "example_app/test",
        in_flutter(&mut runtime.dart_test(widget_tests)),
    ));
    let options = runtime.flutter_options();
    let samples = workspace::root().join(SAMPLES_TEST);
    let mut samples = runtime.dart_test_with(options, &samples);
    sum += or_failure(dart_tests::run(SAMPLES_TEST, &mut samples));
    if package_config::provides(config, INTEGRATION_TEST, "integration_test.dart")? {
        let echo_url = format!("-DECHO_URL=ws://127.0.0.1:{}", free_port()?);
        let options = [options, &[&*echo_url]].concat();
        let app = workspace::root().join(APP_TEST);
        let mut app = runtime.dart_test_with(&options, &app);
        sum += or_failure(dart_tests::run(APP_TEST, in_flutter(&mut app)));
    } else {
        println!("check-app: skipped {APP_TEST}: the config has no package `{INTEGRATION_TEST}`");
    }
    Ok(sum)
}

/// Adds what `flutter test` adds to the environment.
fn in_flutter(command: &mut Command) -> &mut Command {
    command
        .env("FLUTTER_TEST", "true")
        .current_dir(workspace::root())
}

/// A port for a server of the test. The system gives it to nobody else for a while.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Whether `file` has tests of widgets. The tests of the logic are run by `cargo xtask test`.
fn is_widget_test(file: &Path) -> bool {
    file.starts_with("example_app/test")
        && !file.starts_with("example_app/test/logic")
        && file.to_string_lossy().ends_with("_test.dart")
}

fn imports(file: &Path, package: &str) -> Result<bool> {
    let text = fs::read_to_string(workspace::root().join(file))
        .with_context(|| file.display().to_string())?;
    Ok(text.contains(&format!("'package:{package}/")))
}

/// Compiles all of `files` as one program, which runs `tests`.
fn compile(dart: &Dart, packages: &Path, files: &[PathBuf], tests: &[PathBuf]) -> Result<PathBuf> {
    let folder = workspace::target().join("check-app");
    fs::create_dir_all(&folder)?;
    let program = folder.join("main.dart");
    fs::write(&program, program_of(files, tests))
        .with_context(|| format!("cannot write {}", program.display()))?;
    let compiled = folder.join("main.dill");
    process::announce(&format!("compiling {}", file_count(files)));
    process::run(
        Command::new(dart.executable())
            .args(dart.flutter_options())
            .arg("--snapshot-kind=kernel")
            .arg(format!("--snapshot={}", compiled.display()))
            .arg(format!("--packages={}", packages.display()))
            .arg(program),
    )?;
    Ok(compiled)
}

/// A program that imports `files` and runs `tests`, which are some of them. Files of a package are imported by
/// `package:` URIs, since a path would be another library.
fn program_of(files: &[PathBuf], tests: &[PathBuf]) -> String {
    let mut imports = String::new();
    let mut groups = String::new();
    for (index, file) in files.iter().enumerate() {
        let name = file.display().to_string();
        let uri = match name.split_once("/lib/") {
            Some(("dart", library)) => format!("package:rust_web_socket/{library}"),
            Some((package, library)) => format!("package:{package}/{library}"),
            None => workspace::root().join(file).display().to_string(),
        };
        imports += &format!("import '{uri}' as library_{index};\n");
        if tests.contains(file) {
            groups += &format!("  group('{name}', library_{index}.main);\n");
        }
    }
    if !tests.is_empty() {
        imports += &format!("import 'package:{FLUTTER_TEST}/{FLUTTER_TEST}.dart';\n");
    }
    format!("{imports}void main() {{\n{groups}}}\n")
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
        let files: [PathBuf; 2] = [
            "dart/lib/testing.dart".into(),
            "example_app/lib/logic/texts.dart".into(),
        ];
        let program = program_of(&files, &[]);
        assert!(program.contains("import 'package:rust_web_socket/testing.dart' as library_0;"));
        assert!(program.contains("import 'package:example_app/logic/texts.dart' as library_1;"));
        assert!(!program.contains("flutter_test"));
    }

    #[test]
    fn only_widget_tests_are_run() {
        let files: [PathBuf; 5] = [
            "example_app/test/logic/probe_test.dart".into(),
            "example_app/test/widget/echo_page_test.dart".into(),
            "example_app/test/widget/support.dart".into(),
            "example_app/test/widget_test.dart".into(),
            "example_app/integration_test/app_test.dart".into(),
        ];
        let run: Vec<_> = files
            .iter()
            .filter(|it| is_widget_test(it))
            .cloned()
            .collect();
        assert_eq!(run, [files[1].clone(), files[3].clone()]);
        let program = program_of(&files, &run);
        assert!(
            program
                .contains("group('example_app/test/widget/echo_page_test.dart', library_1.main);")
        );
        assert!(!program.contains("library_0.main"));
    }
}
