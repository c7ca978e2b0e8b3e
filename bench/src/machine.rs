//! What figures were measured on.

use serde::Serialize;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

/// The machine, as far as a figure depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// The model of the processor, as the system names it.
    pub processor: String,
    /// Its load over the last minute when the run began, as the system tells it.
    pub load: String,
    /// The file system of the folder that logs are measured in; on one in memory, syncs are free.
    pub file_system: String,
    /// Whether the compiler optimised.
    pub optimised: bool,
}

const UNKNOWN: &str = "unknown";

impl Machine {
    /// This machine; `folder` is where logs are measured.
    #[must_use]
    pub fn here(folder: &Path) -> Self {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let load = read("/proc/loadavg");
        Self {
            cores: available_parallelism().map_or(1, usize::from),
            processor: processor(&read("/proc/cpuinfo")),
            load: load.split(' ').next().filter(|one| !one.is_empty()).unwrap_or(UNKNOWN).into(),
            file_system: file_system(&read("/proc/mounts"), &folder),
            optimised: !cfg!(debug_assertions),
        }
    }
}

fn processor(cpuinfo: &str) -> String {
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|rest| rest.split_once(':'));
    model.map_or(UNKNOWN.into(), |(_, model)| model.trim().into())
}

/// The kind of the file system whose mount point is the longest that holds `folder`; of two mounts
/// at one point the later counts.
fn file_system(mounts: &str, folder: &Path) -> String {
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((Path::new(words.next()?), words.next()?))
    });
    let holding = mounts.filter(|(point, _)| folder.starts_with(point));
    let deepest = holding.max_by_key(|(point, _)| point.components().count());
    deepest.map_or(UNKNOWN.into(), |(_, kind)| kind.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_is_that_of_the_deepest_mount() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/deep xfs rw 0 0\n";
        let kind = |folder| file_system(mounts, Path::new(folder));
        assert_eq!(kind("/tmp/deep/er"), "xfs");
        assert_eq!(kind("/tmp/deeper"), "tmpfs");
        assert_eq!(kind("/home"), "ext4");
        assert_eq!(file_system("", Path::new("/")), UNKNOWN);
    }

    #[test]
    fn the_processor_is_named_as_the_system_names_it() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: Fast 9000\n"), "Fast 9000");
        assert_eq!(processor(""), UNKNOWN);
    }
}
