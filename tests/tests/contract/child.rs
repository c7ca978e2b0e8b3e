//! Processes of our own that can be killed, starved and crashed: this test binary once more.

use std::path::Path;
use std::process::{Command, Stdio};

/// The folder that a child works on; only a child has it.
const FOLDER: &str = "CONTRACT_CHILD_FOLDER";

/// The folder of this child; None when somebody runs its test by hand.
pub(crate) fn folder() -> Option<std::path::PathBuf> {
    std::env::var_os(FOLDER).map(Into::into)
}

/// A command that runs the ignored test `name` on `folder`. `prefix` is a program and its
/// arguments that start it, or nothing.
pub(crate) fn command(name: &str, folder: &Path, prefix: &[&str]) -> Command {
    let binary = std::env::current_exe().expect("this binary has a path");
    let mut command = match prefix {
        [] => Command::new(binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(binary);
            command
        }
    };
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, folder).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// What a child says after `word` and a space, if this line holds that.
pub(crate) fn said<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.split_once(&format!("{word} ")).map(|(_, rest)| rest)
}
