//! What sled's files were when the log was closed: damage since then is seen before sled opens
//! them, which may overwrite all that comes after a damaged bit.
//!
//! ```text
//! digest 32    SHA-256 over the name and the digest of each file of sled, by name
//! ```

use crate::copy;
use schema::hash::{Hash, sha256};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Read at once; a file's digest is that of the chain of these.
const PART_BYTES: usize = 1024 * 1024;

/// The digest of the files in `sled`.
pub(crate) fn digest(sled: &Path) -> io::Result<Hash> {
    let mut names = Vec::new();
    for item in fs::read_dir(sled)? {
        let item = item?;
        if item.file_type()?.is_file() {
            names.push(item.file_name());
        }
    }
    names.sort();
    let mut whole = sha256(&[]);
    for name in names {
        let file = file_digest(&sled.join(&name))?;
        whole = sha256(&[&whole, &sha256(&[name.as_encoded_bytes()]), &file]);
    }
    Ok(whole)
}

fn file_digest(path: &Path) -> io::Result<Hash> {
    let mut file = File::open(path)?;
    let mut digest = sha256(&[]);
    let mut part = Vec::with_capacity(PART_BYTES);
    loop {
        part.clear();
        if file.by_ref().take(PART_BYTES as u64).read_to_end(&mut part)? == 0 {
            return Ok(digest);
        }
        digest = sha256(&[&digest, &part]);
    }
}

/// Writes down, durably, what the files in `sled` are.
pub(crate) fn write(note: &Path, sled: &Path) -> io::Result<()> {
    let new = note.with_extension("new");
    fs::write(&new, digest(sled)?)?;
    File::open(&new)?.sync_all()?;
    fs::rename(&new, note)?;
    copy::sync_folder(note.parent().unwrap_or(Path::new(".")))
}

/// Whether the files in `sled` are what was written down; also when nothing was, or nothing is left
/// that could be copied.
pub(crate) fn holds(note: &Path, sled: &Path) -> io::Result<bool> {
    if !sled.exists() {
        return Ok(true);
    }
    match fs::read(note) {
        Ok(noted) => Ok(noted == digest(sled)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes the note: sled writes from now on.
pub(crate) fn forget(note: &Path) -> io::Result<()> {
    match fs::remove_file(note) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_to_any_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (note, sled) = (folder.path().join("closed"), folder.path().join("sled"));
        fs::create_dir(&sled).unwrap();
        let large = vec![7; PART_BYTES + 1];
        fs::write(sled.join("db"), &large).unwrap();
        assert!(holds(&note, &sled).unwrap(), "nothing was written down");
        write(&note, &sled).unwrap();
        assert!(holds(&note, &sled).unwrap());
        for at in [0, PART_BYTES - 1, PART_BYTES] {
            let mut changed = large.clone();
            changed[at] ^= 1;
            fs::write(sled.join("db"), &changed).unwrap();
            assert!(!holds(&note, &sled).unwrap(), "byte {at}");
        }
        fs::write(sled.join("db"), &large[1..]).unwrap();
        assert!(!holds(&note, &sled).unwrap(), "it is shorter");
        fs::write(sled.join("db"), &large).unwrap();
        fs::write(sled.join("snap"), "").unwrap();
        assert!(!holds(&note, &sled).unwrap(), "there is another file");
        fs::remove_file(sled.join("snap")).unwrap();
        assert!(holds(&note, &sled).unwrap());
        forget(&note).unwrap();
        forget(&note).unwrap();
    }
}
