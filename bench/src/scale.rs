//! A space with very many projects: what each part of it costs, at two sizes, and whether that
//! grows faster than the space.
//!
//! ```text
//! definitions  the configuration, and the packages of releases
//! commands     what is asked, and what a runner answers
//! load         a space, driven as a node drives it
//! resident     the memory of this process
//! measured     everything that is measured at one size, in a process of its own
//! row          what is measured, and what of it is counted
//! growth       from the small size to the large one, in words
//! account      what is printed
//! ```
//!
//! Every size is measured in a process of its own, so that neither finds memory that the other
//! left. The small size comes twice, before the large one and after it, so that a machine that
//! slows down in between does not look like growth; and it is processor time that is measured, of
//! which the least counts, so that others on the machine do not either. Nothing here asserts a
//! speed.

mod account;
mod commands;
mod definitions;
mod growth;
mod load;
mod measured;
mod resident;
mod row;

pub use account::Account;

use crate::wire::part::{self, Part};
use crate::{Failure, Machine};
use measured::{Found, Size};
use std::time::Instant;

/// How the parts are called that measure one size.
const ROLE: &str = "size";

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Projects of the small size, at least one.
    pub small_projects: u32,
    /// Projects of the large size, more than those of the small one.
    pub large_projects: u32,
    /// Environments of either, at least one.
    pub environments: u32,
    /// Releases of each project, at least one.
    pub releases: u32,
    /// How often in each process what can be repeated is done: applying the configuration, the
    /// replay of the log, the dashboard. The least counts.
    pub rounds: u32,
}

impl Plan {
    const fn of(self, projects: u32) -> Size {
        let Self { environments, releases, rounds, .. } = self;
        Size { projects, environments, releases, rounds }
    }
}

/// Measures both sizes, and tells on standard error how it goes.
///
/// # Errors
/// When the large size is not larger, a part cannot be started, or what is measured fails.
pub fn measure(plan: &Plan, machine: Machine) -> Result<Account, Failure> {
    if plan.large_projects <= plan.small_projects {
        return Err("the second number of projects must be larger than the first".into());
    }
    let mut small = part(&plan.of(plan.small_projects))?;
    let large = part(&plan.of(plan.large_projects))?;
    small.merge(part(&plan.of(plan.small_projects))?);
    Account::new(plan, machine, &small, &large)
}

fn part(size: &Size) -> Result<Found, Failure> {
    let began = Instant::now();
    eprint!("scale: {} projects ... ", size.projects);
    let found = Part::start(ROLE).and_then(|mut part| part.ask(size));
    let found = found.inspect_err(|_| eprintln!("failed"))?;
    eprintln!("{:.1} s", began.elapsed().as_secs_f64());
    Ok(found)
}

/// Plays the part `role`, until standard input ends.
///
/// # Errors
/// When there is no such part, or nobody listens any more.
pub fn play(role: &str) -> Result<(), Failure> {
    if role != ROLE {
        return Err(format!("no part is called {role}").into());
    }
    part::play(|size: Size| measured::measure(&size))
}
