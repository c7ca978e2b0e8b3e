//! T14: files that are huge, or claim to hold more than they do, are refused without the memory.

use crate::scene::{entries, export, forged, look, refused, stick, three_parts};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use schema::limits::PART_BYTES_MAX;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

/// Set in the child that runs under the limit.
const LIMITED: &str = "INTERSPACE_TEST_LIMITED";

/// Memory that a look may take beyond what the process has before, in bytes: a part as its file and
/// as its envelopes, what their headers say, and what the allocator does not give back.
const ROOM: u64 = 4 * PART_BYTES_MAX as u64;

/// Where the head says how many envelopes there are, and how long they are.
const COUNT_AT: usize = 99;
const LENGTH_AT: usize = 103;

fn virtual_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmSize:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn limit() {
    let most = virtual_bytes() + ROOM;
    let before = getrlimit(Resource::As);
    let limit = Rlimit { current: Some(most), maximum: before.maximum };
    setrlimit(Resource::As, limit).unwrap();
    let mut bomb: Vec<u8> = Vec::new();
    bomb.try_reserve_exact(1 << 30).expect_err("the limit bites");
}

/// What lies on the stick, and how it is refused.
fn plant(folder: PathBuf) -> Vec<(String, &'static str)> {
    let part = fs::read(&export(&folder, 1, &[entries(1, 1, 30)]).parts[0].path).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    let put = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
    let claims = |at: usize, value: u32| {
        forged(&part, |bytes| bytes[at..at + 4].copy_from_slice(&value.to_be_bytes()))
    };
    put("count.isp", claims(COUNT_AT, u32::MAX));
    put("length.isp", claims(LENGTH_AT, u32::MAX));
    put("envelope.isp", forged(&part, |bytes| bytes[107..111].copy_from_slice(&[0xff; 4])));
    // A count that fits into the length that is claimed, but not into the file.
    let both = forged(&claims(COUNT_AT, u32::MAX / 400), |bytes| {
        bytes[LENGTH_AT..LENGTH_AT + 4].copy_from_slice(&[0xff; 4]);
    });
    put("both.isp", both);
    // Nothing but holes: it takes no room on the disk.
    File::create(folder.join("huge.isp")).unwrap().set_len(1 << 40).unwrap();
    let told = [
        ("both.isp", "cut"),
        ("count.isp", "bad-head"),
        ("envelope.isp", "bad-envelopes"),
        ("huge.isp", "too-large"),
        ("length.isp", "cut"),
    ];
    told.map(|(name, code)| (name.to_owned(), code)).to_vec()
}

#[test]
fn t14_a_file_that_claims_more_than_it_is_takes_no_memory() {
    if std::env::var_os(LIMITED).is_some() {
        let stick = stick();
        let expected = plant(stick.path().to_owned());
        limit();
        assert_eq!(refused(&look(&stick)), expected);
        return;
    }
    run_limited("bombs::t14_a_file_that_claims_more_than_it_is_takes_no_memory");
}

#[test]
fn t14_of_many_parts_only_one_is_in_memory_at_a_time() {
    if std::env::var_os(LIMITED).is_some() {
        let stick = stick();
        let mut envelopes = three_parts();
        envelopes.extend((10..410).map(|first| entries(first, 1, 250_000)));
        let written = export(stick.path(), 1, &envelopes);
        drop(envelopes);
        assert!(written.parts.len() >= 8, "{}", written.parts.len());
        limit();
        let look = look(&stick);
        assert!(look.sets[0].is_complete() && look.directions().len() == 1);
        let opened = look.found.iter().map(|found| found.open().unwrap().envelopes.len());
        assert_eq!(opened.sum::<usize>(), 406);
        return;
    }
    run_limited("bombs::t14_of_many_parts_only_one_is_in_memory_at_a_time");
}

/// Runs a test in a child whose memory is bounded: an allocation beyond it would end the child.
fn run_limited(name: &str) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1"])
        .env(LIMITED, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    let complained = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{told}\n{complained}");
    assert!(told.contains("1 passed"), "the child ran nothing: {told}");
}
