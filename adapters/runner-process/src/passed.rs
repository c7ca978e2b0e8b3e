//! What steps pass on to later steps.
//!
//! A step finds in `INTERSPACE_OUTPUT` the path of an empty file. It writes one line there for each
//! value, `NAME=VALUE`, and each is a variable of the steps behind it: for a step on a target, that
//! target's own value counts before one from another target; else, and of one name twice, the later
//! counts. A program that ended by itself passes on also where it failed; of an attempt that is
//! repeated, and of one that was ended, nothing is left.
//!
//! The attempt has failed where a line is something else, where a name is no name of a variable or
//! is taken (a secret, a variable of the runner, `PATH`, `LANG`, `HOME`), or where it is all too
//! much. Values are not secrets: only what contains one is masked in reports.

use engine::run::{Plan, name_flaw};
use rustix::fs::OFlags;
use schema::limits::{OUTPUTS_BYTES_MAX, STEP_OUTPUTS_MAX};
use schema::name::Name;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Names that are not the runner's alone, but that a step shall not change for all behind it.
const FIXED: [&str; 3] = ["PATH", "LANG", "HOME"];

/// A name and its value.
pub(crate) type Pair = (Name, Zeroizing<String>);

/// What was passed on so far.
#[derive(Default)]
pub(crate) struct Passed {
    /// In the order in which it was written; with the target for which the step ran, if for one.
    all: Vec<(Option<Name>, Pair)>,
    /// So many of them are of steps that are over.
    settled: usize,
    bytes: usize,
}

impl Passed {
    /// Keeps what a step passed on.
    pub(crate) fn add(&mut self, target: Option<&Name>, pairs: Vec<Pair>) {
        self.bytes += pairs.iter().map(size).sum::<usize>();
        self.all.extend(pairs.into_iter().map(|pair| (target.cloned(), pair)));
    }

    /// The step is over, on all of its targets: those behind it see what it passed on.
    pub(crate) fn settle(&mut self) {
        self.settled = self.all.len();
    }

    /// What a step sees that runs for this target; of two with one name the later counts.
    pub(crate) fn seen(&self, target: Option<&Name>) -> impl Iterator<Item = &Pair> {
        let elsewhere =
            move |by: &Option<Name>| by.is_some() && target.is_some() && by.as_ref() != target;
        let settled = &self.all[..self.settled];
        let others = settled.iter().filter(move |(by, _)| elsewhere(by));
        let own = settled.iter().filter(move |(by, _)| !elsewhere(by));
        others.chain(own).map(|(_, pair)| pair)
    }

    /// Takes what an attempt wrote into `file`, and removes the file.
    ///
    /// # Errors
    /// When it is not what a step may pass on.
    pub(crate) fn take(&self, plan: &Plan, file: &Path) -> Result<Vec<Pair>, String> {
        let written = read(file);
        let _ = fs::remove_file(file);
        let written = written.map_err(|why| format!("its outputs cannot be read: {why}"))?;
        let mut pairs: Vec<Pair> = Vec::new();
        for (i, line) in written.lines().enumerate() {
            let (name, value) = pair(plan, line).map_err(|why| {
                format!("line {} of its outputs {why}: write NAME=VALUE on each", i + 1)
            })?;
            pairs.retain(|(other, _)| *other != name);
            pairs.push((name, value));
        }
        let bytes = self.bytes + pairs.iter().map(size).sum::<usize>();
        if pairs.len() > STEP_OUTPUTS_MAX || bytes > OUTPUTS_BYTES_MAX {
            return Err(format!(
                "its outputs are too much: at most {STEP_OUTPUTS_MAX} of one step, and \
                 {OUTPUTS_BYTES_MAX} bytes of all steps together"
            ));
        }
        Ok(pairs)
    }
}

fn size((name, value): &Pair) -> usize {
    name.as_str().len() + value.len()
}

/// Makes the file into which a step writes what it passes on.
///
/// # Errors
/// When something of its name cannot be removed, or the file not be made.
pub(crate) fn prepare(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map(drop)
}

/// All of the file; nothing if it is not there any more.
fn read(file: &Path) -> io::Result<Zeroizing<String>> {
    // The step may have put anything in its place; opening a named pipe would wait for a writer.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let flags = i32::try_from(flags).map_err(io::Error::other)?;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(file) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Zeroizing::default()),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("their file is not a plain file"));
    }
    // Each line has two bytes that do not count: the sign, and the line break.
    let bytes_max = OUTPUTS_BYTES_MAX + 2 * STEP_OUTPUTS_MAX;
    let mut text = Zeroizing::new(String::with_capacity(bytes_max + 1));
    file.take(bytes_max as u64 + 1).read_to_string(&mut text)?;
    if text.len() > bytes_max {
        return Err(io::Error::other(format!("there are more than {OUTPUTS_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// One line; nothing of it is quoted, for it may hold anything.
fn pair(plan: &Plan, line: &str) -> Result<Pair, String> {
    let (name, value) = line.split_once('=').ok_or("has no equals sign")?;
    if let Some(flaw) = name_flaw(name) {
        return Err(format!("has a name that {flaw}"));
    }
    let name: Name = name.parse().map_err(|_| "has a name that is too long")?;
    if FIXED.contains(&name.as_str()) {
        return Err(format!("would change {name} for all later steps"));
    }
    if plan.secrets.iter().any(|secret| secret.name == name) {
        return Err(format!("would take the place of the secret {name}"));
    }
    if value.contains('\0') {
        return Err("has a value with a NUL in it".to_owned());
    }
    Ok((name, Zeroizing::new(value.to_owned())))
}
