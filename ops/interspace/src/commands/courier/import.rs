//! `courier import`: what somebody brought, given to the node part by part.

use super::words::{on_one_line, ranges};
use crate::client::Client;
use crate::failure::{Failure, code};
use crate::output::Output;
use api_http::shape::courier::{Here, Taken};
use serde::Serialize;
use std::path::PathBuf;

/// What became of it.
#[derive(Debug, Default, Serialize)]
struct Imported {
    parts: Vec<Part>,
    /// Parts that are for other spaces, and were left alone.
    others: usize,
    /// Parts that were not taken, and why.
    refused: Vec<Spoiled>,
    /// Entries that were not here before.
    new: u64,
    /// What is still missing of each peer, first and last.
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize)]
struct Part {
    path: String,
    #[serde(flatten)]
    taken: Taken,
}

#[derive(Debug, Serialize)]
struct Spoiled {
    path: String,
    code: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Missing {
    from: String,
    entries: Vec<(u64, u64)>,
    packages: usize,
    /// Whether its entries wait for what it gives back.
    waiting: bool,
}

pub(super) fn run(paths: &[PathBuf], client: &Client, out: &mut Output) -> Result<(), Failure> {
    let here: Here = client.get(&client.path("courier")?)?;
    let look = transport_file::read(paths).map_err(|fault| super::failure(&fault))?;
    if look.found.is_empty() {
        let what = "there is no part of an export there";
        return Err(Failure::new(code::NOT_FOUND, what, "is it the right folder? is it mounted?"));
    }
    let mut imported = Imported::default();
    for found in &look.found {
        let path = on_one_line(&found.path);
        // A stick goes to several places, and back to where it came from.
        if found.result.as_ref().is_ok_and(|summary| summary.head.to != here.space) {
            imported.others += 1;
            continue;
        }
        match found.open() {
            Err(why) => {
                let (code, reason) = (why.code().to_owned(), why.to_string());
                imported.refused.push(Spoiled { path, code, reason });
            }
            Ok(part) => {
                let bytes = part.write();
                match client.upload::<Taken>(&client.path("courier")?, bytes.as_slice()) {
                    Ok(taken) => imported.parts.push(Part { path, taken }),
                    Err(failure) if failure.code == code::NOT_VERIFIED => {
                        let code = "not-for-here".to_owned();
                        imported.refused.push(Spoiled { path, code, reason: failure.what });
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
    }
    conclude(&mut imported);
    out.value(&imported, || text(&imported));
    verdict(&imported)
}

/// The last part of each peer says what is missing after all of them.
fn conclude(imported: &mut Imported) {
    imported.new = imported.parts.iter().map(|part| part.taken.new).sum();
    for part in imported.parts.iter().rev() {
        let taken = &part.taken;
        let known = imported.missing.iter().any(|missing| missing.from == taken.from);
        if !known {
            imported.missing.push(Missing {
                from: taken.from.clone(),
                entries: taken.missing.clone(),
                packages: taken.packages_missing,
                waiting: taken.waiting,
            });
        }
    }
}

fn text(imported: &Imported) -> String {
    let mut lines = Vec::new();
    for part in &imported.parts {
        let taken = &part.taken;
        let mut line = format!("{}: {} envelopes from {}", part.path, taken.envelopes, taken.from);
        for (reason, count) in &taken.refused {
            line.push_str(&format!(", {count} refused: {reason}"));
        }
        lines.push(line);
    }
    if imported.others > 0 {
        lines.push(format!("{} parts are for other spaces", imported.others));
    }
    for spoiled in &imported.refused {
        lines.push(format!("{}: not taken: {}", spoiled.path, spoiled.reason));
    }
    lines.push(match imported.new {
        0 => "nothing new".to_owned(),
        1 => "1 new entry".to_owned(),
        new => format!("{new} new entries"),
    });
    for missing in &imported.missing {
        if missing.waiting {
            lines.push(format!(
                "this space lost the end of its log: entries of {0} wait for what it gives back; \
                 export to {0}, and import what it exports then",
                missing.from
            ));
        }
        if !missing.entries.is_empty() {
            let numbers = ranges(missing.entries.iter().copied());
            lines.push(format!("missing from {}: entries {numbers}", missing.from));
        }
        if missing.packages > 0 {
            let packages = missing.packages;
            lines.push(format!(
                "missing from {}: {packages} packages; export back, so that it learns of it",
                missing.from
            ));
        }
    }
    lines.join("\n")
}

fn verdict(imported: &Imported) -> Result<(), Failure> {
    if imported.refused.is_empty() {
        return Ok(());
    }
    let what = match imported.refused.len() {
        1 => "one part was not taken".to_owned(),
        count => format!("{count} parts were not taken"),
    };
    let hint = "copy them again from where they were made, and import once more: what was taken \
                stays, and nothing is taken twice";
    Err(Failure::new(code::NOT_VERIFIED, what, hint))
}
