//! The whole road between two processes, over a NATS server, beside others that move the same.

mod broker;
mod clock;
pub mod part;
mod postgres;
mod raw;

use crate::Failure;
use crate::entries::ENTRY_BYTES;
use crate::pair::Sample;
use crate::report::{Figure, Report};
use crate::spread::Spread;
use broker::Broker;
use postgres::Postgres;
use raw::Raw;
use std::path::PathBuf;
use std::time::Duration;

/// How much is measured, and where.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Rounds of each measurement, at least one.
    pub rounds: usize,
    /// Events that are moved at once.
    pub events: u64,
    /// Events that are moved one after the other.
    pub single_events: u64,
    /// An existing folder; everything in it that comes into being is removed again.
    pub folder: PathBuf,
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
        _ => Err(format!("no part is called {role}").into()),
    }
}

/// Measures the peers into `report`.
///
/// # Errors
/// When there is no server, or anything that is measured fails.
pub fn measure(plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    jetstream(plan, report)?;
    postgres(plan, report)
}

fn jetstream(plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let folder = own_folder(plan)?;
    let broker = Broker::start(folder.path())?;
    let mut raw = Raw::start(&broker.url)?;
    let sizes = [("event_bytes", ENTRY_BYTES as u64), ("events", plan.events)];
    let rates = rates(plan, || raw.carry(plan.events))?;
    let how = format!(
        "{}: between two processes, one event a message, {} publishes outstanding, pulls of {}, \
         acknowledge all, file storage, default sync; from the first publish to the server's word \
         that the last is acknowledged.",
        broker.version,
        raw::OUTSTANDING_MAX,
        raw::PULL
    );
    report.add("raw_jetstream", Figure::alone(how, &sizes, &rates).ok_or("no round")?);
    let (mut middle, mut late) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let took = raw.singly(plan.single_events)?;
        let us: Vec<_> = took.iter().map(|took| took.as_secs_f64() * 1e6).collect();
        middle.extend(Spread::of(&us).map(|spread| spread.median));
        late.extend(took.iter().max().map(Duration::as_secs_f64));
    }
    eprintln!("road: latency {middle:?} us, at most {late:?} s");
    Ok(())
}

fn postgres(plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let Some(postgres) = Postgres::start(own_folder(plan)?)? else {
        eprintln!("road: PostgreSQL is not installed");
        return Ok(());
    };
    let rates = rates(plan, || postgres.catch_up(plan.events))?;
    let sizes = [("event_bytes", ENTRY_BYTES as u64), ("events", plan.events)];
    let how = format!(
        "{}: logical replication between two clusters, {} rows a transaction.",
        postgres.version,
        postgres::TRANSACTION_ROWS
    );
    report.add("postgres", Figure::alone(how, &sizes, &rates).ok_or("no round")?);
    Ok(())
}

fn rates(
    plan: &Plan,
    mut side: impl FnMut() -> Result<Sample, Failure>,
) -> Result<Vec<f64>, Failure> {
    side()?;
    (0..plan.rounds).map(|_| side().map(Sample::rate)).collect()
}

fn own_folder(plan: &Plan) -> Result<tempfile::TempDir, Failure> {
    Ok(tempfile::Builder::new().prefix("road-").tempdir_in(&plan.folder)?)
}
