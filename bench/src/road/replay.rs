//! From a log's bytes to what is true: cold replay, verification, and the fold alone.

use super::Plan;
use crate::Failure;
use crate::history;
use crate::pair::{Sample, alone, interleaved};
use crate::report::Figure;
use crate::spread::Spread;
use engine::engine::Engine;
use engine::log::Log;
use engine::log::verify::{Intact, Verifier};
use log_memory::LogMemory;
use log_sled::LogSled;
use schema::hash::sha256;
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::TempDir;

const LOG: &str = "every block holds the evidence and the entries of an envelope of 128 from a \
                   peer, of 400 bytes each, and 128 packages pushed here, of about 170 bytes";
const PEER: &str = "reading a plain file of the same blocks at once and one SHA-256 over it";

/// A log in sled and a plain file of the same blocks.
struct Stored {
    events: u64,
    bytes: u64,
    log: PathBuf,
    plain: PathBuf,
    folder: TempDir,
}

impl Stored {
    fn write(plan: &Plan) -> Result<Self, Failure> {
        let folder = plan.own_folder()?;
        let (log, plain) = (folder.path().join("log"), folder.path().join("plain"));
        let written =
            history::write(plan.replay_events, |incarnation| LogSled::create(&log, incarnation))?;
        let mut all = Vec::new();
        written.scan(&mut |_, bytes| {
            all.extend_from_slice(bytes);
            ControlFlow::Continue(())
        })?;
        let mut file = File::create_new(&plain)?;
        file.write_all(&all)?;
        file.sync_all()?;
        let (events, bytes) = (written.size(), all.len() as u64);
        written.close()?;
        Ok(Self { events, bytes, log, plain, folder })
    }

    fn sizes(&self) -> [(&'static str, u64); 2] {
        [("log_bytes", self.bytes), ("log_events", self.events)]
    }

    /// The plainest reader that notices damage.
    fn read_plain(&self) -> Result<Sample, Failure> {
        Sample::time(self.events, || Ok(sha256(&[&fs::read(&self.plain)?])))
    }
}

/// Opening a log whose pages are not cached, and replaying it.
pub(crate) fn cold(plan: &Plan) -> Result<Figure, Failure> {
    let stored = Stored::write(plan)?;
    let mut opening_ms = Vec::new();
    let mut ours = || {
        forget(stored.folder.path())?;
        let began = Instant::now();
        let log = LogSled::open(&stored.log)?;
        opening_ms.push(began.elapsed().as_secs_f64() * 1000.0);
        let engine = replay(&log)?;
        let took = began.elapsed();
        let events = engine.checkpoint().0;
        log.close()?;
        Ok(Sample { events, took })
    };
    let mut theirs = || {
        forget(stored.folder.path())?;
        stored.read_plain()
    };
    let pairs = interleaved(&plan.pace_by_unit(), &mut ours, &mut theirs)?;
    // The first one did not count.
    let opening_ms = Spread::of(opening_ms.get(1..).unwrap_or_default());
    let how = format!(
        "Cold: the system was asked to forget the cached pages of every file (posix_fadvise \
         DONTNEED) before each side. Ours: LogSled::open and Engine::replay: every leaf and root \
         computed again, every mirrored entry judged, everything folded. {LOG}. Theirs: {PEER}. \
         One run of each for each round."
    );
    let mut figure = Figure::pair(how, &stored.sizes(), &pairs).ok_or("no round was measured")?;
    figure.beside.extend(opening_ms.map(|spread| ("open_ms", spread)));
    Ok(figure)
}

/// Verifying an open log from its bytes alone, without keys.
pub(crate) fn verify(plan: &Plan) -> Result<Figure, Failure> {
    let stored = Stored::write(plan)?;
    let log = LogSled::open(&stored.log)?;
    let mut ours = || Sample::time(log.size(), || audit(&log));
    let mut theirs = || stored.read_plain();
    let pairs = interleaved(&plan.pace_by_unit(), &mut ours, &mut theirs)?;
    log.close()?;
    let how = format!(
        "Warm: the log is open and was read before. Ours: Verifier over LogSled::scan: leaves, \
         roots, checkpoints, signatures of envelopes, chains. {LOG}. Theirs: {PEER}. One run of \
         each for each round."
    );
    Figure::pair(how, &stored.sizes(), &pairs).ok_or_else(|| "no round was measured".into())
}

/// Replay of a log whose bytes are in memory already.
pub(crate) fn fold(plan: &Plan) -> Result<Figure, Failure> {
    let log = history::write(plan.replay_events, LogMemory::create)?;
    let mut bytes = 0;
    log.scan(&mut |_, block| {
        bytes += block.len() as u64;
        ControlFlow::Continue(())
    })?;
    let mut ours = || Sample::time(log.size(), || replay(&log));
    let rates = alone(&plan.pace_by_unit(), &mut ours)?;
    let how = format!(
        "Engine::replay from memory: every leaf and root computed again, every mirrored entry \
         judged, everything folded; no disk. {LOG}. One run for each round."
    );
    let sizes = [("log_bytes", bytes), ("log_events", log.size())];
    Figure::alone(how, &sizes, &rates).ok_or_else(|| "no round was measured".into())
}

fn replay(log: &dyn Log) -> Result<Engine, Failure> {
    Ok(Engine::replay(log, &(&history::seeds()).into(), history::entropy(), history::NOW)?)
}

fn audit(log: &LogSled) -> Result<Intact, Failure> {
    let mut verifier = Verifier::new();
    let mut damage = None;
    log.scan(&mut |first, bytes| match verifier.block(first, bytes) {
        Ok(()) => ControlFlow::Continue(()),
        Err(found) => {
            damage = Some(found);
            ControlFlow::Break(())
        }
    })?;
    match damage {
        Some(damage) => Err(damage.into()),
        None => Ok(verifier.finish()?),
    }
}

/// Asks the system to forget the cached pages of every file below `folder`. Only what is on the
/// device already can be forgotten.
fn forget(folder: &Path) -> Result<(), Failure> {
    for found in fs::read_dir(folder)? {
        let found = found?;
        if found.file_type()?.is_dir() {
            forget(&found.path())?;
        } else {
            let file = File::open(found.path())?;
            file.sync_all()?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
    }
    Ok(())
}
