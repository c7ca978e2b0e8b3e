//! How far a release is in its lifecycle, and why not further: one answer for rules, policy and
//! people.

use crate::state::State;
use crate::state::cells::Slot;
use crate::state::releases::{Answer, Release, Source};
use schema::id::SpaceId;
use schema::latest::Outcome;
use schema::name::Name;
use schema::v1::model::{Lifecycle, Pattern, Phase, ReleaseId};
use std::fmt;

/// A place in a phase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An environment of this space.
    Environment(Name),
    /// An environment of another space, by the name that the space has here. Nothing is done there
    /// from here; its receipts tell.
    Remote {
        /// The space.
        space: Name,
        /// The environment.
        environment: Name,
    },
    /// A peer, by the name it has here.
    Space(Name),
}

impl Place {
    fn of(pattern: &Pattern) -> Self {
        let environment = pattern.name.clone();
        match &pattern.space {
            None => Self::Environment(environment),
            Some(space) => Self::Remote { space: space.clone(), environment },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) | Self::Space(name) => write!(f, "{name}"),
            Self::Remote { space, environment } => write!(f, "{space}: {environment}"),
        }
    }
}

/// How a release stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Deployed there, or promoted there; since when, by this space's clock, milliseconds since
    /// 1970.
    Done(u64),
    /// A deployment runs.
    Running,
    /// The newest deployment did not succeed.
    Failed(Outcome),
    /// The peer rejected it, and why.
    Rejected(String),
    /// Nothing was tried.
    Untried,
}

impl Standing {
    /// Whether it is done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// In words, to follow the name of a place.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(_) => f.write_str("is done"),
            Self::Running => f.write_str("is being deployed"),
            Self::Failed(Outcome::Interrupted) => f.write_str("was interrupted"),
            Self::Failed(Outcome::Cancelled) => f.write_str("was cancelled"),
            Self::Failed(Outcome::Failed | Outcome::Succeeded) => f.write_str("failed"),
            Self::Rejected(reason) => write!(f, "rejected it: {reason}"),
            Self::Untried => f.write_str("has not been deployed"),
        }
    }
}

/// One phase of a release's lifecycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseStanding {
    /// The phase.
    pub phase: Name,
    /// Whether policy acts by itself.
    pub automatic: bool,
    /// Whether the next one is reached without it.
    pub optional: bool,
    /// Whether every earlier phase that is not optional is complete, and for long enough.
    pub reached: bool,
    /// How many places are enough.
    pub minimum: usize,
    /// Of how many that count.
    pub wanted: usize,
    /// Since when it is complete, by this space's clock, milliseconds since 1970; none if it is
    /// not.
    pub complete_ms: Option<u64>,
    /// From when on that is long enough; none if it is not complete.
    pub soaked_ms: Option<u64>,
    /// Each place and how the release stands there.
    pub places: Vec<(Place, Standing)>,
}

impl PhaseStanding {
    fn of(
        phase: &Phase,
        reached: bool,
        places: Vec<(Place, Standing)>,
        skipped: &dyn Fn(&Place) -> bool,
    ) -> Self {
        let counting = |(place, _): &&(Place, Standing)| counts(phase, place);
        // What is done counts, also where nobody waits for it.
        let wanted = places
            .iter()
            .filter(counting)
            .filter(|(place, standing)| standing.is_done() || !skipped(place));
        let mut done: Vec<u64> = wanted
            .clone()
            .filter_map(|(_, standing)| {
                if let Standing::Done(since_ms) = standing { Some(*since_ms) } else { None }
            })
            .collect();
        done.sort_unstable();
        let minimum = phase.minimum.and_then(|minimum| usize::try_from(minimum).ok());
        // What is skipped need not be done; a phase of which all is skipped is not done by that.
        let (all, some) = (wanted.count(), usize::from(places.iter().any(|it| counting(&it))));
        let minimum = minimum.unwrap_or(all).min(all).max(some);
        let complete_ms = match minimum.checked_sub(1) {
            // What nothing counts for is complete.
            None => Some(0),
            Some(last) => done.get(last).copied(),
        };
        let soak_ms = u64::from(phase.soak_s) * 1_000;
        Self {
            phase: phase.name.clone(),
            automatic: phase.automatic,
            optional: phase.optional,
            reached,
            minimum,
            wanted: all,
            complete_ms,
            // What need not soak does not wait for a clock that was set back either.
            soaked_ms: complete_ms.map(|since| match soak_ms {
                0 => 0,
                _ => since.saturating_add(soak_ms),
            }),
            places,
        }
    }

    /// Whether the release is done at enough places.
    #[must_use]
    pub const fn complete(&self) -> bool {
        self.complete_ms.is_some()
    }

    /// Whether it is complete, and for long enough.
    #[must_use]
    pub fn soaked(&self, now_ms: u64) -> bool {
        self.soaked_ms.is_some_and(|from| from <= now_ms)
    }

    /// Whether the next phase may begin as far as this one is concerned.
    #[must_use]
    pub fn lets_on(&self, now_ms: u64) -> bool {
        self.optional || self.soaked(now_ms)
    }

    /// Why the next phase may not begin; none if it may.
    #[must_use]
    pub fn holds_up(&self, now_ms: u64) -> Option<String> {
        if self.lets_on(now_ms) {
            return None;
        }
        if let Some(from) = self.soaked_ms {
            let left_s = from.saturating_sub(now_ms).div_ceil(1_000);
            return Some(format!("phase {} must soak for {left_s} s more", self.phase));
        }
        let missing = self.places.iter().filter(|(_, standing)| !standing.is_done());
        let missing: Vec<String> =
            missing.map(|(place, standing)| format!("{place} {standing}")).collect();
        let enough = match self.minimum {
            minimum if minimum < self.wanted => {
                format!(" ({minimum} of {} are enough)", self.wanted)
            }
            _ => String::new(),
        };
        Some(format!("phase {} is not complete{enough}: {}", self.phase, missing.join(", ")))
    }
}

/// Whether a place counts for its phase: environments do where there are any, else spaces.
const fn counts(phase: &Phase, place: &Place) -> bool {
    !matches!(place, Place::Space(_)) || phase.environments.is_empty()
}

/// The lifecycle that a release goes through here: that of its channel or project, or the one
/// chosen when it was accepted. None while a bundle waits, or when what names it is gone.
#[must_use]
pub fn lifecycle<'a>(
    state: &'a State,
    id: &ReleaseId,
    release: &'a Release,
) -> Option<&'a Lifecycle> {
    let name = match &release.source {
        Source::Local => {
            let project = state.configuration.project(&id.project.name)?;
            let channel = release.snapshot.channel.as_ref();
            let channel =
                channel.and_then(|name| project.channels.iter().find(|it| it.name == *name));
            channel.and_then(|channel| channel.lifecycle.as_ref()).unwrap_or(&project.lifecycle)
        }
        Source::Imported(import) => match &import.answer {
            Answer::Accepted { lifecycle, .. } => lifecycle,
            Answer::Waiting | Answer::Rejected { .. } => return None,
        },
    };
    state.configuration.lifecycle(name)
}

/// How a release stands in each phase, in order, for a tenant or for nobody apart. Empty where it
/// has no lifecycle here.
#[must_use]
pub fn standings(
    state: &State,
    id: &ReleaseId,
    tenant: Option<&Name>,
    now_ms: u64,
) -> Vec<PhaseStanding> {
    let Some(release) = state.releases.get(id) else {
        return Vec::new();
    };
    let Some(lifecycle) = lifecycle(state, id, release) else {
        return Vec::new();
    };
    let mut reached = true;
    let mut standings = Vec::with_capacity(lifecycle.phases.len());
    for phase in &lifecycle.phases {
        let environments = phase.environments.iter().map(Place::of);
        let spaces = phase.spaces.iter().cloned().map(Place::Space);
        let places = environments.chain(spaces).map(|place| {
            let standing = at(state, release, &place, tenant);
            (place, standing)
        });
        let skipped = |place: &Place| state.skips(place);
        let standing = PhaseStanding::of(phase, reached, places.collect(), &skipped);
        reached &= standing.lets_on(now_ms);
        standings.push(standing);
    }
    standings
}

fn at(state: &State, release: &Release, place: &Place, tenant: Option<&Name>) -> Standing {
    match place {
        Place::Environment(name) => {
            // A tenant goes its own way where it has the environment, and else with everybody.
            let tenant = tenant.filter(|tenant| {
                let known = state.configuration.tenant(tenant);
                known.is_some_and(|known| known.environments.contains(name))
            });
            in_environment(release, state.me(), name, tenant)
        }
        Place::Remote { space, environment } => {
            let space = state.links.named(space).map(|(space, _)| space);
            space.map_or(Standing::Untried, |space| elsewhere(release, space, environment))
        }
        Place::Space(name) => in_space(state, release, name),
    }
}

fn in_environment(
    release: &Release,
    me: SpaceId,
    environment: &Name,
    tenant: Option<&Name>,
) -> Standing {
    let slot = Slot { environment: environment.clone(), tenant: tenant.cloned() };
    let since = |slot: &Slot| {
        release.successes.get(&(me, slot.clone())).map_or(0, |success| success.since_ms)
    };
    match release.progress.get(&slot) {
        Some(progress) if progress.outcome.is_none() => Standing::Running,
        Some(progress) if progress.succeeded => Standing::Done(since(&slot)),
        Some(progress) => Standing::Failed(progress.outcome.unwrap_or(Outcome::Interrupted)),
        // For nobody apart, what one tenant has is enough.
        None if tenant.is_none() => {
            let mut apart = release
                .progress
                .iter()
                .filter(|(slot, progress)| slot.environment == *environment && progress.succeeded);
            apart.next().map_or(Standing::Untried, |(slot, _)| Standing::Done(since(slot)))
        }
        None => Standing::Untried,
    }
}

/// What other spaces have, their signed receipts tell.
fn elsewhere(release: &Release, space: SpaceId, environment: &Name) -> Standing {
    let there = |(of, slot): &(SpaceId, Slot)| *of == space && slot.environment == *environment;
    let done = release.successes.iter().filter(|(place, _)| there(place));
    if let Some(since) = done.map(|(_, success)| success.since_ms).min() {
        return Standing::Done(since);
    }
    let mut failed = release.reported.iter().filter(|(place, _)| there(place));
    failed.next().map_or(Standing::Untried, |(_, outcome)| Standing::Failed(*outcome))
}

fn in_space(state: &State, release: &Release, name: &Name) -> Standing {
    let space = state.links.named(name).map(|(space, _)| space);
    match space.and_then(|space| release.promotions.get(&space)) {
        None => Standing::Untried,
        Some(promotion) => match &promotion.answer {
            Some(Err(reason)) => Standing::Rejected(reason.to_string()),
            Some(Ok(())) | None => Standing::Done(promotion.at_ms),
        },
    }
}
