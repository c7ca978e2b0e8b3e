//! The processes of a step, from inside its guard: children, and children by adoption.
//!
//! The guard is a *child subreaper*: when a process below it ends, that process's children become
//! the guard's, also those that had left the process group. So "no child is left" means that
//! nothing of the step is left, and killing children until there is none ends everything.

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group, wait, waitpid,
};
use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

/// The first pause between two rounds of killing.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// The longest pause, for what cannot be killed.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// Makes this process the one that adopts.
///
/// # Errors
/// When the kernel does not know how, or there is no `/proc` to find the adopted in.
pub(crate) fn adopt() -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(getpid()))?;
    children().map(drop)
}

/// A child of this process, born or adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Child {
    pid: Pid,
    living: bool,
}

fn children() -> io::Result<Vec<Child>> {
    let myself = getpid();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| Pid::from_raw(name.parse().ok()?)) else {
            continue;
        };
        // A process that has gone since the folder was read is no child any more.
        let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        if let Some((state, parent)) = state_and_parent(&stat)
            && Pid::from_raw(parent) == Some(myself)
        {
            found.push(Child { pid, living: !matches!(state, 'Z' | 'X') });
        }
    }
    Ok(found)
}

/// The third and fourth field of `/proc/<pid>/stat`. The second is a name in parentheses that may
/// hold anything, parentheses too.
fn state_and_parent(stat: &[u8]) -> Option<(char, i32)> {
    let behind_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = str::from_utf8(&stat[behind_name..]).ok()?.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether anything of the step still runs. Whatever has a living parent has, somewhere above it,
/// a living child of this process.
pub(crate) fn is_living() -> bool {
    // What cannot be seen is taken to live; then it is killed at the end of the grace.
    children().map_or(true, |children| children.iter().any(|child| child.living))
}

/// Buries adopted children that have ended, so that a long step does not collect them. `main` is
/// left lying: as long as it does, its number, which is its group's too, is nobody else's.
pub(crate) fn bury_adopted(main: Pid) {
    for child in children().unwrap_or_default() {
        if !child.living && child.pid != main {
            let _ = waitpid(Some(child.pid), WaitOptions::NOHANG);
        }
    }
}

/// Ends everything and says how `main` ended. Comes back only when no process is left; one that
/// cannot be killed is waited for.
pub(crate) fn end(main: Pid) -> Option<WaitStatus> {
    // At one stroke, so that those who stay in the group cannot run away by forking.
    let _ = kill_process_group(main, Signal::KILL);
    let mut ended = None;
    let mut pause = PAUSE_MIN;
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                if pid == main {
                    ended = Some(status);
                }
                continue;
            }
            Err(Errno::CHILD) => return ended,
            Ok(None) | Err(_) => {}
        }
        for child in children().unwrap_or_default() {
            // Nobody but this process buries its children, so the number is still the child's.
            let _ = kill_process(child.pid, Signal::KILL);
        }
        thread::sleep(pause);
        pause = PAUSE_MAX.min(pause * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_hides_nothing() {
        let stat = b"17 (a) Z 1 (b\xff) S 42 17 17 0 -1";
        assert_eq!(state_and_parent(stat), Some(('S', 42)));
        assert_eq!(state_and_parent(b""), None);
        assert_eq!(state_and_parent(b"17 (a)"), None);
    }
}
