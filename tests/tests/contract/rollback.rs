//! A log that lost its end, or is an older copy of itself, is found by its fence.

use crate::sled::{LIFE, closed_log, somewhere};
use engine::log::{Fault, Log};
use log_sled::LogSled;
use schema::id::{Incarnation, Position};
use std::fs;
use std::path::Path;
use tests::blocks::Blocks;

/// Puts the sled files of `from` in the place of those of `path`; the fence stays.
fn replace_sled(path: &Path, from: &Path) {
    fs::remove_dir_all(path.join("sled")).unwrap();
    copy_tree(&from.join("sled"), &path.join("sled"));
}

fn copy_tree(from: &Path, into: &Path) {
    fs::create_dir_all(into).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        if item.file_type().unwrap().is_dir() {
            copy_tree(&item.path(), &into.join(item.file_name()));
        } else {
            fs::copy(item.path(), into.join(item.file_name())).unwrap();
        }
    }
}

#[test]
fn an_older_copy_with_the_newer_fence_is_rolled_back() {
    let (keep, path) = somewhere();
    let mut writer = closed_log(&path, 4);
    let older = keep.path().join("older");
    copy_tree(&path, &older);
    let mut log = LogSled::open(&path).unwrap();
    log.append(&writer.small(8)).unwrap();
    log.close().unwrap();
    replace_sled(&path, &older);
    let rolled_back = Err(Fault::RolledBack { first_missing: Position(13), fence: 20 });
    assert_eq!(LogSled::open(&path).map(|log| log.size()), rolled_back);
    assert_eq!(LogSled::open(&path).map(|log| log.size()), rolled_back, "every time");
    assert_eq!(LogSled::open(&older).unwrap().size(), 12, "with its own fence it cannot be told");
}

#[test]
fn a_truncated_database_is_rolled_back_or_a_fault() {
    let (keep, path) = somewhere();
    closed_log(&path, 40);
    let length = fs::metadata(path.join("sled/db")).unwrap().len();
    for eighths in 0..8 {
        let cut = keep.path().join(format!("cut-{eighths}"));
        copy_tree(&path, &cut);
        let file = fs::File::options().write(true).open(cut.join("sled/db")).unwrap();
        file.set_len(length * eighths / 8).unwrap();
        match LogSled::open(&cut) {
            Ok(log) => assert_eq!(log.size(), 120, "it was cut where nothing was"),
            Err(Fault::RolledBack { first_missing, fence }) => {
                assert_eq!(fence, 120);
                assert!(first_missing.0 <= 120);
            }
            Err(fault) => {
                assert!(matches!(fault, Fault::Store { .. } | Fault::Damaged(_)), "{fault}")
            }
        }
    }
}

#[test]
fn a_store_that_lost_everything_is_rolled_back() {
    let (_keep, path) = somewhere();
    closed_log(&path, 2);
    fs::remove_dir_all(path.join("sled")).unwrap();
    let fault = LogSled::open(&path).unwrap_err();
    assert_eq!(fault, Fault::RolledBack { first_missing: Position(1), fence: 6 });
}

#[test]
fn another_history_and_another_incarnation_are_not_taken_for_this_log() {
    let (keep, path) = somewhere();
    closed_log(&path, 2);
    let other = keep.path().join("other");
    let mut writer = Blocks::new();
    let mut log = LogSled::create(&other, LIFE).unwrap();
    for _ in 0..3 {
        log.append(&writer.large(&[10; 3])).unwrap();
    }
    log.close().unwrap();
    replace_sled(&path, &other);
    let fault = LogSled::open(&path).unwrap_err();
    assert!(fault.to_string().contains("Position 6: "), "{fault}");
    fs::remove_dir_all(&other).unwrap();
    LogSled::create(&other, Incarnation([9; 16])).unwrap().close().unwrap();
    replace_sled(&path, &other);
    let fault = LogSled::open(&path).unwrap_err();
    assert!(fault.to_string().contains("incarnation"), "{fault}");
}

#[test]
fn a_missing_or_doubly_damaged_fence_is_a_fault_and_a_half_damaged_one_is_not() {
    let (_keep, path) = somewhere();
    closed_log(&path, 2);
    let fence = path.join("fence");
    let sound = fs::read(&fence).unwrap();
    for damaged in [&sound[..0], &sound[..50], &[0; 8192]] {
        fs::write(&fence, damaged).unwrap();
        let fault = LogSled::open(&path).unwrap_err();
        assert!(fault.to_string().contains("fence"), "{fault}");
    }
    fs::remove_file(&fence).unwrap();
    assert!(LogSled::open(&path).unwrap_err().to_string().contains("fence"));
    for slot in [0, 4096] {
        let mut half = sound.clone();
        half[slot + 20] ^= 1;
        fs::write(&fence, half).unwrap();
        assert_eq!(LogSled::open(&path).unwrap().size(), 6);
        fs::write(&fence, &sound).unwrap();
    }
}

#[test]
fn a_rolled_back_log_begins_anew_as_another_incarnation() {
    let (keep, path) = somewhere();
    let mut writer = closed_log(&path, 2);
    let older = keep.path().join("older");
    copy_tree(&path, &older);
    let mut log = LogSled::open(&path).unwrap();
    log.append(&writer.clone().small(1)).unwrap();
    log.close().unwrap();
    replace_sled(&path, &older);
    LogSled::open(&path).unwrap_err();
    let next = Incarnation([2; 16]);
    let mut log = LogSled::begin_anew(&path, next).unwrap();
    assert_eq!((log.size(), log.incarnation()), (6, next));
    assert!(path.join("before-recovery/sled/db").exists());
    log.append(&writer.small(2)).unwrap();
    log.close().unwrap();
    let log = LogSled::open(&path).unwrap();
    assert_eq!((log.size(), log.incarnation()), (8, next));
}
