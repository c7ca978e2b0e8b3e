//! A store that can grow no more answers with a fault and keeps what it answered.

use crate::child;
use crate::sled::{LIFE, somewhere};
use engine::log::{Fault, Log as _};
use log_sled::LogSled;
use schema::latest::Block;
use tests::blocks::Blocks;
use tests::contract;
use tests::sequence::next_large;

/// The largest file that the child may write, in blocks of 512 bytes: three segments.
const LIMIT: &str = "trap '' XFSZ; ulimit -f 24576; exec \"$@\"";

#[test]
fn a_store_that_can_grow_no_more_loses_nothing_that_was_answered() {
    let (_keep, path) = somewhere();
    LogSled::create(&path, LIFE).unwrap().close().unwrap();
    let starved = ["sh", "-c", LIMIT, "sh"];
    let output = child::command("fill", &path, &starved).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let last = |word| said.lines().filter_map(|line| child::said(line, word)).next_back();
    let answered: u64 = last("answered").expect("some appends fit").parse().unwrap();
    assert!(output.status.success(), "{said}");
    assert!(last("fault").is_some(), "{said}");
    let poisoned = Fault::Poisoned.to_string();
    assert_eq!((last("append"), last("settle")), (Some(&*poisoned), Some(&*poisoned)), "{said}");

    let mut log = LogSled::open(&path).unwrap();
    assert!(log.size() >= answered, "{} of {answered}", log.size());
    let mut writer = Blocks::new();
    for (first, bytes) in contract::shown(&log) {
        assert_eq!(Block::read(&bytes, first), Ok(next_large(&mut writer)));
    }
    log.append(&writer.small(1)).expect("there is room again");
}
