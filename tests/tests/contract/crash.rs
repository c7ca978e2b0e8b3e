//! What was answered survives a kill, and what is recovered was copied before.

use crate::child;
use crate::sled::{LIFE, somewhere};
use engine::log::Log;
use log_sled::LogSled;
use schema::latest::Block;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use tests::blocks::Blocks;
use tests::contract;
use tests::sequence::next_of_mixed_size;

const KILLS: u64 = 20;

#[test]
fn a_kill_in_the_midst_of_appends_loses_nothing_that_was_answered() {
    let (_keep, path) = somewhere();
    LogSled::create(&path, LIFE).unwrap().close().unwrap();
    let mut blocks_before = 0;
    for kill in 0..KILLS {
        let answered = append_until_killed(&path, 1 + kill * 7 % 23);
        let log = LogSled::open(&path).expect("it opens after a kill");
        assert!(log.size() >= answered, "{} of {answered} answered records", log.size());
        let kept = contract::shown(&log);
        assert!(kept.len() > blocks_before);
        blocks_before = kept.len();
        let mut writer = Blocks::new();
        for (first, bytes) in &kept {
            assert_eq!(Block::read(bytes, *first), Ok(next_of_mixed_size(&mut writer)));
        }
        assert_eq!(writer.size(), log.size());
        log.close().unwrap();
    }
    assert_eq!(fs::read_dir(path.join("sled/blobs")).unwrap().count(), 0);
}

/// Starts a child that appends, kills it after `answers`, and says how long the log then was by
/// the last answer that it gave.
fn append_until_killed(path: &Path, answers: u64) -> u64 {
    let mut child = child::command("append", path, &[]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = 0;
    let mut count = 0;
    while let Some(Ok(line)) = lines.next() {
        let Some(size) = child::said(&line, "answered") else {
            continue;
        };
        last = size.parse().unwrap();
        count += 1;
        if count == answers {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(count >= answers, "the child stopped by itself");
    last
}

#[test]
fn after_an_unclean_stop_the_files_are_copied_before_they_are_opened() {
    let (_keep, path) = somewhere();
    let copy = path.join("before-recovery");
    LogSled::create(&path, LIFE).unwrap().close().unwrap();
    LogSled::open(&path).unwrap().close().unwrap();
    assert!(!copy.exists(), "a clean stop needs no copy");
    let answered = append_until_killed(&path, 3);
    let left = fs::read(path.join("sled/db")).unwrap();
    let log = LogSled::open(&path).unwrap();
    assert_eq!(fs::read(copy.join("sled/db")).unwrap(), left);
    assert!(log.size() >= answered);
    drop(log);
    let kept = copy.join("kept");
    fs::write(&kept, "").unwrap();
    LogSled::open(&path).unwrap().close().unwrap();
    assert!(kept.exists(), "a clean stop leaves the copy");
    append_until_killed(&path, 3);
    LogSled::open(&path).unwrap();
    assert!(!kept.exists(), "an unclean one replaces it");
}

#[test]
fn a_start_that_fails_does_not_replace_the_copy_of_what_was_there_before() {
    let (_keep, path) = somewhere();
    LogSled::create(&path, LIFE).unwrap().close().unwrap();
    append_until_killed(&path, 3);
    let fence = fs::read(path.join("fence")).unwrap();
    fs::write(path.join("fence"), "").unwrap();
    LogSled::open(&path).unwrap_err();
    let kept = path.join("before-recovery/kept");
    fs::write(&kept, "").unwrap();
    LogSled::open(&path).unwrap_err();
    assert!(kept.exists());
    fs::write(path.join("fence"), fence).unwrap();
    LogSled::open(&path).unwrap().close().unwrap();
    assert!(kept.exists());
}
