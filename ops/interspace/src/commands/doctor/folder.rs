//! The node's folder: its room, its keys, its logs, and the clock against them.

use super::broker;
use super::finding::Finding;
use crate::failure::Failure;
use crate::node::config::Config;
use crate::node::folder::Folder;
use crate::node::passphrase::Passphrase;
use crate::node::{keys, stopped};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Less free room than this is a problem soon, in bytes.
const ROOM_LITTLE: u64 = 2 * 1024 * 1024 * 1024;

/// Less than this is one now.
const ROOM_NONE: u64 = 200 * 1024 * 1024;

/// The clock may be this far behind the newest file.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// No clock of a node is before this: seconds since 1970 at the beginning of 2026.
const CLOCK_EARLIEST: u64 = 1_767_225_600;

/// Looks at everything that can be seen while a node runs, too.
pub(super) fn look(folder: &Folder) -> Vec<Finding> {
    let path = folder.path();
    let mut findings = Vec::new();
    match std::fs::metadata(path) {
        Err(why) => {
            let what = format!("{} cannot be entered: {why}", path.display());
            let hint = "`interspace up` makes it; or name another with --dir";
            findings.push(Finding::advice("folder", what, hint));
            return findings;
        }
        Ok(metadata) if metadata.mode() & 0o077 != 0 => findings.push(Finding::advice(
            "folder",
            format!("others may enter {}", path.display()),
            format!(
                "`chmod 700 {}`; what must be secret in it is closed all the same",
                path.display()
            ),
        )),
        Ok(_) => findings.push(Finding::good("folder", path.display().to_string())),
    }
    findings.push(room(path));
    findings.push(clock(path));
    match folder.spaces() {
        Err(failure) => findings.push(failed("folder", failure)),
        Ok(spaces) => findings.extend(spaces.iter().map(|space| key_files(space))),
    }
    findings
}

fn room(path: &Path) -> Finding {
    match rustix::fs::statvfs(path) {
        Err(why) => {
            let what = format!("how much room there is cannot be seen: {why}");
            Finding::advice("folder", what, "look with `df`")
        }
        Ok(device) => {
            let free = device.f_bavail.saturating_mul(device.f_frsize);
            let what = format!("{} MiB are free", free / (1024 * 1024));
            let hint = "make room: a space whose device is full is closed until there is some";
            if free < ROOM_NONE {
                Finding::problem("folder", what, hint)
            } else if free < ROOM_LITTLE {
                Finding::advice("folder", what, hint)
            } else {
                Finding::good("folder", what)
            }
        }
    }
}

/// The clock against the newest file of any log. It orders nothing, but people read it, and TLS.
fn clock(path: &Path) -> Finding {
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let hint = "set the clock, and let it be kept: `timedatectl set-ntp true`";
    if since.as_secs() < CLOCK_EARLIEST {
        return Finding::problem("clock", "the clock is years behind", hint);
    }
    let newest = newest(&path.join("spaces")).and_then(|time| time.duration_since(now).ok());
    match newest.filter(|ahead| *ahead > CLOCK_TOLERANCE) {
        Some(ahead) => {
            let what = format!("the clock is {} s behind what was written here", ahead.as_secs());
            Finding::problem("clock", what, hint)
        }
        None => Finding::good("clock", "not behind anything that was written here"),
    }
}

/// When the newest file below a folder was written.
fn newest(folder: &Path) -> Option<SystemTime> {
    let items = std::fs::read_dir(folder).ok()?;
    let times = items.flatten().filter_map(|item| match item.metadata() {
        // What a deployment unpacks may bear any time.
        Ok(metadata) if metadata.is_dir() && item.file_name() == "environments" => None,
        Ok(metadata) if metadata.is_dir() => newest(&item.path()),
        Ok(metadata) => metadata.modified().ok(),
        Err(_) => None,
    });
    times.max()
}

fn key_files(space: &Path) -> Finding {
    if keys::is_protected(&space.join("keys")) == Ok(true) {
        let what = format!("{}: closed with a passphrase, and to others", name(space));
        return Finding::good("keys", what);
    }
    match keys::read(&space.join("keys"), &Passphrase::default()) {
        Ok(_) => Finding::good("keys", format!("{}: all there, closed to others", name(space))),
        Err(failure) => failed("keys", failure),
    }
}

/// Verifies the logs of a node that does not run, on copies, and looks at their broker.
pub(super) fn look_at_logs(folder: &Folder, config: &Config) -> Vec<Finding> {
    let spaces: Vec<PathBuf> = folder.spaces().unwrap_or_default();
    let mut findings = Vec::new();
    for space in spaces {
        match stopped::audit_folder(&space) {
            Ok(Ok(intact)) => {
                let what = format!("{}: {} records, verified", intact.name, intact.size);
                findings.push(Finding::good("log", what));
                if let Ok(called) = intact.name.parse() {
                    findings.extend(broker::look(config, &called, intact.space, &[]));
                }
            }
            Ok(Err(damage)) => findings.push(Finding::problem(
                "log",
                format!("{}: Position {}: {}", name(&space), damage.position, damage.what),
                "copy the folder, and restore from a backup; nothing was changed",
            )),
            Err(failure) => findings.push(failed("log", failure)),
        }
    }
    findings
}

fn failed(about: &'static str, failure: Failure) -> Finding {
    Finding::problem(about, failure.what, failure.hint)
}

fn name(space: &Path) -> String {
    space.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
