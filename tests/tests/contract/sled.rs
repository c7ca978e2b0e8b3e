//! The log in sled: the contract, one owner, and nothing where sled does not sync.

use crate::child;
use engine::log::{Fault, Log};
use log_sled::LogSled;
use schema::id::{Incarnation, Position};
use schema::limits::ENTRY_BYTES_MAX;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use tests::blocks::{Blocks, ENTRY_FRAME_BYTES};
use tests::contract::{self, Place};

pub(crate) const LIFE: Incarnation = Incarnation([1; 16]);

/// A folder that goes with the test, and the path in it at which a log can be made.
pub(crate) fn somewhere() -> (TempDir, std::path::PathBuf) {
    let keep = tempfile::tempdir().expect("a folder for a test");
    let path = keep.path().join("log");
    (keep, path)
}

/// A log of `blocks` blocks of three records, closed.
pub(crate) fn closed_log(path: &Path, blocks: usize) -> Blocks {
    let mut writer = Blocks::new();
    let mut log = LogSled::create(path, LIFE).expect("a new log");
    for _ in 0..blocks {
        log.append(&writer.small(3)).expect("appended");
    }
    log.close().expect("closed");
    writer
}

fn place() -> Place {
    let (keep, path) = somewhere();
    LogSled::create(&path, LIFE).unwrap().close().unwrap();
    Box::new(move || {
        let _alive = &keep;
        LogSled::open(&path).map(|log| Box::new(log) as Box<dyn Log>)
    })
}

#[test]
fn the_log_in_sled_keeps_the_contract() {
    contract::run(place);
}

#[test]
fn ten_thousand_blocks_and_large_ones_among_them_leave_blobs_empty() {
    let (_keep, path) = somewhere();
    let mut writer = Blocks::new();
    let mut log = LogSled::create(&path, LIFE).unwrap();
    for n in 1..=10_000_u32 {
        let block = match n {
            _ if n % 1000 == 0 => writer.large(&[ENTRY_BYTES_MAX - ENTRY_FRAME_BYTES]),
            _ if n % 100 == 0 => writer.large(&[400; 256]),
            // Runs of full rows fill whole leaves with the largest ones that there are.
            4000..4100 => writer.large(&[60_000, 60_000]),
            _ => writer.small(1 + n as usize % 3),
        };
        log.append(&block).unwrap();
    }
    let blobs = || fs::read_dir(path.join("sled/blobs")).unwrap().count();
    assert_eq!(blobs(), 0);
    log.close().unwrap();
    let log = LogSled::open(&path).unwrap();
    assert_eq!((blobs(), log.size()), (0, writer.size()));
    assert_eq!(contract::shown(&log).len(), 10_000);
}

#[test]
fn a_log_with_a_page_in_blobs_is_not_opened() {
    let (_keep, path) = somewhere();
    closed_log(&path, 1);
    let page = path.join("sled/blobs/17");
    fs::write(&page, b"a page").unwrap();
    let fault = LogSled::open(&path).unwrap_err();
    assert!(fault.to_string().contains("blobs"), "{fault}");
    assert!(page.exists());
    fs::remove_file(page).unwrap();
    LogSled::open(&path).unwrap();
}

#[test]
fn a_second_open_is_refused_here_and_in_another_process() {
    let (_keep, path) = somewhere();
    let mut log = LogSled::create(&path, LIFE).unwrap();
    assert!(matches!(LogSled::open(&path), Err(Fault::Locked { .. })));
    let into = path.with_file_name("copy");
    assert!(matches!(log_sled::audit_copy(&path, &into), Err(Fault::Locked { .. })));
    let other = child::command("open", &path, &[]).output().unwrap();
    let said = String::from_utf8(other.stdout).unwrap();
    let fault = child::said(&said, "fault").expect("a refusal");
    assert!(fault.contains("is in use by another process"), "{said}");
    log.append(&Blocks::new().small(1)).unwrap();
}

#[test]
fn a_log_is_made_once_and_only_where_nothing_is() {
    let (keep, path) = somewhere();
    let writer = closed_log(&path, 2);
    assert!(matches!(LogSled::create(&path, LIFE), Err(Fault::Format { .. })));
    let log = LogSled::open(&path).unwrap();
    assert_eq!((log.size(), log.incarnation()), (writer.size(), LIFE));
    let left: Vec<_> = fs::read_dir(keep.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "a refused creation leaves nothing behind: {left:?}");
}

#[test]
fn a_folder_without_a_log_or_with_a_newer_one_is_refused_and_untouched() {
    let (keep, path) = somewhere();
    closed_log(&path, 1);
    assert!(matches!(LogSled::open(&keep.path().join("no")), Err(Fault::Format { .. })));
    assert!(matches!(LogSled::open(keep.path()), Err(Fault::Format { .. })));
    fs::write(path.join("FORMAT"), "interspace log-sled 2\n").unwrap();
    let fault = LogSled::open(&path).unwrap_err();
    assert!(fault.to_string().contains("log-sled 2"), "{fault}");
}

#[test]
fn closing_says_how_it_went_and_leaves_the_fence_at_the_end() {
    let (_keep, path) = somewhere();
    let mut writer = Blocks::new();
    let mut log = LogSled::create(&path, LIFE).unwrap();
    assert_eq!(log.fence().unwrap().size, 0);
    let block = writer.small(5);
    log.append(&block).unwrap();
    log.close().unwrap();
    let mut log = LogSled::open(&path).unwrap();
    let mark = log.fence().unwrap();
    assert_eq!((mark.size, mark.root), (5, block.checkpoint.root));
    log.append(&writer.small(1)).unwrap();
    log.settle().unwrap();
    assert_eq!(log.fence().unwrap().size, 6);
    assert!(log.append(&block).is_err());
    assert_eq!(log.close(), Err(Fault::Poisoned));
    assert_eq!(LogSled::open(&path).unwrap().read(&[Position(6)]).unwrap().len(), 1);
}
