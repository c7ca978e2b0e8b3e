//! Processes that outlived their guard, known by a mark in their environment.
//!
//! A guard that was itself killed ends nothing. Its step then lives on without the lock, so this
//! is asked for by whoever has the lock: at that moment there is no guard in the environment, and
//! every process that bears its mark is one that should be gone. A process that hides its mark on
//! purpose is not found.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The variable that every process of a step and every guard has; its value is the folder.
pub(crate) const MARK: &str = "INTERSPACE_ENVIRONMENT_DIR";

/// How long it may take until they are gone.
const END_MAX: Duration = Duration::from_secs(10);

/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Ends every process that bears the mark of `folder`; only to be called with its lock held and no
/// guard alive.
///
/// # Errors
/// When some are still there after ten seconds: another user's, or stuck in the kernel.
pub(crate) fn end(folder: &Path) -> Result<(), String> {
    let mark = [MARK.as_bytes(), b"=", folder.as_os_str().as_bytes()].concat();
    let until = Instant::now() + END_MAX;
    loop {
        let found = marked(&mark);
        let Some(first) = found.first() else {
            return Ok(());
        };
        if Instant::now() >= until {
            let (count, pid) = (found.len(), first.as_raw_nonzero());
            return Err(format!(
                "{count} processes of an earlier step cannot be ended, among them {pid}"
            ));
        }
        for pid in found {
            end_one(pid, &mark);
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// Ends `pid` if it still bears the mark once it is held by a descriptor: the number alone may
/// have gone to another process since.
fn end_one(pid: Pid, mark: &[u8]) {
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
        return;
    };
    if bears(pid, mark) && pidfd_send_signal(&process, Signal::KILL).is_ok() {
        tracing::warn!(pid = pid.as_raw_nonzero().get(), "ended a process that outlived its guard");
    }
}

fn marked(mark: &[u8]) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    let myself = rustix::process::getpid();
    pids.filter(|pid| *pid != myself && bears(*pid, mark)).collect()
}

/// Whether a process has the mark. One that is ending has no environment any more, and another
/// user's cannot be read.
fn bears(pid: Pid, mark: &[u8]) -> bool {
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()));
    environment.is_ok_and(|bytes| bytes.split(|byte| *byte == 0).any(|line| line == mark))
}
