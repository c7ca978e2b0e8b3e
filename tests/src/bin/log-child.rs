//! A process with a log open, for tests that kill it, starve it, or let it look at damage.
//!
//! `log-child VERB FOLDER`. What comes of it is reported over standard output, line by line, each
//! line with a word before it:
//!
//! | verb | does | says |
//! | --- | --- | --- |
//! | append | appends blocks of mixed size without end | `answered SIZE` after each |
//! | fill | appends large blocks until it fails | the same, `fault WHY`, then as below |
//! | look | compares all of it with a log of every shape | `verdict WHAT` |
//! | open | opens it | `opened SIZE` or `fault WHY` |
//!
//! After its fault, `fill` asks the log for more, and says `append ANSWER` and `settle ANSWER`. The
//! verdict is `intact`, or begins with `fault`, `damage`, `different` or `strange`.

use engine::log::{Fault, Log};
use log_sled::LogSled;
use schema::id::Position;
use schema::latest::Block;
use std::error::Error;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use tests::blocks::Blocks;
use tests::sequence::{next_large, next_of_mixed_size, of_every_shape};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(verb), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("which verb, and which folder?".into());
    };
    let folder = Path::new(&folder);
    match verb.to_str() {
        Some("append") => append(folder),
        Some("fill") => fill(folder),
        Some("look") => say("verdict", verdict(folder)),
        Some("open") => open(folder),
        Some(_) | None => Err("an unknown verb".into()),
    }
}

/// The line is out when this returns: whoever reads it may kill this process for it.
fn say(word: &str, rest: impl std::fmt::Display) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{word} {rest}")?;
    Ok(out.flush()?)
}

fn append(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut log = LogSled::open(folder)?;
    let mut writer = Blocks::new();
    while writer.size() < log.size() {
        next_of_mixed_size(&mut writer);
    }
    loop {
        log.append(&next_of_mixed_size(&mut writer))?;
        say("answered", log.size())?;
    }
}

fn fill(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut log = LogSled::open(folder)?;
    let mut writer = Blocks::new();
    let fault = loop {
        match log.append(&next_large(&mut writer)) {
            Ok(()) => say("answered", log.size())?,
            Err(fault) => break fault,
        }
    };
    let expected = matches!(fault, Fault::Store { .. } | Fault::Full { .. });
    say(if expected { "fault" } else { "strange" }, fault)?;
    for (word, answer) in [("append", log.append(&writer.small(1))), ("settle", log.settle())] {
        say(word, answer.err().map_or("went well".to_owned(), |fault| fault.to_string()))?;
    }
    Ok(())
}

fn open(folder: &Path) -> Result<(), Box<dyn Error>> {
    match LogSled::open(folder) {
        Ok(log) => say("opened", log.size()),
        Err(fault) => say("fault", fault),
    }
}

/// Whether the log is what it was, or how it says that it is not.
fn verdict(folder: &Path) -> String {
    let mut shown = Vec::new();
    let opened = LogSled::open(folder).and_then(|log| {
        log.scan(&mut |first, bytes| {
            shown.push((first, bytes.to_vec()));
            ControlFlow::Continue(())
        })?;
        Ok(log)
    });
    let log = match opened {
        Ok(log) => log,
        Err(fault) => return format!("fault {fault}"),
    };
    for (first, bytes) in &shown {
        if let Err(damage) = Block::read(bytes, *first) {
            return format!("damage {damage}");
        }
    }
    let blocks = of_every_shape(&mut Blocks::new());
    let written: Vec<_> = blocks.iter().map(|block| (block.first, block.write())).collect();
    if shown != written {
        return format!("different {} blocks of {}", shown.len(), written.len());
    }
    let records = blocks.iter().map(|block| block.records.len()).sum::<usize>();
    let all: Vec<_> = (1..=log.size()).map(Position).collect();
    match log.read(&all) {
        Ok(read) if read.len() == records => "intact".to_owned(),
        Ok(read) => format!("different {} records of {records}", read.len()),
        Err(fault @ (Fault::Damaged(_) | Fault::Store { .. })) => format!("fault {fault}"),
        Err(fault) => format!("strange {fault}"),
    }
}
