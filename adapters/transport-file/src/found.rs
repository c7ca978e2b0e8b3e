//! A file that may be a part: what it says, or why it is refused.

use crate::direction::{Direction, inspect};
use rustix::fs::{Mode, OFlags};
use schema::hash::Hash;
use schema::latest::{EnvelopeHeader, EnvelopeKind, Flaw, Part, PartHead};
use schema::limits::PART_BYTES_MAX;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A file that may be a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Where the very same part lies as well.
    pub copies: Vec<PathBuf>,
    /// What it says, or why nothing of it is used.
    pub result: Result<Summary, Refused>,
}

/// What a part says; nothing of it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it says about itself.
    pub head: PartHead,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Its checksum, which tells it from any other part.
    pub checksum: Hash,
    /// Whether it holds pieces of packages, and not entries and signals.
    pub pieces: bool,
    /// What its envelopes say.
    pub direction: Direction,
}

/// Why nothing of a file is used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// What it holds is not a part as it was written.
    #[error(transparent)]
    Flawed(#[from] Flaw),
    /// It is a link, a folder or something else that is not a file. Links are not followed.
    #[error("a link or something else that is not a file")]
    NoFile,
    /// It could not be read.
    #[error("it could not be read: {why}")]
    Unreadable {
        /// What the system said.
        why: String,
    },
    /// It was another part when it was found.
    #[error("it was changed while it was being looked at")]
    Changed,
}

impl Refused {
    /// A word for it that does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Flawed(flaw) => flaw.code(),
            Self::NoFile => "no-file",
            Self::Unreadable { .. } => "unreadable",
            Self::Changed => "changed",
        }
    }
}

impl Found {
    pub(crate) fn at(path: PathBuf) -> Self {
        let result =
            load(&path).and_then(|(part, checksum, bytes)| summary(&part, checksum, bytes));
        Self { path, copies: Vec::new(), result }
    }

    /// Reads the part again, checks it again and gives all of it; one of its copies if it cannot be
    /// read any more.
    ///
    /// # Errors
    /// Why nothing of it is used.
    pub fn open(&self) -> Result<Part, Refused> {
        let found = self.result.as_ref().map_err(Clone::clone)?;
        let mut first = None;
        for path in std::iter::once(&self.path).chain(&self.copies) {
            match load(path) {
                Ok((part, checksum, _)) if checksum == found.checksum => return Ok(part),
                Ok(_) => first.get_or_insert(Refused::Changed),
                Err(refused) => first.get_or_insert(refused),
            };
        }
        Err(first.unwrap_or(Refused::Changed))
    }
}

/// All of a part, its checksum, and its size in bytes.
fn load(path: &Path) -> Result<(Part, Hash, u64), Refused> {
    let bytes = bytes(path)?;
    let part = Part::read(&bytes)?;
    let checksum = Part::checksum(&bytes).ok_or(Flaw::Cut)?;
    Ok((part, checksum, bytes.len() as u64))
}

/// The bytes of a file, never more than a part may have and one.
fn bytes(path: &Path) -> Result<Vec<u8>, Refused> {
    let unreadable = |error: io::Error| Refused::Unreadable { why: error.to_string() };
    // A link is not followed, and a pipe to which nobody writes is not waited for.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => return Err(Refused::NoFile),
        Err(error) => return Err(unreadable(error.into())),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Refused::NoFile);
    }
    // One more is enough to be told that it is too large.
    let mut bytes = Vec::new();
    file.take(PART_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn summary(part: &Part, checksum: Hash, bytes: u64) -> Result<Summary, Refused> {
    let headers = part.envelopes.iter().map(|envelope| EnvelopeHeader::of_envelope(envelope));
    let headers: Vec<_> = headers.collect::<Result<_, _>>().map_err(Flaw::Envelopes)?;
    let pieces = headers.first().is_some_and(|header| header.kind == EnvelopeKind::Piece);
    // All envelopes of a part are of one direction, and there is at least one.
    let direction = inspect(&headers).pop().ok_or(Flaw::Head)?;
    Ok(Summary { head: part.head.clone(), bytes, checksum, pieces, direction })
}
