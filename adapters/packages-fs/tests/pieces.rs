//! Pieces from a peer: in order, out of order, cut short, forged, and on a disk without room.

use engine::log::Fault;
use packages_fs::{Packages, Progress};
use schema::id::ObjectId;
use schema::limits::{OBJECT_BYTES_MAX, PIECE_BYTES_MAX};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PIECE: u64 = PIECE_BYTES_MAX as u64;

#[test]
fn an_object_of_any_size_arrives_piece_by_piece() {
    let (_folder, packages) = store();
    let piece = PIECE_BYTES_MAX;
    for size in [0, 1, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 7] {
        let (object, bytes) = sample(size);
        let total = size as u64;
        assert_eq!(packages.progress(&object, total), at(0));
        let ended = send(&packages, &object, &bytes);
        assert_eq!(ended, whole(total), "{size}");
        assert_eq!(packages.progress(&object, total), whole(total));
        assert_eq!(fs::read(packages.path(&object).unwrap()).unwrap(), bytes);
    }
}

#[test]
fn an_object_is_invisible_until_it_is_whole() {
    let (_folder, packages) = store();
    let (object, bytes) = sample(2 * PIECE_BYTES_MAX);
    let first = &bytes[..PIECE_BYTES_MAX];
    let held = packages.append(&object, 2 * PIECE, 0, first);
    assert_eq!(held, Ok(at(PIECE)));
    assert!(!packages.has(&object));
    assert_eq!(packages.path(&object), None);
    assert_eq!(packages.read_piece(&object, 0), Ok(None));
}

#[test]
fn a_piece_that_is_not_due_changes_nothing() {
    let (_folder, packages) = store();
    let (object, bytes) = sample(3 * PIECE_BYTES_MAX + 1);
    let total = bytes.len() as u64;
    let piece = |n: usize| &bytes[n * PIECE_BYTES_MAX..][..PIECE_BYTES_MAX];
    assert_eq!(packages.append(&object, total, PIECE, piece(1)), Ok(at(0)));
    assert_eq!(packages.append(&object, total, 0, piece(0)), Ok(at(PIECE)));
    assert_eq!(packages.append(&object, total, 0, piece(0)), Ok(at(PIECE)));
    let ahead = packages.append(&object, total, 2 * PIECE, piece(2));
    assert_eq!(ahead, Ok(at(PIECE)));
    assert_eq!(send(&packages, &object, &bytes), whole(total));
    assert_eq!(packages.append(&object, total, 0, piece(0)), Ok(whole(total)));
}

#[test]
fn a_piece_of_the_wrong_length_changes_nothing() {
    let (folder, packages) = store();
    let (object, bytes) = sample(PIECE_BYTES_MAX + 5);
    let total = bytes.len() as u64;
    for length in [0, 1, PIECE_BYTES_MAX - 1, PIECE_BYTES_MAX + 1, PIECE_BYTES_MAX + 5] {
        let held = packages.append(&object, total, 0, &bytes[..length]);
        assert_eq!(held, Ok(at(0)), "{length}");
    }
    packages.append(&object, total, 0, &bytes[..PIECE_BYTES_MAX]).unwrap();
    for length in [0, 4, 6, PIECE_BYTES_MAX] {
        let held = packages.append(&object, total, PIECE, &vec![0; length]);
        assert_eq!(held, Ok(at(PIECE)), "{length}");
    }
    let partial = partial(folder.path(), &object);
    assert_eq!(fs::metadata(partial).unwrap().len(), PIECE);
}

#[test]
fn an_object_goes_on_after_a_restart() {
    let (folder, packages) = store();
    let (object, bytes) = sample(2 * PIECE_BYTES_MAX + 9);
    let total = bytes.len() as u64;
    packages.append(&object, total, 0, &bytes[..PIECE_BYTES_MAX]).unwrap();
    drop(packages);
    let packages = Packages::open(folder.path()).unwrap();
    assert_eq!(packages.progress(&object, total), at(PIECE));
    assert_eq!(send(&packages, &object, &bytes), whole(total));
}

#[test]
fn a_kill_at_any_byte_of_a_piece_costs_no_more_than_that_piece() {
    let (folder, packages) = store();
    drop(packages);
    let (object, bytes) = sample(2 * PIECE_BYTES_MAX);
    let total = bytes.len() as u64;
    let piece = PIECE_BYTES_MAX;
    let lengths = [0, 1, piece - 1, piece, piece + 1, 2 * piece - 1, 2 * piece];
    for length in lengths {
        let partial = partial(folder.path(), &object);
        // What a torn write leaves behind the last whole piece need not be the right bytes.
        let mut left = bytes[..length - length % piece].to_vec();
        left.resize(length, 0xee);
        fs::write(&partial, left).unwrap();

        let packages = Packages::open(folder.path()).unwrap();
        let expected = if length < piece { 0 } else { PIECE };
        assert_eq!(packages.progress(&object, total), at(expected), "{length}");
        assert_eq!(send(&packages, &object, &bytes), whole(total), "{length}");
        fs::remove_file(packages.path(&object).unwrap()).unwrap();
    }
}

#[test]
fn an_object_with_the_wrong_hash_is_set_aside_and_begins_anew() {
    let (folder, packages) = store();
    let (object, mut bytes) = sample(PIECE_BYTES_MAX + 1);
    let total = bytes.len() as u64;
    for flipped in [0, PIECE_BYTES_MAX] {
        bytes[flipped] ^= 1;
        let ended = send(&packages, &object, &bytes);
        assert_eq!(ended, refused(), "{flipped}");
        assert!(!packages.has(&object));
        assert_eq!(packages.progress(&object, total), at(0));
        // However often that happens, one is kept to look at.
        assert_eq!(names(folder.path()), ["refused"]);
        assert_eq!(fs::read(folder.path().join("refused")).unwrap(), bytes);
        bytes[flipped] ^= 1;
    }
    assert_eq!(send(&packages, &object, &bytes), whole(total));
}

#[test]
fn an_empty_object_under_another_name_is_refused() {
    let (_folder, packages) = store();
    let object = ObjectId([7; 32]);
    assert_eq!(packages.append(&object, 0, 0, b""), Ok(refused()));
    assert!(!packages.has(&object));
}

#[test]
fn t14_an_object_above_the_limit_is_refused_before_anything_is_written() {
    let (folder, packages) = store();
    let (object, bytes) = sample(PIECE_BYTES_MAX);
    let held = packages.append(&object, OBJECT_BYTES_MAX + 1, 0, &bytes);
    assert_eq!(held, Ok(refused()));
    assert!(names(folder.path()).is_empty());
    let held = packages.append(&object, OBJECT_BYTES_MAX, 0, &bytes);
    assert_eq!(held, Ok(at(PIECE)));
}

#[test]
fn a_partial_that_is_longer_than_the_object_is_cut_back() {
    let (folder, packages) = store();
    let (object, bytes) = sample(PIECE_BYTES_MAX + 1);
    let mut long = bytes.clone();
    long.resize(5 * PIECE_BYTES_MAX, 0xee);
    fs::write(partial(folder.path(), &object), long).unwrap();
    let total = bytes.len() as u64;
    assert_eq!(packages.progress(&object, total), at(PIECE));
    assert_eq!(send(&packages, &object, &bytes), whole(total));
}

#[test]
fn a_disk_without_room_says_so_and_keeps_what_was_there() {
    let (folder, packages) = store();
    let (object, bytes) = sample(2 * PIECE_BYTES_MAX);
    let (other, rest) = sample(PIECE_BYTES_MAX + 1);
    packages.append(&object, 2 * PIECE, 0, &bytes[..PIECE_BYTES_MAX]).unwrap();

    // Every write to this file is told that there is no room.
    symlink("/dev/full", partial(folder.path(), &other)).unwrap();
    let told = packages.append(&other, PIECE + 1, 0, &rest[..PIECE_BYTES_MAX]);
    let doing = "storing a piece of a package";
    assert_eq!(told, Err(Fault::Full { doing }));

    assert_eq!(packages.progress(&object, 2 * PIECE), at(PIECE));
    fs::remove_file(partial(folder.path(), &other)).unwrap();
    assert_eq!(send(&packages, &other, &rest), whole(PIECE + 1));
}

#[test]
fn pieces_are_forgotten_when_the_whole_comes_another_way() {
    let (folder, packages) = store();
    let (object, bytes) = sample(PIECE_BYTES_MAX + 1);
    let total = bytes.len() as u64;
    packages.append(&object, total, 0, &bytes[..PIECE_BYTES_MAX]).unwrap();
    packages.push(&mut &bytes[..], total).unwrap();
    assert_eq!(names(folder.path()), [object.to_string()]);
    assert_eq!(packages.progress(&object, total), whole(total));
}

#[test]
fn peers_that_send_the_same_object_at_once_make_it_once() {
    let (folder, packages) = store();
    let (object, bytes) = sample(9 * PIECE_BYTES_MAX + 3);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| assert!(send(&packages, &object, &bytes).complete));
        }
    });
    assert_eq!(names(folder.path()), [object.to_string()]);
    assert_eq!(fs::read(packages.path(&object).unwrap()).unwrap(), bytes);
}

/// Gives whatever piece is due until the object is whole or refused.
fn send(packages: &Packages, object: &ObjectId, bytes: &[u8]) -> Progress {
    let total = bytes.len() as u64;
    let mut progress = packages.progress(object, total);
    while !progress.complete && !progress.refused {
        let offset = usize::try_from(progress.have).expect("small");
        let part = bytes[offset..].chunks(PIECE_BYTES_MAX).next();
        progress = packages
            .append(object, total, progress.have, part.unwrap_or_default())
            .expect("there is room");
    }
    progress
}

const fn at(have: u64) -> Progress {
    Progress { have, complete: false, refused: false }
}

const fn whole(have: u64) -> Progress {
    Progress { have, complete: true, refused: false }
}

const fn refused() -> Progress {
    Progress { have: 0, complete: false, refused: true }
}

/// An empty store, in a folder that is removed at the end.
fn store() -> (TempDir, Packages) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let packages = Packages::open(folder.path()).expect("an empty folder opens");
    (folder, packages)
}

/// Bytes of which no two pieces are alike, and their id.
fn sample(size: usize) -> (ObjectId, Vec<u8>) {
    let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8 ^ (n / PIECE_BYTES_MAX) as u8).collect();
    (ObjectId(*blake3::hash(&bytes).as_bytes()), bytes)
}

fn partial(folder: &Path, object: &ObjectId) -> PathBuf {
    folder.join(format!("{object}.part"))
}

/// What is in the folder beside the lock, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("plain names"))
        .filter(|name| name != "lock")
        .collect();
    names.sort();
    names
}
