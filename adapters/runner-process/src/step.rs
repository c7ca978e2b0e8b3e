//! One step under its guard, as the runner sees it.

use crate::control::{End, Heed};
use crate::environment::Environment;
use crate::guard::{GRACE, STOP, timespec};
use crate::leftovers::{self, MARK};
use crate::order::Order;
use crate::output::Output;
use crate::status::Status;
use crate::variables::search_path;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::fcntl_getpipe_size;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io::{self, PipeReader, Read, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked whether the node is being stopped.
const LOOK: Duration = Duration::from_millis(50);

/// How much longer than the step's own time a guard may take before it counts as stuck.
const GUARD_MARGIN: Duration = Duration::from_secs(60);

/// How long a guard may take to go once nothing is left for it to do, or once it was left alone.
const GUARD_LEAVES: Duration = Duration::from_secs(10);

/// Bytes read from the output at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// What a pipe can hold at most, where it does not say.
const PIPE_BYTES: usize = 1024 * 1024;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its program ended with this exit code.
    Exited(i32),
    /// Somebody ended it.
    Ended(End),
    /// Anything else, in words.
    Failed(String),
    /// Something of it may be left, in words: nothing more may be begun in its environment.
    Unended(String),
}

/// Runs one step to its end: when this comes back, nothing of it is left, or the ending says so.
/// `output` takes what it writes.
pub(crate) fn run(
    guard: &[OsString],
    environment: &Environment,
    order: &Order,
    output: &mut Output,
    heed: Heed<'_>,
) -> Ending {
    let nothing =
        |error: io::Error| Ending::Failed(format!("the guard cannot be started: {error}"));
    let bytes = match order.encode() {
        Ok(bytes) => bytes,
        Err(error) => return nothing(error),
    };
    let time = Duration::from_secs(order.timeout_s.into()) + GRACE + GUARD_MARGIN;
    let begun = Watch::begin(guard, environment, output, Instant::now().checked_add(time));
    let mut watch = match begun {
        Ok(watch) => watch,
        Err(error) => return nothing(error),
    };
    if watch.line.write_all(&bytes).is_err() {
        // Half an order is none: the guard sees the end of the line and goes.
        let _ = watch.line.shutdown(Shutdown::Both);
    }
    let ending = match watch.attend(heed) {
        Attended::Closed => watch.conclude(environment, order.timeout_s, heed),
        Attended::Stuck => watch.abandon(),
    };
    watch.drain();
    watch.leave();
    ending
}

/// Reads what is there; nothing is the end, also when it comes as an error.
fn read_some(from: &mut impl Read, into: &mut [u8]) -> usize {
    loop {
        match from.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read.unwrap_or(0),
        }
    }
}

/// How the attendance of a guard ended.
enum Attended {
    /// Its end of the line is closed: it is going, or gone.
    Closed,
    /// It had its time and more.
    Stuck,
}

/// A guard at work. When this is dropped the line closes, and the guard ends the step.
struct Watch<'a> {
    guard: Child,
    line: UnixStream,
    /// What the guard has said, up to the first line that is not complete.
    heard: Vec<u8>,
    pipe: PipeReader,
    pipe_open: bool,
    output: &'a mut Output,
    /// The group of the step's program, once it runs.
    group: Option<Pid>,
    /// How the step went, once the guard has said so.
    told: Option<Status>,
    stopping: bool,
    /// When the guard counts as stuck; none is never.
    limit: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn begin(
        guard: &[OsString],
        environment: &Environment,
        output: &'a mut Output,
        limit: Option<Instant>,
    ) -> io::Result<Self> {
        let (program, arguments) =
            guard.split_first().ok_or_else(|| io::Error::other("it has no command line"))?;
        let (line, their_line) = UnixStream::pair()?;
        line.set_write_timeout(Some(GUARD_LEAVES))?;
        let (pipe, their_pipe) = io::pipe()?;
        let guard = Command::new(program)
            .args(arguments)
            .arg(environment.folder())
            .env_clear()
            .env("PATH", search_path())
            .env(MARK, environment.folder())
            .stdin(OwnedFd::from(their_line))
            .stdout(their_pipe)
            .stderr(environment.lock()?)
            .spawn()?;
        Ok(Self {
            guard,
            line,
            heard: Vec::new(),
            pipe,
            pipe_open: true,
            output,
            group: None,
            told: None,
            stopping: false,
            limit,
        })
    }

    /// Takes what comes, output and status, until the guard closes the line.
    fn attend(&mut self, heed: Heed<'_>) -> Attended {
        while self.limit.is_none_or(|limit| Instant::now() < limit) {
            if heed.end().is_some() && !self.stopping {
                self.stopping = true;
                self.limit = Instant::now().checked_add(GRACE + GUARD_LEAVES);
                // If this fails the guard is going already.
                let _ = self.line.write_all(STOP);
            }
            let [line, pipe] = self.wait();
            if pipe {
                self.take_output();
            }
            if line && !self.take_line() {
                return Attended::Closed;
            }
        }
        Attended::Stuck
    }

    /// Waits a little for the line or the pipe to have something.
    fn wait(&self) -> [bool; 2] {
        let mut both =
            [PollFd::new(&self.line, PollFlags::IN), PollFd::new(&self.pipe, PollFlags::IN)];
        // A closed pipe has something for ever; it is not looked at any more.
        let count = if self.pipe_open { 2 } else { 1 };
        let _ = poll(&mut both[..count], Some(&timespec(LOOK)));
        both.map(|one| !one.revents().is_empty())
    }

    fn take_output(&mut self) -> usize {
        let mut chunk = [0; CHUNK_BYTES];
        let read = read_some(&mut self.pipe, &mut chunk);
        self.pipe_open = read > 0;
        self.output.push(&chunk[..read]);
        read
    }

    /// False when the line is closed.
    fn take_line(&mut self) -> bool {
        let mut chunk = [0; 1024];
        let read = read_some(&mut self.line, &mut chunk);
        if read == 0 {
            return false;
        }
        self.heard.extend_from_slice(&chunk[..read]);
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            match String::from_utf8_lossy(&line[..end]).parse() {
                Ok(Status::Started(pid)) => self.group = Pid::from_raw(pid),
                Ok(status) => self.told = Some(status),
                Err(()) => tracing::warn!("a guard said something that is no status"),
            }
        }
        true
    }

    /// The guard is going: what it said, or if it was killed before it could, what is done instead.
    fn conclude(&mut self, environment: &Environment, timeout_s: u32, heed: Heed<'_>) -> Ending {
        let Some(guard_ended) = self.await_exit() else {
            return self.abandon();
        };
        match self.told.take() {
            Some(Status::Exited(code)) => Ending::Exited(code),
            Some(Status::Signalled(number)) => Ending::Failed(format!("ended by signal {number}")),
            Some(Status::TimedOut) => Ending::Failed(format!("timed out after {timeout_s} s")),
            Some(Status::Stopped) => Ending::Ended(heed.end().unwrap_or(End::Stopped)),
            Some(Status::Refused(reason)) => Ending::Failed(reason),
            Some(Status::Started(_)) | None => {
                if let Some(group) = self.group {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                match leftovers::end(environment.folder()) {
                    Ok(()) => match heed.end() {
                        Some(end) => Ending::Ended(end),
                        None => Ending::Failed(format!(
                            "the guard ended before the step did ({guard_ended}); \
                             the step was ended too"
                        )),
                    },
                    Err(reason) => Ending::Unended(format!("the guard ended early, and {reason}")),
                }
            }
        }
    }

    /// Leaves a stuck guard alone with a closed line. It keeps the environment locked for as long
    /// as something of the step is left, so nothing else may run there meanwhile.
    fn abandon(&mut self) -> Ending {
        let _ = self.line.shutdown(Shutdown::Both);
        match self.await_exit() {
            Some(_) => {
                Ending::Failed("the guard did not answer in time; the step was ended".to_owned())
            }
            None => Ending::Unended(
                "the step cannot be ended; its environment stays locked until it has".to_owned(),
            ),
        }
    }

    /// How the guard ended; none if it does not.
    fn await_exit(&mut self) -> Option<ExitStatus> {
        let until = Instant::now() + GUARD_LEAVES;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.guard.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(1));
        }
        None
    }

    /// Takes what is still in the pipe. Nobody should be there who could write more; if somebody
    /// is, no more is taken than was in the pipe.
    fn drain(&mut self) {
        let mut left = fcntl_getpipe_size(&self.pipe).unwrap_or(PIPE_BYTES);
        while self.pipe_open && left > 0 {
            let mut one = [PollFd::new(&self.pipe, PollFlags::IN)];
            if !matches!(poll(&mut one, Some(&timespec(Duration::ZERO))), Ok(1)) {
                return;
            }
            left = left.saturating_sub(self.take_output());
        }
    }

    /// Ends the watch. A guard that is still there is waited for on a thread of its own, so that it
    /// is buried when it goes.
    fn leave(mut self) {
        if !matches!(self.guard.try_wait(), Ok(Some(_))) {
            let mut guard = self.guard;
            let _ = thread::Builder::new().spawn(move || guard.wait());
        }
    }
}
