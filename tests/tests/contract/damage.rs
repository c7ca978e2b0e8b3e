//! A bit that flips in the files of sled is never a log that is silently another one.

use crate::child;
use crate::sled::{LIFE, somewhere};
use engine::log::{Fault, Log};
use log_sled::LogSled;
use schema::id::Position;
use schema::latest::Block;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tests::blocks::Blocks;
use tests::contract;

const FLIPS: usize = 60;

#[test]
fn a_flipped_bit_is_reported_or_changes_nothing() {
    let (_keep, path) = somewhere();
    let mut log = LogSled::create(&path, LIFE).unwrap();
    let mut writer = Blocks::new();
    for block in story(&mut writer) {
        log.append(&block).unwrap();
    }
    log.close().unwrap();
    let mut verdicts = BTreeMap::new();
    for (file, byte, bit) in flips(&path.join("sled")) {
        let sound = fs::read(&file).unwrap();
        let mut flipped = sound.clone();
        flipped[byte] ^= 1 << bit;
        let copy = path.with_file_name("flipped");
        log_sled_copy(&path, &copy, &file, &flipped);
        let verdict = verdict(&copy);
        let place = format!("{} byte {byte} bit {bit}: {verdict}", file.display());
        let word = verdict.split(' ').next().unwrap_or_default().to_owned();
        assert!(["fault", "damage", "intact"].contains(&word.as_str()), "{place}");
        println!("{place}");
        *verdicts.entry(word).or_insert(0) += 1;
        fs::remove_dir_all(copy).unwrap();
    }
    println!("{verdicts:?}");
    assert_eq!(verdicts.values().sum::<usize>(), FLIPS);
    assert!(verdicts.contains_key("fault"), "{verdicts:?}");
}

/// Blocks of all shapes.
fn story(writer: &mut Blocks) -> Vec<Block> {
    (0..60)
        .map(|n| match n % 6 {
            1 => writer.large(&[300, 70_000]),
            3 => writer.small(40),
            _ => writer.small(1 + n % 3),
        })
        .collect()
}

/// Places in the files, spread over the bytes that say something.
fn flips(sled: &Path) -> Vec<(PathBuf, usize, u8)> {
    let mut files: Vec<_> = fs::read_dir(sled)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut places = Vec::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        let small = file.file_name().is_some_and(|name| name != "db");
        let count = if small { FLIPS / 10 } else { FLIPS };
        let mut own = Vec::new();
        for n in 0..count {
            // A stride with no common factor, so that starts, middles and ends are all met.
            let at = used[(n * used.len() / count + n * 37) % used.len()];
            own.push((file.clone(), at, u8::try_from(n * 5 % 8).unwrap()));
        }
        places.splice(0..0, own);
    }
    // The small files stand first or last by name; keep all of theirs.
    places.sort_by_key(|(file, _, _)| file.ends_with("db"));
    places.truncate(FLIPS);
    places
}

fn log_sled_copy(path: &Path, copy: &Path, file: &Path, flipped: &[u8]) {
    fs::create_dir_all(copy.join("sled/blobs")).unwrap();
    for name in ["FORMAT", "fence"] {
        fs::copy(path.join(name), copy.join(name)).unwrap();
    }
    for item in fs::read_dir(path.join("sled")).unwrap() {
        let from = item.unwrap().path();
        if from.is_file() {
            fs::copy(&from, copy.join("sled").join(from.file_name().unwrap())).unwrap();
        }
    }
    fs::write(copy.join("sled").join(file.file_name().unwrap()), flipped).unwrap();
}

/// What becomes of the log, in a process of its own: sled's threads do not outlive a panic well.
fn verdict(copy: &Path) -> String {
    let mut command = child::command("damage::child_that_looks", copy, &["timeout", "-s", "KILL", "120"]);
    let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let verdict = said.lines().find_map(|line| child::said(line, "verdict")).map(str::to_owned);
    let error = String::from_utf8_lossy(&output.stderr);
    verdict.unwrap_or_else(|| format!("none {:?} {said} {error}", output.status))
}

#[test]
#[ignore = "a child of another test"]
fn child_that_looks() {
    let Some(folder) = child::folder() else { return };
    println!("verdict {}", look(&folder));
}

fn look(folder: &Path) -> String {
    let log = match LogSled::open(folder) {
        Ok(log) => log,
        Err(fault) => return format!("fault {fault}"),
    };
    let mut writer = Blocks::new();
    let story = story(&mut writer);
    let mut shown = Vec::new();
    let scanned = log.scan(&mut |first, bytes| {
        shown.push((first, bytes.to_vec()));
        std::ops::ControlFlow::Continue(())
    });
    if let Err(fault) = scanned {
        return format!("fault {fault}");
    }
    for (first, bytes) in &shown {
        if let Err(damage) = Block::read(bytes, *first) {
            return format!("damage {damage}");
        }
    }
    let written: Vec<_> = story.iter().map(|block| (block.first, block.write())).collect();
    if shown != written {
        return format!("different {} blocks of {}", shown.len(), written.len());
    }
    let all: Vec<_> = (1..=log.size()).map(Position).collect();
    match log.read(&all) {
        Ok(records) if records.len() as u64 == writer.size() => "intact".to_owned(),
        Ok(records) => format!("different {} records", records.len()),
        Err(fault @ (Fault::Damaged(_) | Fault::Store { .. })) => format!("fault {fault}"),
        Err(fault) => format!("strange {fault}"),
    }
}
