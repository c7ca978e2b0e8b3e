//! The folder of an environment, and the lock that keeps two deployments out of it.
//!
//! Names of environments are free text, so the folder is called by a rule that cannot leave its
//! parent, is the same every time, and differs for names that differ: the first 40 characters of
//! the name, each that is no ASCII letter, digit, `-` or `_` replaced by `_` (also a `-` at the
//! very beginning), then `-`, then the first 16 characters of the name's SHA-256 in base32.
//! `Prod EU` is in `Prod_EU-` and 16 characters more. The lock is a file beside the folder, of the
//! same name with `.lock` behind it: a step that empties its folder does not empty the lock out
//! with it.

use crate::control::Control;
use crate::halt::Halt;
use crate::leftovers;
use rustix::fs::{FlockOperation, OFlags, flock};
use schema::name::Name;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Characters of the name that the folder shows.
const SHOWN_CHARS_MAX: usize = 40;

/// Bytes of the hash that the folder shows: 16 characters.
const HASH_BYTES: usize = 10;

/// How often a lock that is held is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(50);

/// The name of the folder of an environment, by the rule of this file.
pub(crate) fn folder_name(name: &Name) -> String {
    let shown = name.as_str().chars().take(SHOWN_CHARS_MAX).enumerate().map(|(i, c)| match c {
        '-' if i == 0 => '_',
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => c,
        _ => '_',
    });
    let hash = schema::hash::sha256(&[name.as_str().as_bytes()]);
    format!("{}-{}", shown.collect::<String>(), schema::id::base32(&hash[..HASH_BYTES]))
}

/// An environment that nobody else is in, for as long as this value or a guard lives.
#[derive(Debug)]
pub(crate) struct Environment {
    folder: PathBuf,
    output_file: PathBuf,
    lock: File,
}

impl Environment {
    /// Waits until nobody is in the environment, at most `wait`, and ends what a killed guard left
    /// running there.
    ///
    /// # Errors
    /// When the wait was too long, the deployment is to end, the folder cannot be made, or what was
    /// left running cannot be ended.
    pub(crate) fn enter(
        environments: &Path,
        name: &Name,
        wait: Duration,
        control: &Control,
    ) -> Result<Self, Halt> {
        let failed = |what: &str, error: io::Error| Halt::environment(format!("{what}: {error}"));
        // Absolute and without links, because what the guards leave behind is known by this path.
        let parent = fs::create_dir_all(environments)
            .and_then(|()| fs::canonicalize(environments))
            .map_err(|error| failed("the folder of the environments cannot be made", error))?;
        let folder_name = folder_name(name);
        let folder = parent.join(&folder_name);
        let lock_path = parent.join(format!("{folder_name}.lock"));
        let until = Instant::now() + wait;
        let lock = loop {
            let locked = try_lock(&lock_path)
                .map_err(|error| failed("the environment cannot be locked", error))?;
            if let Some(lock) = locked {
                break lock;
            }
            if Instant::now() >= until {
                let seconds = wait.as_secs_f32();
                return Err(Halt::environment(format!(
                    "another deployment is still in this environment after {seconds} s"
                )));
            }
            if let Some(end) = control.heed(false).pause(LOCK_RETRY) {
                return Err(Halt::Ended(end));
            }
        };
        fs::create_dir_all(&folder)
            .map_err(|error| failed("the folder of the environment cannot be made", error))?;
        leftovers::end(&folder).map_err(Halt::environment)?;
        let output_file = parent.join(format!("{folder_name}.output"));
        // A node that was killed may have left it; it may hold anything, secrets too.
        let _ = fs::remove_file(&output_file);
        Ok(Self { folder, output_file, lock })
    }

    /// The folder, absolute.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file for the outputs of the step that runs, absolute; it may not be there.
    pub(crate) fn output_file(&self) -> &Path {
        &self.output_file
    }

    /// The lock, to be handed to a guard, which then holds it too.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub(crate) fn lock(&self) -> io::Result<Stdio> {
        self.lock.try_clone().map(Stdio::from)
    }
}

/// The lock; none while another has it.
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_follow)
        .open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    // Whoever deletes the file while it is locked makes room for a second one of the same name.
    let (held, named) = (file.metadata()?, fs::symlink_metadata(path));
    let same = named.is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino()));
    Ok(same.then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> String {
        folder_name(&name.parse().expect(name))
    }

    #[test]
    fn a_folder_is_called_by_what_is_safe_of_the_name_and_by_its_hash() {
        assert_eq!(folder("Prod EU").len(), "Prod_EU-".len() + 16);
        assert!(folder("Prod EU").starts_with("Prod_EU-"));
        assert_eq!(folder("Prod EU"), folder("Prod EU"));
    }

    #[test]
    fn no_name_leaves_its_parent_or_meets_another() {
        let names = [
            "..",
            ".",
            "../x",
            "/etc",
            "a/../../b",
            "a/b",
            "a_b",
            "a.b",
            "-rf",
            "本番",
            "本蕃",
            "A",
            "a",
        ];
        let mut folders: Vec<_> = names.iter().map(|name| folder(name)).collect();
        for folder in &folders {
            let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(folder.chars().all(safe) && !folder.starts_with('-'), "{folder}");
        }
        folders.sort();
        folders.dedup();
        assert_eq!(folders.len(), names.len());
        assert!(folder(&"本".repeat(42)).len() < 64);
    }

    #[test]
    fn a_lock_is_free_again_only_when_every_holder_is_gone() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("x.lock");
        let held = try_lock(&path).expect("a lock").expect("free");
        let also = held.try_clone().expect("a descriptor");
        drop(held);
        assert!(try_lock(&path).expect("a lock").is_none());
        drop(also);
        assert!(try_lock(&path).expect("a lock").is_some());
    }
}
