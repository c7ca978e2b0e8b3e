//! Who is still there: processes that have a folder in their environment, at work in it, or named.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The processes that have to do with `folder`, each as its number and its command line.
pub(crate) fn in_folder(folder: &Path) -> Vec<String> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mut found = Vec::new();
    for item in fs::read_dir("/proc").unwrap().flatten() {
        let process = item.path();
        let numbered = item.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit());
        if numbered && item.file_name() != *std::process::id().to_string() && is(&process, &folder)
        {
            let line = fs::read(process.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            found.push(format!("{} {line}", item.file_name().to_string_lossy()));
        }
    }
    found
}

/// One that is ending has no environment and works nowhere any more.
fn is(process: &Path, folder: &Path) -> bool {
    let wanted = folder.as_os_str().as_bytes();
    let names = |file: &str| {
        fs::read(process.join(file))
            .is_ok_and(|bytes| bytes.windows(wanted.len()).any(|part| part == wanted))
    };
    names("environ")
        || names("cmdline")
        || fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
}

/// Sends a signal to a process that this test started and has not waited for yet.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a number of a process");
    kill_process(pid, signal).unwrap();
}
