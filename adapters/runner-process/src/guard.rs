//! The guard of one step: starts its program, and leaves nothing of it behind.
//!
//! The product's executable calls [`main`] from a hidden subcommand; people never do. What the
//! three descriptors of a guard are stands at the top of this crate.
//!
//! | what happens | what the guard does |
//! | --- | --- |
//! | the program ends | kills what it left behind |
//! | time is up, or the runner sends a byte | SIGTERM to the group, two seconds later kills |
//! | the socket closes: the node is gone, however it went | kills at once |

use crate::family;
use crate::order::Order;
use crate::status::Status;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitStatus, kill_process_group, pidfd_open};
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The byte by which the runner asks for the end of the step.
pub(crate) const STOP: &[u8] = b"s";

/// Between the polite signal and the other one.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// How often the adopted are looked after.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// How often it is looked, during the grace, whether everything has ended.
const LOOK_IN_GRACE: Duration = Duration::from_millis(20);

/// Runs as the guard of a step. `arguments` are those behind the guard's own command line: the
/// folder of the environment, where the step works. Comes back when nothing of the step is left;
/// success says only that the runner was told everything, not that the step succeeded.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        return complain("a guard has one argument, the folder of the environment");
    };
    match stand(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("the runner is not there: {error}")),
    }
}

fn complain(about: &str) -> ExitCode {
    // Under a runner this goes to the file of the lock, which nobody reads; a person sees it.
    let _ = writeln!(io::stderr(), "{about}; only the runner starts guards");
    ExitCode::from(2)
}

/// # Errors
/// When there is no runner to give the order or to hear how it went.
fn stand(folder: &Path) -> io::Result<()> {
    // A session of its own: a key pressed in the node's terminal is for the node, and the kernel
    // does not hang the guard up when the node goes. It fails only for a guard that leads a group
    // already.
    let _ = rustix::process::setsid();
    let mut runner = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let order = Order::read(&mut runner)?;
    let deadline = Instant::now().checked_add(Duration::from_secs(order.timeout_s.into()));
    let status = match begin(folder, &order) {
        Err(reason) => Status::Refused(reason),
        Ok((main, process)) => {
            // If the runner is gone already, `attend` sees that.
            let _ = tell(&mut runner, &Status::Started(main.as_raw_nonzero().get()));
            attend(&mut runner, main, &process, deadline)
        }
    };
    tell(&mut runner, &status)
}

fn tell(runner: &mut UnixStream, status: &Status) -> io::Result<()> {
    runner.write_all(format!("{status}\n").as_bytes())
}

/// Starts the program as the leader of a group of its own.
fn begin(folder: &Path, order: &Order) -> Result<(Pid, OwnedFd), String> {
    family::adopt().map_err(|error| format!("the guard cannot adopt processes: {error}"))?;
    let output = || io::stdout().as_fd().try_clone_to_owned().map(Stdio::from);
    let (program, arguments) = order.run.split_first().ok_or("the step names no program")?;
    let spawn = || {
        Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(&order.variables.0)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output()?)
            .stderr(output()?)
            .process_group(0)
            .spawn()
    };
    let child = spawn().map_err(|error| format!("cannot start {program:?}: {error}"))?;
    let main = Pid::from_child(&child);
    pidfd_open(main, PidfdFlags::empty()).map(|process| (main, process)).map_err(|error| {
        family::end(main);
        format!("the guard cannot watch {program:?}: {error}")
    })
}

/// Why the step is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Its program ended.
    Itself,
    /// Its time is up.
    TimedOut,
    /// The runner asked.
    Stopped,
    /// The runner is gone.
    Alone,
}

/// Waits for the ending, and then ends everything.
fn attend(
    runner: &mut UnixStream,
    main: Pid,
    process: &OwnedFd,
    deadline: Option<Instant>,
) -> Status {
    let ending = wait_for_ending(runner, main, process, deadline);
    if matches!(ending, Ending::TimedOut | Ending::Stopped) {
        give_grace(runner, main);
    }
    let ended = family::end(main);
    match ending {
        Ending::TimedOut => Status::TimedOut,
        Ending::Stopped | Ending::Alone => Status::Stopped,
        Ending::Itself => ended.and_then(status_of).unwrap_or_else(|| {
            Status::Refused("the guard could not learn how the program ended".to_owned())
        }),
    }
}

fn status_of(ended: WaitStatus) -> Option<Status> {
    let exited = ended.exit_status().map(Status::Exited);
    exited.or_else(|| ended.terminating_signal().map(Status::Signalled))
}

fn wait_for_ending(
    runner: &mut UnixStream,
    main: Pid,
    process: &OwnedFd,
    deadline: Option<Instant>,
) -> Ending {
    loop {
        let left = deadline.map_or(LOOK_AROUND, |at| at.saturating_duration_since(Instant::now()));
        let mut both = [PollFd::new(process, PollFlags::IN), PollFd::new(&*runner, PollFlags::IN)];
        let _ = poll(&mut both, Some(&timespec(left.min(LOOK_AROUND))));
        let [over, heard] = both.map(|one| !one.revents().is_empty());
        if over {
            return Ending::Itself;
        }
        if heard {
            return if is_there(runner) { Ending::Stopped } else { Ending::Alone };
        }
        if left.is_zero() {
            return Ending::TimedOut;
        }
        family::bury_adopted(main);
    }
}

/// Asks the group to end, and waits until everything has, or the grace is over, or the runner is
/// gone.
fn give_grace(runner: &mut UnixStream, main: Pid) {
    let _ = kill_process_group(main, Signal::TERM);
    let until = Instant::now() + GRACE;
    while Instant::now() < until && family::is_living() {
        let mut one = [PollFd::new(&*runner, PollFlags::IN)];
        let _ = poll(&mut one, Some(&timespec(LOOK_IN_GRACE)));
        if !one[0].revents().is_empty() && !is_there(runner) {
            return;
        }
    }
}

/// Takes one byte of a socket that has something to say; none is its end.
fn is_there(runner: &mut UnixStream) -> bool {
    matches!(runner.read(&mut [0]), Ok(1))
}

/// A time-out for `poll`; every one in this crate is far below the limit.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec::try_from(duration).unwrap_or_default()
}
