//! A bit that flips in the files of sled is never a log that is silently another one.

use crate::child;
use crate::sled::{LIFE, somewhere};
use engine::log::{Fault, Log};
use log_sled::LogSled;
use schema::id::Position;
use schema::latest::Block;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use tests::blocks::Blocks;
use tests::sequence::of_every_shape;

const FLIPS: usize = 60;

#[test]
fn a_bit_that_flips_in_a_closed_log_is_reported_or_changes_nothing() {
    let (_keep, path) = somewhere();
    told(&path).close().unwrap();
    let verdicts = flip_and_look(&path);
    assert!(verdicts.contains_key("intact"), "{verdicts:?}");
    assert!(verdicts.contains_key("fault"), "{verdicts:?}");
}

#[test]
fn a_bit_that_flips_in_a_log_that_was_killed_is_reported_and_kept_as_it_was() {
    let (_keep, path) = somewhere();
    let mut log = told(&path);
    log.settle().unwrap();
    // Its files as a kill would leave them: the log is still open.
    let killed = path.with_file_name("killed");
    copy_files(&path, &killed);
    drop(log);
    let verdicts = flip_and_look(&killed);
    assert!(verdicts.contains_key("fault"), "{verdicts:?}");
}

#[test]
fn damage_deep_in_a_long_log_is_named_by_its_position_and_leaves_the_rest() {
    let (_keep, path) = somewhere();
    let mut log = LogSled::create(&path, LIFE).unwrap();
    let mut writer = Blocks::new();
    let blocks: Vec<_> = (0..200).map(|_| writer.large(&[60_000, 100])).collect();
    for block in &blocks {
        log.append(block).unwrap();
    }
    log.close().unwrap();
    let database = path.join("sled/db");
    let sound = fs::read(&database).unwrap();
    let mut named = 0;
    for sixteenth in 0..12 {
        let copy = path.with_file_name("flipped");
        copy_files(&path, &copy);
        let mut flipped = sound.clone();
        flipped[sound.len() / 16 * sixteenth + 999] ^= 4;
        fs::write(copy.join("sled/db"), &flipped).unwrap();
        let log = LogSled::open(&copy).unwrap();
        assert_eq!(log.size(), 400);
        let mut shown = 0;
        let scanned = log.scan(&mut |first, bytes| {
            assert_eq!(Block::read(bytes, first).as_ref(), Ok(&blocks[shown]));
            shown += 1;
            ControlFlow::Continue(())
        });
        match scanned {
            Ok(()) => assert_eq!(shown, blocks.len()),
            Err(Fault::Damaged(damage)) => {
                assert_eq!(damage.position, blocks[shown].first);
                let read = log.read(&[damage.position]);
                assert!(matches!(read, Err(Fault::Damaged(_))), "{damage}");
                assert!(log.read(&[Position(400)]).is_ok(), "what is sound is still read");
                named += 1;
            }
            Err(fault) => panic!("{fault}"),
        }
        drop(log);
        fs::remove_dir_all(copy).unwrap();
    }
    assert!(named > 0, "some of these bits are in use");
}

/// A log of blocks of every shape.
fn told(path: &Path) -> LogSled {
    let mut log = LogSled::create(path, LIFE).unwrap();
    for block in of_every_shape(&mut Blocks::new()) {
        log.append(&block).unwrap();
    }
    log
}

/// Flips bits here and there, one at a time, each in a fresh copy, and counts what comes of it.
fn flip_and_look(path: &Path) -> BTreeMap<String, usize> {
    let mut verdicts = BTreeMap::new();
    for (name, byte, bit) in flips(&path.join("sled")) {
        let copy = path.with_file_name("flipped");
        copy_files(path, &copy);
        let file = copy.join("sled").join(&name);
        let mut flipped = fs::read(&file).unwrap();
        flipped[byte] ^= 1 << bit;
        fs::write(&file, &flipped).unwrap();
        let verdict = verdict(&copy);
        let place = format!("{name} byte {byte} bit {bit}: {verdict}");
        let word = verdict.split(' ').next().unwrap_or_default().to_owned();
        assert!(["fault", "damage", "intact"].contains(&word.as_str()), "{place}");
        *verdicts.entry(word).or_insert(0) += 1;
        if path.join("running").exists() {
            let kept = fs::read(copy.join("before-recovery/sled").join(&name)).unwrap();
            assert!(kept == flipped, "{place}: the copy is not what was there");
        }
        fs::remove_dir_all(copy).unwrap();
    }
    assert_eq!(verdicts.values().sum::<usize>(), FLIPS, "{verdicts:?}");
    verdicts
}

/// Places in the files, by name, spread over the bytes that say something: six in each small file,
/// the rest in the database.
fn flips(sled: &Path) -> Vec<(String, usize, u8)> {
    let files = fs::read_dir(sled).unwrap().map(|item| item.unwrap());
    let mut names: Vec<_> = files
        .filter(|item| item.file_type().unwrap().is_file())
        .map(|item| item.file_name().into_string().unwrap())
        .collect();
    // The database last.
    names.sort_by_key(|name| (name == "db", name.clone()));
    let mut places = Vec::new();
    for name in names {
        let bytes = fs::read(sled.join(&name)).unwrap();
        let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        let count = if name == "db" { FLIPS - places.len() } else { 6 };
        for n in 0..count {
            let at = used[n * used.len() / count + n % 3];
            places.push((name.clone(), at, u8::try_from(n * 5 % 8).unwrap()));
        }
    }
    places
}

fn copy_files(from: &Path, into: &Path) {
    fs::create_dir_all(into).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = into.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy_files(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

/// What becomes of the log, in a process of its own: sled's threads do not outlive a panic well.
fn verdict(copy: &Path) -> String {
    let mut command = child::command("look", copy, &["timeout", "-s", "KILL", "120"]);
    let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let verdict = said.lines().find_map(|line| child::said(line, "verdict")).map(str::to_owned);
    let error = String::from_utf8_lossy(&output.stderr);
    verdict.unwrap_or_else(|| format!("none {:?} {said} {error}", output.status))
}
