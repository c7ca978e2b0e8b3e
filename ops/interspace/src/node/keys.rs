//! The key files of a space: mode 0600 or the start is refused, durable before a log names them.

use crate::failure::{Failure, code};
use crate::node::folder::{make, sync_folder};
use crate::node::passphrase::Passphrase;
use crate::node::pem::{self, CHACHA20_POLY1305, ED25519, KeyFile, X25519};
use engine::trust::identity::{Pair, Secrets, Seeds};
use pkcs8::ObjectIdentifier;
use std::path::{Path, PathBuf};

const PAIR: [&str; 2] = ["signing.pem", "sealing.pem"];

/// Where the root key of a space is, unless it is kept elsewhere.
pub(crate) fn root_file(folder: &Path) -> PathBuf {
    folder.join("root.pem")
}

/// The at-rest keys of a space, each a file of its own.
fn at_rest(folder: &Path) -> PathBuf {
    folder.join("at-rest")
}

/// Writes the key files of a new space: its root key, its first at-rest key, and the pair of its
/// first key statement.
pub(crate) fn write(folder: &Path, seeds: &Seeds) -> Result<(), Failure> {
    make(folder)?;
    pem::write(&root_file(folder), ED25519, &seeds.root, None)?;
    write_at_rest(folder, 1, &seeds.at_rest, None)?;
    write_pair(folder, 1, &Pair { signing: seeds.signing, sealing: seeds.sealing }, None)
}

/// Writes an at-rest key. It is durable before anything is sealed to it.
pub(crate) fn write_at_rest(
    folder: &Path,
    number: u32,
    key: &[u8; 32],
    passphrase: Option<&Passphrase>,
) -> Result<(), Failure> {
    let place = at_rest(folder);
    make(&place)?;
    pem::write(&place.join(format!("{number}.pem")), CHACHA20_POLY1305, key, passphrase)?;
    sync_folder(folder)
}

/// The at-rest keys whose files are here, ascending. A space whose folder of them is gone has none.
fn rest_files(folder: &Path) -> Result<Vec<(u32, PathBuf)>, Failure> {
    let place = at_rest(folder);
    if !place.exists() {
        return Ok(Vec::new());
    }
    let failed = |why: std::io::Error| Failure::io("reading the keys", &place, &why);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&place).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(number) = name.strip_suffix(".pem").and_then(|number| number.parse().ok()) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Writes the key files of one key statement. They are durable before the log names them; what a
/// rotation that did not come to its end left behind is replaced.
pub(crate) fn write_pair(
    folder: &Path,
    number: u32,
    pair: &Pair,
    passphrase: Option<&Passphrase>,
) -> Result<(), Failure> {
    let folder = folder.join(number.to_string());
    make(&folder)?;
    let [signing, sealing] = PAIR.map(|name| folder.join(name));
    pem::write(&signing, ED25519, &pair.signing, passphrase)?;
    pem::write(&sealing, X25519, &pair.sealing, passphrase)
}

/// The statements whose key files are here, ascending, with their folders.
pub(crate) fn numbers(folder: &Path) -> Result<Vec<(u32, PathBuf)>, Failure> {
    let failed = |why: std::io::Error| Failure::io("reading the keys", folder, &why);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        found.push((number, entry.path()));
    }
    found.sort();
    Ok(found)
}

/// Reads the pair of one statement. Both files are there or it fails.
pub(crate) fn read_pair(folder: &Path, passphrase: &Passphrase) -> Result<Pair, Failure> {
    let [signing, sealing] = PAIR.map(|name| folder.join(name));
    Ok(Pair {
        signing: KeyFile::read(&signing)?.seed(&signing, ED25519, passphrase)?,
        sealing: KeyFile::read(&sealing)?.seed(&sealing, X25519, passphrase)?,
    })
}

/// Whether both files of a pair are there.
pub(crate) fn is_whole(folder: &Path) -> bool {
    PAIR.iter().all(|name| folder.join(name).exists())
}

/// Reads the key files of a space, all but that of its root key.
pub(crate) fn read(folder: &Path, passphrase: &Passphrase) -> Result<Secrets, Failure> {
    let mut secrets = Secrets::default();
    for (number, folder) in numbers(folder)? {
        // A rotation that was cut short may have left a folder without its files.
        if is_whole(&folder) {
            secrets = secrets.with(number, read_pair(&folder, passphrase)?);
        }
    }
    for (number, path) in rest_files(folder)? {
        let key = KeyFile::read(&path)?.seed(&path, CHACHA20_POLY1305, passphrase)?;
        secrets = secrets.with_at_rest(number, key);
    }
    // It is not used here, and yet nobody else may have read it.
    let root = root_file(folder);
    if root.exists() {
        KeyFile::read(&root)?;
    }
    Ok(secrets)
}

/// Reads a root key.
pub(crate) fn read_root(path: &Path, passphrase: &Passphrase) -> Result<[u8; 32], Failure> {
    KeyFile::read(path)?.seed(path, ED25519, passphrase)
}

/// Whether the newest pair is closed with a passphrase.
pub(crate) fn is_protected(folder: &Path) -> Result<bool, Failure> {
    let newest = numbers(folder)?.into_iter().rev().find(|(_, folder)| is_whole(folder));
    let signing = newest.map(|(_, folder)| folder.join(PAIR[0]));
    signing.map_or(Ok(false), |path| KeyFile::read(&path).map(|key| key.is_closed()))
}

/// Removes the key files of all statements before `number`. Overwriting them first would promise
/// too much: what a device keeps of a file that is gone is up to the device.
pub(crate) fn forget_before(folder: &Path, number: u32) -> Result<(), Failure> {
    for (known, folder) in numbers(folder)? {
        if known < number {
            let removed = std::fs::remove_dir_all(&folder);
            removed.map_err(|why| Failure::io("removing the keys", &folder, &why))?;
        }
    }
    Ok(())
}

/// Every key file of a space with its algorithm, that of the root key too.
fn files(folder: &Path) -> Result<Vec<(PathBuf, ObjectIdentifier)>, Failure> {
    let mut all = vec![(root_file(folder), ED25519)];
    for (_, pair) in numbers(folder)? {
        let [signing, sealing] = PAIR.map(|name| pair.join(name));
        all.extend([(signing, ED25519), (sealing, X25519)]);
    }
    let rest = rest_files(folder)?;
    all.extend(rest.into_iter().map(|(_, path)| (path, CHACHA20_POLY1305)));
    all.retain(|(path, _)| path.exists());
    Ok(all)
}

/// Closes all key files of a space with `next`, or opens them for good; says how many were not so
/// already. What was done before a failure stays done, and doing it again does the rest.
pub(crate) fn protect(
    folder: &Path,
    known: &Passphrase,
    next: Option<&Passphrase>,
) -> Result<usize, Failure> {
    let files = files(folder)?;
    // First whether all of them open: a wrong passphrase changes nothing.
    for (path, algorithm) in &files {
        let key = KeyFile::read(path)?;
        if key.is_closed() {
            key.seed(path, *algorithm, known)?;
        }
    }
    let mut changed = 0;
    for (path, _) in &files {
        let key = KeyFile::read(path)?;
        if key.is_closed() != next.is_some() {
            key.rewrite(path, known, next)?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// The pair of a statement that is about to be used.
pub(crate) fn pair_of(
    folder: &Path,
    number: u32,
    passphrase: &Passphrase,
) -> Result<Pair, Failure> {
    let pair = folder.join(number.to_string());
    if is_whole(&pair) {
        return read_pair(&pair, passphrase);
    }
    let what = format!("the keys of statement {number} are not on this node");
    Err(Failure::new(code::CONFLICT, what, "make the next one here: `interspace key rotate`"))
}
