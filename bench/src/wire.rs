//! The whole road between two processes, over a NATS server, beside others that move the same.
//!
//! ```text
//! broker    the server, with a store that is gone afterwards
//! part      a process of our own executable, steered from here
//! node      the part of one node; ours: the two of them
//! appended  when a space of this process appended an event
//! raw       JetStream alone, one event a message, between two processes
//! postgres  logical replication between two clusters
//! rounds    both sides in turn
//! leg       what is measured
//! ```

mod appended;
mod broker;
mod clock;
mod leg;
mod node;
mod ours;
pub mod part;
mod postgres;
mod raw;
mod rounds;

pub use leg::Leg;

use crate::Failure;
use crate::report::Report;
use broker::Broker;
use ours::Ours;
use raw::Raw;
use rounds::{Rounds, Side};
use std::path::PathBuf;
use std::time::Instant;
use tempfile::TempDir;

/// How much is measured, and where.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Pairs of each measurement that count, at least one.
    pub rounds: usize,
    /// Events that are moved at once.
    pub events: u64,
    /// Events that are moved one after the other.
    pub single_events: u64,
    /// A pair in which the raw JetStream moves fewer events a second is void.
    pub raw_rate_min: f64,
    /// What is measured.
    pub legs: Vec<Leg>,
    /// An existing folder; everything in it that comes into being is removed again.
    pub folder: PathBuf,
}

/// What takes part in a run.
struct Field<'a> {
    plan: &'a Plan,
    broker: Broker,
    ours: Ours,
    raw: Raw,
    rounds: Rounds,
    /// After everything that is in it.
    _folder: TempDir,
}

impl Field<'_> {
    /// Measures both sides in turn, with everything that takes part at hand.
    fn in_turn<T>(
        &mut self,
        mut side: impl FnMut(&mut Self, Side) -> Result<T, Failure>,
        void: impl Fn(&T) -> bool,
    ) -> Result<Vec<(T, T)>, Failure> {
        let mut rounds = self.rounds;
        let pairs = rounds.measure(|which| side(self, which), void);
        self.rounds = rounds;
        pairs
    }

    fn own_folder(&self) -> Result<TempDir, Failure> {
        Ok(tempfile::Builder::new().prefix("peer-").tempdir_in(&self.plan.folder)?)
    }
}

/// Plays the part that a process of this executable was started for, until its orders end.
///
/// # Errors
/// When there is no such part, or an order cannot be read.
pub fn play(role: &str) -> Result<(), Failure> {
    let [publisher, taker] = raw::ROLES;
    match role {
        role if role == publisher => raw::publish(),
        role if role == taker => raw::take(),
        role if role == ours::ROLE => ours::play(),
        _ => Err(format!("no part is called {role}").into()),
    }
}

/// Measures into `report`, and tells on standard error how it goes.
///
/// # Errors
/// When there is no server, when anything that is measured fails, and after ten void pairs.
pub fn measure(plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("road-").tempdir_in(&plan.folder)?;
    let broker = Broker::start(folder.path())?;
    let raw = Raw::start(&broker.url)?;
    let ours = Ours::new(folder.path(), &broker.url);
    let rounds = Rounds { count: plan.rounds, voids: 0 };
    eprintln!("road: over {}", broker.version);
    let mut field = Field { plan, broker, ours, raw, rounds, _folder: folder };
    for leg in &plan.legs {
        let began = Instant::now();
        eprint!("road: {} ... ", leg.name());
        let figures = leg.measure(&mut field).inspect_err(|_| eprintln!("failed"))?;
        eprintln!("{:.1} s", began.elapsed().as_secs_f64());
        if figures.is_empty() {
            eprintln!("road: PostgreSQL is not installed where Debian puts it");
        }
        for (name, figure) in figures {
            report.add(name, figure);
        }
    }
    report.count("void_pairs", field.rounds.voids.into());
    Ok(())
}
