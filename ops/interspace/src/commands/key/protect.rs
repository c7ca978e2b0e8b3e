//! `key protect` and `key unprotect`: key files closed with a passphrase, or opened for good.

use crate::cli::Options;
use crate::failure::{Failure, code};
use crate::node::folder::{Folder, slug};
use crate::node::keys;
use crate::node::passphrase::Passphrase;
use crate::output::Output;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What was done in the folder of one space.
#[derive(Serialize)]
struct Changed {
    space: String,
    files: usize,
}

pub(super) fn run(options: &Options, closed: bool, out: &mut Output) -> Result<(), Failure> {
    let folder = Folder::of(options)?;
    // A node that runs knows another passphrase, or none.
    let _lock = folder.lock()?;
    let spaces: Vec<PathBuf> =
        folder.spaces()?.into_iter().filter(|space| chosen(space, options)).collect();
    if spaces.is_empty() {
        let what = format!("there is no such space in {}", folder.path().display());
        return Err(Failure::new(code::NOT_FOUND, what, "name the node's folder with --dir"));
    }
    let (known, next) = match closed {
        // Files that are closed already must open with the very passphrase that closes the others.
        true => (Passphrase::choose()?, true),
        false => (Passphrase::default(), false),
    };
    let mut all = Vec::new();
    for space in &spaces {
        let next = next.then_some(&known);
        let files = keys::protect(&space.join("keys"), &known, next)?;
        all.push(Changed { space: name(space), files });
    }
    out.value(&all, || {
        let word = if closed { "closed" } else { "opened" };
        let line = |it: &Changed| match it.files {
            0 => format!("{}: nothing to do, all key files are {word}", it.space),
            files => format!("{}: {files} key files {word}", it.space),
        };
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

fn name(space: &Path) -> String {
    space.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn chosen(space: &Path, options: &Options) -> bool {
    let Some(wanted) = &options.space else { return true };
    let (folder, begins) = (name(space), format!("{}-", slug(wanted.as_str())));
    folder.strip_prefix(&begins).is_some_and(|id| id.len() == 8)
}
