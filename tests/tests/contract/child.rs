//! Processes that can be killed, starved and crashed while they have a log open.

use std::path::Path;
use std::process::{Command, Stdio};

/// A command that does `verb` to the log in `folder`; `tests/src/bin/log-child.rs` says what the
/// verbs are. `prefix` is a program and its arguments that start it, or nothing.
pub(crate) fn command(verb: &str, folder: &Path, prefix: &[&str]) -> Command {
    let binary = env!("CARGO_BIN_EXE_log-child");
    let mut command = match prefix {
        [] => Command::new(binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(binary);
            command
        }
    };
    command.arg(verb).arg(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// What a child says after `word` and a space, if this line begins with that.
pub(crate) fn said<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix(word)?.strip_prefix(' ')
}
