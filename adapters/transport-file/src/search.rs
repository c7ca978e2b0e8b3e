//! Where parts may be: in the files and folders that somebody names.

use crate::fault::Fault;
use crate::{ENDING, MEDIUM, UNFINISHED};
use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What a search came upon.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    /// What may be parts. Nothing of it was opened.
    pub(crate) parts: BTreeSet<PathBuf>,
    /// What exports left that were cut short.
    pub(crate) unfinished: BTreeSet<PathBuf>,
}

/// Searches each of `paths`: a file as it is, a folder with its folders for media and no deeper.
/// Only a folder that somebody names may be a link.
pub(crate) fn search(paths: &[PathBuf]) -> Result<Hits, Fault> {
    let mut hits = Hits::default();
    for path in paths {
        match path.symlink_metadata() {
            Ok(_) if path.is_dir() => hits.look_into(path, true)?,
            Ok(_) => {
                hits.parts.insert(path.clone());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Fault::Absent { path: path.clone() });
            }
            Err(error) => return Err(Fault::io("looking at", path, &error)),
        }
    }
    Ok(hits)
}

impl Hits {
    fn look_into(&mut self, folder: &Path, media_too: bool) -> Result<(), Fault> {
        let failed = |error: io::Error| Fault::io("looking into", folder, &error);
        for found in fs::read_dir(folder).map_err(failed)? {
            let found = found.map_err(failed)?;
            let path = found.path();
            if is_medium(&found) {
                if media_too {
                    self.look_into(&path, false)?;
                }
            } else if ends(&path, ENDING) {
                self.parts.insert(path);
            } else if ends(&path, UNFINISHED) {
                self.unfinished.insert(path);
            }
        }
        Ok(())
    }
}

/// Whether a name ends so, in letters of either case, and is not hidden: what begins with a dot is
/// what some systems put beside each file.
fn ends(path: &Path, ending: &str) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let ends = path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    ends && !hidden
}

/// Whether it is a folder for a medium, and no link to one.
fn is_medium(found: &DirEntry) -> bool {
    let name = found.file_name();
    let number = name.to_str().and_then(|name| name.strip_prefix(MEDIUM));
    let numbered = number.is_some_and(|number| number.parse::<u32>().is_ok());
    numbered && found.file_type().is_ok_and(|kind| kind.is_dir())
}
