//! Whole packages: what a push stores, what it leaves when it fails, and what a crash leaves.

use engine::log::Fault;
use packages_fs::{NotStored, Packages};
use schema::id::{ObjectId, hex};
use schema::limits::PIECE_BYTES_MAX;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use tempfile::TempDir;

#[test]
fn a_package_is_named_by_the_hashes_that_other_tools_print() {
    let (_folder, packages) = store();
    let stored = packages.push(&mut &b""[..], 0).unwrap();
    assert_eq!(
        hex(&stored.object.0),
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    );
    let stored = packages.push(&mut &b"abc"[..], 3).unwrap();
    assert_eq!(
        hex(&stored.sha256.0),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(stored.size, 3);
    let path = packages.path(&stored.object).unwrap();
    assert_eq!(path.file_name().unwrap(), &*stored.object.to_string());
    assert_eq!(fs::read(path).unwrap(), b"abc");
}

#[test]
fn a_package_of_any_size_is_read_back_piece_by_piece() {
    let (_folder, packages) = store();
    let piece = PIECE_BYTES_MAX;
    for size in [0, 1, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 7] {
        let bytes = sample(size);
        let stored = packages.push(&mut &bytes[..], u64::MAX).unwrap();
        assert_eq!(packages.size(&stored.object), Some(size as u64));
        let mut read = Vec::new();
        loop {
            let offset = read.len() as u64;
            let (total, part) = packages.read_piece(&stored.object, offset).unwrap().unwrap();
            assert_eq!(total, size as u64);
            assert!(part.len() == piece || read.len() + part.len() == size);
            read.extend(part);
            if read.len() == size {
                break;
            }
        }
        assert_eq!(read, bytes);
    }
}

#[test]
fn no_piece_begins_between_pieces_or_at_the_end() {
    let (_folder, packages) = store();
    let bytes = sample(2 * PIECE_BYTES_MAX);
    let object = packages.push(&mut &bytes[..], u64::MAX).unwrap().object;
    let piece = PIECE_BYTES_MAX as u64;
    for offset in [1, piece - 1, piece + 1, 2 * piece, 3 * piece, u64::MAX] {
        assert_eq!(packages.read_piece(&object, offset), Ok(None), "{offset}");
    }
    assert_eq!(packages.read_piece(&ObjectId([7; 32]), 0), Ok(None));
}

#[test]
fn pushing_the_same_bytes_again_is_harmless() {
    let (folder, packages) = store();
    let bytes = sample(1000);
    let first = packages.push(&mut &bytes[..], 1000).unwrap();
    let second = packages.push(&mut &bytes[..], 1000).unwrap();
    assert_eq!(first, second);
    assert_eq!(names(folder.path()), [first.object.to_string()]);
}

#[test]
fn two_pushes_of_the_same_bytes_at_once_agree() {
    let (folder, packages) = store();
    let bytes = sample(3 * PIECE_BYTES_MAX + 1);
    let push = || packages.push(&mut &bytes[..], u64::MAX).unwrap();
    let (one, other) = std::thread::scope(|threads| {
        let (one, other) = (threads.spawn(push), threads.spawn(push));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one, other);
    assert_eq!(names(folder.path()), [one.object.to_string()]);
    assert_eq!(fs::read(packages.path(&one.object).unwrap()).unwrap(), bytes);
}

#[test]
fn pushing_again_mends_what_the_disk_damaged() {
    let (_folder, packages) = store();
    let object = packages.push(&mut &b"whole"[..], 5).unwrap().object;
    let path = packages.path(&object).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"torn!").unwrap();
    packages.push(&mut &b"whole"[..], 5).unwrap();
    assert_eq!(fs::read(path).unwrap(), b"whole");
}

#[test]
fn one_byte_too_many_leaves_nothing() {
    let (folder, packages) = store();
    let bytes = sample(PIECE_BYTES_MAX + 1);
    let size_max = PIECE_BYTES_MAX as u64;
    let pushed = packages.push(&mut &bytes[..], size_max);
    assert_eq!(pushed, Err(NotStored::TooLarge { size_max }));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_sender_that_stops_midway_leaves_nothing() {
    let (folder, packages) = store();
    let start = sample(PIECE_BYTES_MAX);
    let pushed = packages.push(&mut start.chain(Broken), u64::MAX);
    let why = "the line is cut".to_owned();
    assert_eq!(pushed, Err(NotStored::Cut { why }));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_push_that_was_killed_is_cleaned_away_and_the_rest_stays() {
    let (folder, packages) = store();
    let object = packages.push(&mut &b"kept"[..], 4).unwrap().object;
    drop(packages);
    fs::write(folder.path().join("0.new"), b"half of someth").unwrap();
    // Killed between making an object from a push and removing its pieces.
    fs::write(folder.path().join(format!("{object}.part")), b"ke").unwrap();
    let coming = ObjectId([7; 32]);
    fs::write(folder.path().join(format!("{coming}.part")), b"a beginning").unwrap();

    let packages = Packages::open(folder.path()).unwrap();
    assert!(packages.has(&object));
    let mut expected = [object.to_string(), format!("{coming}.part")];
    expected.sort();
    assert_eq!(names(folder.path()), expected);
    packages.push(&mut &b"more"[..], 4).unwrap();
}

#[test]
fn a_folder_belongs_to_whoever_opened_it_first() {
    let (folder, packages) = store();
    let second = Packages::open(folder.path());
    let name = folder.path().display().to_string();
    assert_eq!(second.err(), Some(Fault::Locked { folder: name }));
    drop(packages);
    assert!(Packages::open(folder.path()).is_ok());
}

#[test]
fn a_missing_folder_is_made() {
    let outer = tempfile::tempdir().unwrap();
    let packages = Packages::open(&outer.path().join("a/b")).unwrap();
    packages.push(&mut &b"x"[..], 1).unwrap();
    assert_eq!(names(&outer.path().join("a/b")).len(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_is_a_fault() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("a file");
    fs::write(&path, b"").unwrap();
    let opened = Packages::open(&path);
    assert!(matches!(opened.err(), Some(Fault::Store { .. })));
}

#[test]
fn t17_a_package_can_be_neither_changed_nor_executed_in_place() {
    let (_folder, packages) = store();
    let object = packages.push(&mut &b"#!/bin/sh\n"[..], 100).unwrap().object;
    let path = packages.path(&object).unwrap();
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7333, 0, "{mode:o}");
}

#[test]
fn t17_a_link_or_folder_in_the_place_of_a_package_is_not_the_package() {
    let (folder, packages) = store();
    let (linked, made) = (ObjectId([1; 32]), ObjectId([2; 32]));
    symlink("/etc/passwd", folder.path().join(linked.to_string())).unwrap();
    fs::create_dir(folder.path().join(made.to_string())).unwrap();
    for object in [linked, made] {
        assert!(!packages.has(&object));
        assert_eq!(packages.path(&object), None);
        assert_eq!(packages.read_piece(&object, 0), Ok(None));
    }
}

/// A sender whose line is cut.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the line is cut"))
    }
}

/// An empty store, in a folder that is removed at the end.
fn store() -> (TempDir, Packages) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let packages = Packages::open(folder.path()).expect("an empty folder opens");
    (folder, packages)
}

/// Bytes of which no two pieces are alike.
fn sample(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n % 251) as u8 ^ (n / PIECE_BYTES_MAX) as u8).collect()
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
