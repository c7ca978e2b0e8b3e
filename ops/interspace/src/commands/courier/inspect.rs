//! `courier inspect`: what can be told of parts without any key and without taking them in.

use super::words::{listed, moment, on_one_line, ranges, time};
use crate::failure::{Failure, code};
use crate::output::{Output, table};
use schema::id::{SetId, SpaceId};
use serde::Serialize;
use std::path::{Path, PathBuf};
use transport_file::{Direction, Found, Look, Ranges, Set, Summary};

/// The whole of it as JSON. None of it was verified but the checksums.
#[derive(Debug, Serialize)]
struct Inspection<'a> {
    parts: Vec<Part<'a>>,
    refused: Vec<Spoiled>,
    sets: Vec<Export<'a>>,
    directions: Vec<Carried<'a>>,
    unfinished: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Part<'a> {
    path: String,
    copies: Vec<String>,
    from: SpaceId,
    to: SpaceId,
    set: SetId,
    made: String,
    number: u32,
    last: bool,
    holds: &'static str,
    bytes: u64,
    envelopes: u64,
    entries: &'a Ranges,
}

#[derive(Debug, Serialize)]
struct Spoiled {
    path: String,
    code: &'static str,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Export<'a> {
    from: SpaceId,
    to: SpaceId,
    set: SetId,
    made: String,
    here: &'a Ranges,
    missing: &'a [(u64, u64)],
    last_missing: bool,
    complete: bool,
    contradicting: Vec<u32>,
}

#[derive(Debug, Serialize)]
struct Carried<'a> {
    #[serde(flatten)]
    direction: &'a Direction,
    gaps: Vec<(u64, u64)>,
    checkpoint_time: String,
}

/// Looks and changes nothing.
pub(super) fn run(paths: &[PathBuf], out: &mut Output) -> Result<(), Failure> {
    let look = transport_file::read(paths).map_err(|fault| super::failure(&fault))?;
    let directions = look.directions();
    out.value(&inspection(&look, &directions), || text(&look, &directions));
    for words in advice(&look) {
        out.say(&words);
    }
    verdict(&look, paths)
}

fn inspection<'a>(look: &'a Look, directions: &'a [Direction]) -> Inspection<'a> {
    let parts =
        look.found.iter().filter_map(|found| Some(part(found, found.result.as_ref().ok()?)));
    let refused = look.found.iter().filter_map(|found| {
        let why = found.result.as_ref().err()?;
        let (path, reason) = (shown(&found.path), why.to_string());
        Some(Spoiled { path, code: why.code(), reason })
    });
    let carried = directions.iter().map(|direction| Carried {
        direction,
        gaps: direction.gaps(),
        checkpoint_time: time(direction.checkpoint_time_ms),
    });
    Inspection {
        parts: parts.collect(),
        refused: refused.collect(),
        sets: look.sets.iter().map(export).collect(),
        directions: carried.collect(),
        unfinished: look.unfinished.iter().map(|path| shown(path)).collect(),
    }
}

fn part<'a>(found: &Found, summary: &'a Summary) -> Part<'a> {
    let head = &summary.head;
    Part {
        path: shown(&found.path),
        copies: found.copies.iter().map(|path| shown(path)).collect(),
        from: head.from,
        to: head.to,
        set: head.set,
        made: time(head.made_ms),
        number: head.number,
        last: head.last,
        holds: if summary.pieces { "packages" } else { "entries" },
        bytes: summary.bytes,
        envelopes: summary.direction.envelopes,
        entries: &summary.direction.entries,
    }
}

fn export(set: &Set) -> Export<'_> {
    Export {
        from: set.from,
        to: set.to,
        set: set.set,
        made: time(set.made_ms),
        here: &set.numbers,
        missing: &set.missing,
        last_missing: set.last_missing,
        complete: set.is_complete(),
        contradicting: set.contradicting.iter().copied().collect(),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The same for people.
fn text(look: &Look, directions: &[Direction]) -> String {
    let row = |set: &Set| {
        let state = if set.is_complete() { "complete" } else { "parts are missing" };
        let here = ranges(set.numbers.iter());
        let made = moment(set.made_ms);
        let ids = [set.set.short(), set.from.short(), set.to.short()];
        ids.into_iter().chain([made, here, state.to_owned()]).collect()
    };
    let head = ["export", "from", "to", "made", "parts here", "state"];
    let sets = look.sets.iter().map(row).collect();
    let mut text = table(&head, sets, "no part that can be used");
    for direction in directions {
        text.push_str("\n\n");
        text.push_str(&described(direction));
    }
    let refused = look.found.iter().filter_map(|found| {
        let why = found.result.as_ref().err()?;
        Some(vec![on_one_line(&found.path), why.to_string()])
    });
    let refused: Vec<_> = refused.collect();
    if !refused.is_empty() {
        text.push_str("\n\n");
        text.push_str(&table(&["refused", "because"], refused, ""));
    }
    text
}

fn described(direction: &Direction) -> String {
    let kinds = direction.kinds.iter().map(|(name, count)| format!("{name} {count}"));
    let kinds: Vec<String> = kinds.collect();
    let gaps = direction.gaps();
    let between = match &gaps[..] {
        [] => "nothing".to_owned(),
        gaps => ranges(gaps.iter().copied()),
    };
    let mut entries = ranges(direction.entries.iter());
    if entries.is_empty() {
        "none".clone_into(&mut entries);
    }
    format!(
        "from {} to {}\nlink          {}, incarnation {}\nentries       {entries}; the newest that \
         there is: {}\nbetween       {between} is missing\nenvelopes     {}\nbytes         {}, of \
         which {} for packages\ncheckpoint    {} records at {}\nkeys          signed with {}, \
         sealed to {}",
        direction.from.short(),
        direction.to.short(),
        direction.link.short(),
        direction.incarnation.short(),
        direction.newest,
        kinds.join(", "),
        direction.bytes,
        direction.piece_bytes,
        direction.checkpoint_size,
        moment(direction.checkpoint_time_ms),
        listed(&direction.origin_keys),
        listed(&direction.recipient_keys),
    )
}

/// What is not as it could be, and what to do about it.
fn advice(look: &Look) -> Vec<String> {
    let mut advice = Vec::new();
    for set in &look.sets {
        let export = format!("export {} from {}", set.set.short(), set.from.short());
        if !set.missing.is_empty() {
            advice.push(format!(
                "{export}: part {} is missing: look on the other media; what is here can be taken \
                 in all the same, and a later export brings what is still missing then",
                ranges(set.missing.iter().copied()),
            ));
        }
        if set.last_missing {
            advice.push(format!(
                "{export}: the last part is missing too, so there is at least one more than is \
                 known: look on the other media"
            ));
        }
        if !set.contradicting.is_empty() {
            advice.push(format!(
                "{export}: several parts claim to be number {}, or come after the last: somebody \
                 else made some of them; only what the sender signed will be taken in",
                listed(&set.contradicting),
            ));
        }
    }
    for path in &look.unfinished {
        let path = on_one_line(path);
        advice.push(format!(
            "{path} is left of an export that was cut short: remove it if none is under way"
        ));
    }
    advice
}

fn verdict(look: &Look, paths: &[PathBuf]) -> Result<(), Failure> {
    let refused = look.found.iter().filter(|found| found.result.is_err()).count();
    let contradicting: usize = look.sets.iter().map(|set| set.contradicting.len()).sum();
    if refused > 0 {
        let what = match refused {
            1 => "one file cannot be used, and nothing of it would be taken in".to_owned(),
            _ => format!("{refused} files cannot be used, and nothing of them would be taken in"),
        };
        let hint = "copy the stick again from where it was written, or ask for another export; \
                    the other parts can be taken in";
        return Err(Failure::new(code::NOT_VERIFIED, what, hint));
    }
    if contradicting > 0 {
        let what = "parts contradict each other";
        let hint = "ask the sender which of them it made, and for another export";
        return Err(Failure::new(code::NOT_VERIFIED, what, hint));
    }
    if look.found.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| on_one_line(path)).collect();
        let what = format!("there is no part of an export in {}", paths.join(", "));
        let hint = "name the folder in which the files are that end in .isp, or the files";
        return Err(Failure::new(code::NOT_FOUND, what, hint));
    }
    Ok(())
}
