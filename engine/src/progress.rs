//! How far a release is in its lifecycle, and why not further: one answer for rules, policy and
//! people.

use crate::state::State;
use crate::state::releases::{Answer, Release, Source};
use schema::latest::Outcome;
use schema::name::Name;
use schema::v1::model::{Lifecycle, ReleaseId};

/// A place in a phase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An environment of this space.
    Environment(Name),
    /// A peer, by the name it has here.
    Space(Name),
}

impl Place {
    /// The name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        match self {
            Self::Environment(name) | Self::Space(name) => name,
        }
    }
}

/// How a release stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Deployed there, or promoted there.
    Done,
    /// A deployment runs.
    Running,
    /// The newest deployment did not succeed.
    Failed(Outcome),
    /// Nothing was tried.
    Untried,
}

/// One phase of a release's lifecycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseStanding {
    /// The phase.
    pub phase: Name,
    /// Whether policy acts by itself.
    pub automatic: bool,
    /// Whether every earlier phase is complete.
    pub reached: bool,
    /// Each place and how the release stands there.
    pub places: Vec<(Place, Standing)>,
}

impl PhaseStanding {
    /// Whether the release is done at every place.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.places.iter().all(|(_, standing)| *standing == Standing::Done)
    }
}

/// The lifecycle that a release goes through here: that of its project, or the one chosen when it
/// was accepted. None while a bundle waits, or when the lifecycle or project is gone.
#[must_use]
pub fn lifecycle<'a>(
    state: &'a State,
    id: &ReleaseId,
    release: &'a Release,
) -> Option<&'a Lifecycle> {
    let name = match &release.source {
        Source::Local => &state.configuration.project(&id.project.name)?.lifecycle,
        Source::Imported(import) => match &import.answer {
            Answer::Accepted { lifecycle, .. } => lifecycle,
            Answer::Waiting | Answer::Rejected { .. } => return None,
        },
    };
    state.configuration.lifecycle(name)
}

/// How a release stands in each phase, in order. Empty where it has no lifecycle here.
#[must_use]
pub fn standings(state: &State, id: &ReleaseId) -> Vec<PhaseStanding> {
    let Some(release) = state.releases.get(id) else {
        return Vec::new();
    };
    let Some(lifecycle) = lifecycle(state, id, release) else {
        return Vec::new();
    };
    let mut reached = true;
    let mut standings = Vec::with_capacity(lifecycle.phases.len());
    for phase in &lifecycle.phases {
        let environments = phase
            .environments
            .iter()
            .map(|name| (Place::Environment(name.clone()), in_environment(release, name)));
        let spaces = phase
            .spaces
            .iter()
            .map(|name| (Place::Space(name.clone()), in_space(state, release, name)));
        let standing = PhaseStanding {
            phase: phase.name.clone(),
            automatic: phase.automatic,
            reached,
            places: environments.chain(spaces).collect(),
        };
        reached &= standing.complete();
        standings.push(standing);
    }
    standings
}

fn in_environment(release: &Release, environment: &Name) -> Standing {
    match release.progress.get(environment) {
        None => Standing::Untried,
        Some(progress) if progress.outcome.is_none() => Standing::Running,
        Some(progress) if progress.succeeded => Standing::Done,
        Some(progress) => Standing::Failed(progress.outcome.unwrap_or(Outcome::Interrupted)),
    }
}

fn in_space(state: &State, release: &Release, name: &Name) -> Standing {
    let promoted =
        state.links.named(name).is_some_and(|(space, _)| release.promotions.contains_key(&space));
    if promoted { Standing::Done } else { Standing::Untried }
}

/// Why a release may not go to `place` now; none if it may.
#[must_use]
pub fn why_not(state: &State, id: &ReleaseId, place: &Place) -> Option<String> {
    let standings = standings(state, id);
    let Some(at) =
        standings.iter().position(|phase| phase.places.iter().any(|(there, _)| there == place))
    else {
        return Some(format!("{} is not in the lifecycle of this release", place.name()));
    };
    if standings[at].reached {
        return None;
    }
    standings[..at].iter().find(|phase| !phase.complete()).map(|phase| {
        let missing: Vec<String> = phase
            .places
            .iter()
            .filter(|(_, standing)| *standing != Standing::Done)
            .map(|(place, standing)| format!("{} {}", place.name(), describe(*standing)))
            .collect();
        format!("phase {} is not complete: {}", phase.phase, missing.join(", "))
    })
}

/// A standing in words, to follow the name of a place.
#[must_use]
pub fn describe(standing: Standing) -> &'static str {
    match standing {
        Standing::Done => "is done",
        Standing::Running => "is being deployed",
        Standing::Failed(Outcome::Interrupted) => "was interrupted",
        Standing::Failed(Outcome::Failed | Outcome::Succeeded) => "failed",
        Standing::Untried => "has not been deployed",
    }
}
