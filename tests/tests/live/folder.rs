//! Folders: copied, and looked at byte by byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Copies a folder and what is in it into a new one; links stay links.
pub(crate) fn copy(from: &Path, into: &Path) {
    fs::create_dir_all(into).unwrap();
    for item in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (kind, target) = (item.file_type().unwrap(), into.join(item.file_name()));
        if kind.is_dir() {
            copy(&item.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(item.path()).unwrap(), target).unwrap();
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

/// Every file below a folder with its bytes; folders have none.
pub(crate) fn bytes(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut all = BTreeMap::new();
    for item in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if item.file_type().unwrap().is_dir() {
            all.extend(bytes(&item.path()));
            all.insert(item.path(), None);
        } else {
            all.insert(item.path(), fs::read(item.path()).ok());
        }
    }
    all
}

/// The paths at which two states of a folder differ.
pub(crate) fn differences(
    one: &BTreeMap<PathBuf, Option<Vec<u8>>>,
    other: &BTreeMap<PathBuf, Option<Vec<u8>>>,
) -> Vec<PathBuf> {
    let all = one.keys().chain(other.keys());
    let mut changed: Vec<_> = all.filter(|path| one.get(*path) != other.get(*path)).collect();
    changed.sort();
    changed.dedup();
    changed.into_iter().cloned().collect()
}

/// What is in a folder, by name.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let items = fs::read_dir(folder).unwrap().map(Result::unwrap);
    items.map(|item| item.file_name().to_string_lossy().into_owned()).collect()
}
