//! Everything that is measured at one size.

use super::definitions;
use super::load::Load;
use super::resident;
use crate::Failure;
use crate::history::{NOW, entropy, seeds};
use engine::engine::Engine;
use engine::log::Log as _;
use engine::state::State;
use engine::views::dashboard::cells;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

/// How often in each round the configuration is applied: it takes a few milliseconds, which one
/// disturbance can double.
const APPLIED_A_ROUND: u32 = 4;

/// One size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Size {
    pub(super) projects: u32,
    pub(super) environments: u32,
    /// Of each project.
    pub(super) releases: u32,
    /// How often what can be repeated is done.
    pub(super) rounds: u32,
}

/// What there was in the end, counted in the space itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) projects: u64,
    pub(super) environments: u64,
    pub(super) releases: u64,
    /// Deployments that succeeded.
    pub(super) deployments: u64,
    /// Cells of the dashboard; each shows a release whose receipt is proven.
    pub(super) cells: u64,
    /// Entries of the log.
    pub(super) entries: u64,
}

/// What was found at one size. Each number is of the whole size, in bytes or in seconds of
/// processor time; there is one for each time that it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) counts: Counts,
    pub(super) apply_s: Vec<f64>,
    pub(super) apply_again_s: Vec<f64>,
    pub(super) create_s: Vec<f64>,
    pub(super) deploy_s: Vec<f64>,
    pub(super) fold_s: Vec<f64>,
    pub(super) dashboard_s: Vec<f64>,
    pub(super) resident_bytes: Vec<f64>,
    pub(super) log_bytes: Vec<f64>,
}

impl Found {
    /// Adds what was found at the same size another time.
    pub(super) fn merge(&mut self, other: Self) {
        self.apply_s.extend(other.apply_s);
        self.apply_again_s.extend(other.apply_again_s);
        self.create_s.extend(other.create_s);
        self.deploy_s.extend(other.deploy_s);
        self.fold_s.extend(other.fold_s);
        self.dashboard_s.extend(other.dashboard_s);
        self.resident_bytes.extend(other.resident_bytes);
        self.log_bytes.extend(other.log_bytes);
    }
}

/// Fills a space of this size, and measures that and what can be done with it then.
pub(super) fn measure(size: &Size) -> Result<Found, Failure> {
    let (mut load, apply_s) = configured(size)?;
    let ((), create_s) = timed(|| create(&mut load, size))?;
    let ((), deploy_s) = timed(|| deploy(&mut load, size))?;
    let apply_again_s = apply_again(&mut load, size)?;
    // The living engine stays, so that what is resident anew is the replayed one.
    let before = resident::bytes()?;
    let (engine, first_s) = timed(|| replay(&load))?;
    let resident_bytes = resident::bytes()?.saturating_sub(before) as f64;
    let mut fold_s = vec![first_s];
    for _ in 1..size.rounds {
        fold_s.push(timed(|| replay(&load).map(black_box))?.1);
    }
    let mut dashboard_s = Vec::new();
    for _ in 0..size.rounds {
        dashboard_s.push(timed(|| Ok(black_box(cells(engine.state()))))?.1);
    }
    Ok(Found {
        counts: count(&engine)?,
        apply_s,
        apply_again_s,
        create_s: vec![create_s],
        deploy_s: vec![deploy_s],
        fold_s,
        dashboard_s,
        resident_bytes: vec![resident_bytes],
        log_bytes: vec![log_bytes(&load)? as f64],
    })
}

/// A space with the configuration, and the seconds for each time: an empty space can be had as
/// often as one likes.
fn configured(size: &Size) -> Result<(Load, Vec<f64>), Failure> {
    let definitions = definitions::all(size.projects, size.environments)?;
    let mut took_s = Vec::new();
    loop {
        let (mut load, wanted) = (Load::found()?, definitions.clone());
        took_s.push(timed(|| load.apply(wanted))?.1);
        if took_s.len() as u64 >= u64::from(size.rounds * APPLIED_A_ROUND) {
            return Ok((load, took_s));
        }
    }
}

/// Seconds for the configuration once more, with another value in one project each time.
fn apply_again(load: &mut Load, size: &Size) -> Result<Vec<f64>, Failure> {
    let mut definitions = definitions::all(size.projects, size.environments)?;
    let mut took_s = Vec::new();
    for round in 0..size.rounds * APPLIED_A_ROUND {
        definitions::change(&mut definitions, round)?;
        let wanted = definitions.clone();
        took_s.push(timed(|| load.apply(wanted))?.1);
    }
    Ok(took_s)
}

/// What `work` gives, and the seconds of processor time that it took. Nothing here waits for a
/// device or for anybody, so that this is the time on a machine that does nothing else.
fn timed<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, f64), Failure> {
    let began = processor_time();
    let result = work();
    let took = processor_time().saturating_sub(began);
    Ok((result?, took.as_secs_f64()))
}

/// What this process used so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn create(load: &mut Load, size: &Size) -> Result<(), Failure> {
    for release in 0..size.releases {
        for project in 0..size.projects {
            load.release(project, release)?;
        }
    }
    Ok(())
}

fn deploy(load: &mut Load, size: &Size) -> Result<(), Failure> {
    let commanded = definitions::commanded(size.environments)?;
    let newest = size.releases.saturating_sub(1);
    (0..size.projects).try_for_each(|project| load.deploy(project, newest, &commanded))
}

fn replay(load: &Load) -> Result<Engine, Failure> {
    Ok(Engine::replay(load.space.log(), &(&seeds()).into(), entropy(), NOW)?)
}

fn log_bytes(load: &Load) -> Result<u64, Failure> {
    let mut bytes = 0;
    load.space.log().scan(&mut |_, block| {
        bytes += block.len() as u64;
        ControlFlow::Continue(())
    })?;
    Ok(bytes)
}

/// Counts what a replayed space holds. A figure of a load that is not there would say nothing.
fn count(engine: &Engine) -> Result<Counts, Failure> {
    let state = engine.state();
    let shown = cells(state);
    let unproven = shown.iter().find(|cell| !cell.installed.as_ref().is_some_and(|it| it.proven));
    if let Some(cell) = unproven {
        let (project, environment) = (&cell.project.name, &cell.environment);
        return Err(format!("nothing proven of {project} is in {environment}").into());
    }
    Ok(Counts {
        projects: state.configuration.projects().count() as u64,
        environments: state.configuration.environments().count() as u64,
        releases: state.releases.all().count() as u64,
        deployments: succeeded(state),
        cells: shown.len() as u64,
        entries: engine.checkpoint().0,
    })
}

fn succeeded(state: &State) -> u64 {
    let places = state.releases.all().flat_map(|(_, release)| release.progress.values());
    places.filter(|progress| progress.succeeded).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_load_holds_what_was_asked_for() {
        let size = Size { projects: 2, environments: 20, releases: 3, rounds: 2 };
        let found = measure(&size).unwrap();
        let Counts { projects, environments, releases, deployments, cells, entries, .. } =
            found.counts;
        assert_eq!((projects, environments, releases), (2, 20, 6));
        assert_eq!((deployments, cells), (40, 40));
        // Two for each release and each deployment, the founding, and each change of configuration.
        let changes = 1 + u64::from(size.rounds * APPLIED_A_ROUND);
        assert_eq!(entries, 2 * 6 + 2 * 40 + 2 + changes);
        assert_eq!((found.fold_s.len(), found.dashboard_s.len()), (2, 2));
        assert!(found.log_bytes[0] > 10_000.0, "{}", found.log_bytes[0]);
    }

    #[test]
    fn an_environment_alone_is_filled_too() {
        let size = Size { projects: 1, environments: 1, releases: 1, rounds: 1 };
        assert_eq!(measure(&size).unwrap().counts.deployments, 1);
    }
}
