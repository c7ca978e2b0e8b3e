//! The command line: one command, how it ended, and what it said. None runs for ever.

use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longest life of a command. It is no measure of speed: only what hangs gets here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Standard output as the one JSON value that it must be.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The same, of a command that succeeded.
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// A failure with this exit code, which says each of `words`, and what to do next.
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains("error: "), "{self:?}");
        assert!(self.err.contains("\n  next: "), "it does not say what to do next: {self:?}");
        for word in words {
            assert!(self.err.contains(word), "it does not say {word:?}: {self:?}");
        }
        self
    }
}

/// The binary under test.
pub(crate) fn binary() -> PathBuf {
    let binary = std::env::var_os("INTERSPACE_BIN").map_or_else(beside_this_test, PathBuf::from);
    assert!(
        binary.is_file(),
        "there is no binary to test at {}: `cargo build --release -p interspace`, and run the \
         tests with --release; or set INTERSPACE_BIN",
        binary.display()
    );
    binary
}

fn beside_this_test() -> PathBuf {
    let this = std::env::current_exe().expect("this test has a path");
    let profile = this.parent().and_then(Path::parent).expect("it is in target/PROFILE/deps");
    profile.join("interspace")
}

/// A command of the binary, without anything that the environment would choose for it.
pub(crate) fn interspace(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    bare(&mut command).args(arguments);
    command
}

/// Takes out of the environment what would change what the binary does.
pub(crate) fn bare(command: &mut Command) -> &mut Command {
    for name in ["DIR", "SPACE", "TOKEN_FILE", "TRACE"] {
        command.env_remove(format!("INTERSPACE_{name}"));
    }
    command.stdin(Stdio::null())
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Said {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = listen(child.stdout.take());
    let err = listen(child.stderr.take());
    let status = wait(&mut child, command);
    let text = |heard: JoinHandle<String>| heard.join().expect("a listener never panics");
    Said { code: code(status), out: text(out), err: text(err) }
}

/// The exit code; a signal counts below zero.
pub(crate) fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or(status.signal().map(|signal| -signal)).expect("it ended")
}

/// Everything that comes out of a pipe.
pub(crate) fn listen(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.expect("it was asked for");
    thread::spawn(move || {
        let mut heard = Vec::new();
        let _ = pipe.read_to_end(&mut heard);
        String::from_utf8_lossy(&heard).into_owned()
    })
}

/// Waits for the end of a child of ours; one that never ends is ended.
pub(crate) fn wait(child: &mut Child, what: &impl std::fmt::Debug) -> ExitStatus {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() >= until {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{what:?} did not end");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Tries until there is an answer, for as long as a test can wait.
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < until, "it never came to this: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
