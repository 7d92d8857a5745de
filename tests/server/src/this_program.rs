//! Runs the program of a test again, for a test that needs a process of its own.

use std::env;
use std::io;
use std::process::Command;

/// The command that runs the current program again, without its arguments.
///
/// If the program is for another processor, the system can't start it. `TEST_EMULATOR` has the words that do.
///
/// # Errors
///
/// The path of the current program is unknown.
pub fn this_program() -> io::Result<Command> {
    let program = env::current_exe()?;
    let emulator = env::var("TEST_EMULATOR").unwrap_or_default();
    let mut words = emulator.split_whitespace();
    let Some(first) = words.next() else {
        return Ok(Command::new(program));
    };
    let mut command = Command::new(first);
    command.args(words).arg(program);
    Ok(command)
}
