//! The audit of a stopped node: it names the first record that is not what was written, and changes
//! nothing.

use crate::command::{Said, interspace, run};
use crate::folder::{bytes, copy, differences};
use crate::node::Node;
use engine::log::Log as _;
use log_sled::{LogSled, audit_copy};
use schema::id::Position;
use schema::latest::Block;
use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Bytes of a segment and of a row, as log-sled has them.
const SEGMENT_BYTES: usize = 2 * 1024 * 1024;
const ROW_BYTES_MAX: usize = 30 * 1024;

/// The first bytes of the keys of rows; the Position of their block and their number follow.
const ROWS: u8 = 2;

/// The space whose log is tampered with.
pub(crate) const SPACE: &str = "devtest-space-";

/// A node that told the story and was stopped.
pub(crate) struct Kept {
    place: TempDir,
}

impl Kept {
    pub(crate) fn tell() -> Self {
        let place = TempDir::new().unwrap();
        let kept = Self { place };
        let mut demo = interspace(&["demo", "--once", "-o", "json", "--keep"]);
        run(demo.arg(kept.folder())).good();
        kept
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.place.path().join("kept")
    }

    /// The folder of the space that is tampered with.
    pub(crate) fn space(&self) -> PathBuf {
        let mut spaces = fs::read_dir(self.folder().join("spaces")).unwrap().map(Result::unwrap);
        let fits = |name: &str| name.starts_with(SPACE);
        spaces.find(|item| fits(&item.file_name().to_string_lossy())).expect("the space").path()
    }

    /// A node's folder with only that space's log in it, as much as an audit needs.
    pub(crate) fn log_only(&self) -> Copied {
        let place = TempDir::new().unwrap();
        let log = place.path().join("spaces").join(self.space().file_name().unwrap()).join("log");
        copy(&self.space().join("log"), &log);
        Copied { place, log }
    }
}

/// A copy that may be tampered with.
pub(crate) struct Copied {
    pub(crate) place: TempDir,
    pub(crate) log: PathBuf,
}

impl Copied {
    pub(crate) fn audit(&self) -> Said {
        audit(self.place.path())
    }

    /// The database, opened as log-sled opens it.
    pub(crate) fn database(&self) -> sled::Db {
        let config = sled::Config::new().path(self.log.join("sled")).segment_size(SEGMENT_BYTES);
        config.flush_every_ms(None).open().unwrap()
    }
}

pub(crate) fn audit(folder: &Path) -> Said {
    run(interspace(&["-o", "json", "audit", "verify", "--dir"]).arg(folder))
}

/// What an audit found of the one log that it looked at.
pub(crate) fn verdict(said: &Said) -> Value {
    said.json().as_array().expect("one for each log")[0].clone()
}

/// The blocks of a log, each where it begins, as an audit of a copy of it reads them; none when
/// not even a copy opens.
pub(crate) fn blocks(log: &Path) -> Option<Vec<(Position, Vec<u8>)>> {
    let place = TempDir::new().unwrap();
    let into = place.path().join("copy");
    audit_copy(log, &into).unwrap();
    let log = LogSled::open_for_audit(&into).ok()?;
    let mut shown = Vec::new();
    let _ = log.scan(&mut |first, bytes| {
        shown.push((first, bytes.to_vec()));
        ControlFlow::Continue(())
    });
    Some(shown)
}

#[test]
fn an_audit_of_an_intact_node_says_so_and_changes_nothing() {
    let kept = Kept::tell();
    let before = bytes(&kept.folder());
    let said = audit(&kept.folder()).good();
    let all = said.json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|log| log["verified"] == true && log["damaged_at"].is_null()));
    let changed = differences(&before, &bytes(&kept.folder()));
    assert!(changed.is_empty(), "{changed:?}");
    let node = Node::start(&kept.folder());
    let running = node.run(&["-o", "json", "audit", "verify"]).good().json();
    let root = |all: &[Value], space: &str| {
        all.iter().find(|log| log["space"] == space).expect("the space")["root"].clone()
    };
    // A node that runs says the same of its log as an audit of the stopped one.
    assert_eq!(root(running.as_array().unwrap(), "Prod EU"), root(all, "Prod EU"));
    node.stop();
}

#[test]
fn a_changed_byte_in_an_entry_is_named_by_its_position() {
    let kept = Kept::tell();
    let original = blocks(&kept.space().join("log")).expect("it opens");
    let last = original.len() - 1;
    for (nth, which) in [(0, 0), (1, 0), (last / 2, 1), (last, 0), (last, 7)] {
        let (first, stored) = &original[nth];
        let records = records(stored);
        let index = which.min(records.len() - 1);
        let (begins, ends) = records[index];
        let copied = kept.log_only();
        change(&copied.database(), *first, begins + (ends - begins) * 2 / 3);
        let before = bytes(copied.place.path());
        let said = copied.audit();
        let position = first.0 + index as u64;
        let named = format!("damaged at Position {position}: ");
        let said = said.fails(7, &[&named, "restore"]);
        assert_eq!(verdict(&said)["damaged_at"], position);
        let after = bytes(copied.place.path());
        let lock = [copied.place.path().join("node.lock"), copied.place.path().join("tokens")];
        let changed = differences(&before, &after);
        assert!(changed.iter().all(|path| lock.contains(path)), "{changed:?}");
    }
    audit(&kept.folder()).good();
}

#[test]
fn a_missing_record_is_named_by_its_position() {
    let kept = Kept::tell();
    let original = blocks(&kept.space().join("log")).expect("it opens");
    for nth in [0, 1, original.len() / 2, original.len() - 1] {
        let (first, _) = original[nth];
        let copied = kept.log_only();
        remove(&copied.database(), first);
        let said = copied.audit().fails(7, &[]);
        assert_eq!(verdict(&said)["damaged_at"], first.0, "{said:?}");
    }
    // The end is missing: only the fence knows.
    let copied = kept.log_only();
    let cut = original[original.len() - 4].0;
    let database = copied.database();
    original[original.len() - 4..].iter().for_each(|(first, _)| remove(&database, *first));
    drop(database);
    let size = Block::read(&original[original.len() - 1].1, original[original.len() - 1].0);
    let size = size.unwrap().checkpoint.size;
    let fence = format!("damaged at Position {cut}: the record is missing; the fence says that");
    copied.audit().fails(7, &[&fence, &size.to_string()]);
}

#[test]
fn a_node_does_not_start_on_a_damaged_log_and_leaves_its_files() {
    let kept = Kept::tell();
    let log = kept.space().join("log");
    let database = log.join("sled/db");
    let sound = fs::read(&database).unwrap();
    let mut damaged = sound.clone();
    let used = damaged.iter().rposition(|byte| *byte != 0).unwrap();
    damaged[used * 3 / 4] ^= 8;
    fs::write(&database, &damaged).unwrap();
    let before = bytes(&log);
    for _ in 0..2 {
        audit(&kept.folder()).fails(7, &["damaged at Position", "restore"]);
        let Err(said) = Node::try_start(&kept.folder()) else { panic!("it started all the same") };
        said.fails(7, &["audit verify"]);
        // There is a copy now; sled would have overwritten what comes after the damage.
        let mut after = bytes(&log);
        after.retain(|path, _| before.contains_key(path));
        let changed = differences(&before, &after);
        assert!(changed.is_empty(), "{changed:?}");
    }
    fs::write(&database, sound).unwrap();
    let node = Node::start(&kept.folder());
    node.run(&["audit", "verify"]).good();
    node.stop();
    audit(&kept.folder()).good();
}

/// Where the bytes of each record begin and end in a stored block.
fn records(block: &[u8]) -> Vec<(usize, usize)> {
    /// Format, first Position, count; and the leaf behind each record.
    const HEAD_BYTES: usize = 1 + 8 + 4;
    const LEAF_BYTES: usize = 32;
    let number = |at: usize| u32::from_be_bytes(block[at..at + 4].try_into().unwrap()) as usize;
    let mut at = HEAD_BYTES;
    let count = number(HEAD_BYTES - 4);
    let next = |_| {
        let begins = at + 4;
        let ends = begins + number(at);
        at = ends + LEAF_BYTES;
        (begins, ends)
    };
    (0..count).map(next).collect()
}

fn key(block: Position, part: usize) -> Vec<u8> {
    let part = u16::try_from(part).unwrap().to_be_bytes();
    [&[ROWS], &block.0.to_be_bytes()[..], &part].concat()
}

/// Changes one byte of a stored block, in the row that holds it.
fn change(database: &sled::Db, block: Position, at: usize) {
    let key = key(block, at / ROW_BYTES_MAX);
    let mut row = database.get(&key).unwrap().expect("the row").to_vec();
    row[at % ROW_BYTES_MAX] ^= 1;
    database.insert(key, row).unwrap();
    database.flush().unwrap();
}

/// Puts other bytes into the place of a stored block.
pub(crate) fn replace(database: &sled::Db, block: Position, bytes: &[u8]) {
    remove(database, block);
    for (part, row) in bytes.chunks(ROW_BYTES_MAX).enumerate() {
        database.insert(key(block, part), row).unwrap();
    }
    database.flush().unwrap();
}

/// Removes a block.
fn remove(database: &sled::Db, block: Position) {
    let mut part = 0;
    while database.remove(key(block, part)).unwrap().is_some() {
        part += 1;
    }
    assert!(part > 0, "it was there");
    database.flush().unwrap();
}
