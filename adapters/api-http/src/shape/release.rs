//! Releases and how far each is, with the reason why not further.

use engine::decide::rights::Rights;
use engine::decide::tenant;
use engine::engine::Engine;
use engine::gates::{Way, obstacles_among, weightiest};
use engine::progress::{PhaseStanding, Place, Standing, standings};
use engine::state::State;
use engine::state::cells::Slot;
use engine::state::releases::{Answer, Recalled, Release as Known, Source};
use engine::views::exposure;
use schema::id::SpaceId;
use schema::latest::Actor;
use schema::name::Text;
use schema::v1::model::ReleaseId;
use serde::{Deserialize, Serialize};

/// One release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The space that owns the project.
    pub owner: String,
    /// The project.
    pub project: String,
    /// The version.
    pub version: String,
    /// Its revision, from 1.
    pub revision: u32,
    /// Its channel, where the project has channels.
    pub channel: Option<String>,
    /// The digest.
    pub digest: String,
    /// The notes.
    pub notes: String,
    /// `created here`, `waiting`, `accepted` or `rejected: ...`.
    pub status: String,
    /// That it was found bad, if it was.
    pub recalled: Option<Recall>,
    /// A newer revision that waits in the inbox, or was rejected there.
    pub offered: Option<u32>,
    /// Its revisions before this one, oldest first.
    pub earlier: Vec<Revision>,
    /// Each package with its version and SHA-256.
    pub packages: Vec<Package>,
    /// The phases it goes through here.
    pub phases: Vec<Phase>,
    /// The same for each tenant of the project.
    pub tenants: Vec<Tenant>,
    /// To whom it was promoted, and what they answered.
    pub promotions: Vec<Promotion>,
    /// Each place where it cannot go now, and why not.
    pub not_promoted: Vec<Blocked>,
}

/// That a release was found bad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// This revision and all before it.
    pub revision: u32,
    /// Why.
    pub reason: String,
    /// When this space had it.
    pub at: String,
    /// Where it is installed all the same, as far as this space knows.
    pub exposed: Vec<String>,
    /// To whom this space sent it, and whether the recall is durable there.
    pub told: Vec<(String, bool)>,
}

/// A revision that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Which.
    pub revision: u32,
    /// Its digest.
    pub digest: String,
    /// Its notes.
    pub notes: String,
}

/// How far a release is for one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The tenant.
    pub tenant: String,
    /// The phases.
    pub phases: Vec<Phase>,
}

/// A promotion to one space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The space.
    pub space: String,
    /// When.
    pub at: String,
    /// `no answer yet`, `accepted` or `rejected: ...`.
    pub answer: String,
}

/// One package of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// Whether policy acts by itself.
    pub automatic: bool,
    /// Whether every earlier phase is complete.
    pub reached: bool,
    /// Whether it is complete.
    pub complete: bool,
    /// Whether it is complete, and for long enough.
    pub soaked: bool,
    /// Whether the next one is reached without it.
    pub optional: bool,
    /// How many of its places are enough.
    pub minimum: usize,
    /// Each place with its standing in words.
    pub places: Vec<(String, String)>,
}

/// A place where a release cannot go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The place.
    pub place: String,
    /// Why not.
    pub reason: String,
}

/// Shows every release that may be seen, newest version of each project first.
#[must_use]
pub fn list(engine: &Engine, rights: &Rights) -> Vec<Release> {
    let state = engine.state();
    let mut all: Vec<_> = state.releases.all().filter(|(id, _)| rights.see(&id.project)).collect();
    all.sort_by(|(one, _), (other, _)| {
        (&one.project, &other.version).cmp(&(&other.project, &one.version))
    });
    all.into_iter().map(|(id, release)| show(engine, id, release)).collect()
}

/// Shows one release as it is now.
#[must_use]
pub fn show(engine: &Engine, id: &ReleaseId, release: &Known) -> Release {
    let (state, now_ms) = (engine.state(), engine.now().wall_ms);
    let package = |package: &schema::v1::model::Package| Package {
        id: package.id.to_string(),
        version: package.version.to_string(),
        size: package.size,
        sha256: schema::id::hex(&package.sha256.0),
    };
    let earlier = release.earlier.iter().map(|one| Revision {
        revision: one.revision,
        digest: one.digest.to_string(),
        notes: one.notes.to_string(),
    });
    let standings = standings(state, id, None, now_ms);
    Release {
        owner: state.name_of(&id.project.space),
        project: id.project.name.to_string(),
        version: id.version.to_string(),
        revision: release.revision,
        channel: release.snapshot.channel.as_ref().map(ToString::to_string),
        digest: release.digest.to_string(),
        notes: release.notes.to_string(),
        status: status(release),
        recalled: state.releases.recall_of(id).map(|it| recall(engine, id, it)),
        offered: release.offered.as_ref().map(|newer| newer.revision),
        earlier: earlier.collect(),
        packages: release.snapshot.packages.iter().map(package).collect(),
        phases: standings.iter().map(|standing| phase(standing, now_ms)).collect(),
        tenants: tenants(state, id, now_ms),
        promotions: promotions(state, release),
        not_promoted: blocked(state, id, &standings, now_ms).collect(),
    }
}

pub(crate) fn status(release: &Known) -> String {
    match &release.source {
        Source::Local => "created here".to_owned(),
        Source::Imported(import) => answered(&import.answer),
    }
}

/// What became of a bundle, in words.
pub(super) fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Waiting => "waiting".to_owned(),
        Answer::Accepted { .. } => "accepted".to_owned(),
        Answer::Rejected { reason } => format!("rejected: {reason}"),
    }
}

pub(super) fn recall(engine: &Engine, id: &ReleaseId, recalled: &Recalled) -> Recall {
    let state = engine.state();
    let exposure = exposure::of(state, engine.traffic(), id).unwrap_or_default();
    let installed = exposure.installed.iter();
    let told = exposure.told.iter();
    Recall {
        revision: recalled.content.revision,
        reason: recalled.content.reason.to_string(),
        at: super::time(recalled.at_ms),
        exposed: installed.map(|(space, slot)| place(state, space, slot)).collect(),
        told: told.map(|(space, durable)| (state.name_of(space), *durable)).collect(),
    }
}

/// A place in words: `Production`, or `Prod EU: Production` for another space's.
pub(crate) fn place(state: &State, space: &SpaceId, slot: &Slot) -> String {
    if *space == state.me() {
        slot.to_string()
    } else {
        format!("{}: {slot}", state.name_of(space))
    }
}

fn tenants(state: &State, id: &ReleaseId, now_ms: u64) -> Vec<Tenant> {
    let show = |name: &schema::name::Name| {
        let standings = standings(state, id, Some(name), now_ms);
        let phases = standings.iter().map(|standing| phase(standing, now_ms)).collect();
        Tenant { tenant: name.to_string(), phases }
    };
    tenant::of(state, &id.project).map(|tenant| show(&tenant.name)).collect()
}

fn promotions(state: &State, release: &Known) -> Vec<Promotion> {
    let show = |(space, promotion): (&SpaceId, &engine::state::releases::Promotion)| Promotion {
        space: state.name_of(space),
        at: super::time(promotion.at_ms),
        answer: match &promotion.answer {
            None => "no answer yet".to_owned(),
            Some(Ok(())) => "accepted".to_owned(),
            Some(Err(reason)) => format!("rejected: {}", Text::as_str(reason)),
        },
    };
    release.promotions.iter().map(show).collect()
}

/// Each place where a release cannot go now, in the order of its lifecycle.
pub(crate) fn blocked(
    state: &State,
    id: &ReleaseId,
    standings: &[PhaseStanding],
    now_ms: u64,
) -> impl Iterator<Item = Blocked> {
    let places = standings.iter().flat_map(|phase| &phase.places);
    // What stands at a place of another space, that space decides.
    let open = places
        .filter(|(place, standing)| !standing.is_done() && !matches!(place, Place::Remote { .. }));
    open.filter_map(move |(place, _)| {
        let way = Way { id, place, tenant: None, actor: &Actor::Policy, now_ms };
        let reason = weightiest(&obstacles_among(state, &way, standings))?.what.clone();
        Some(Blocked { place: place.to_string(), reason })
    })
}

/// How far a release is in one phase.
pub(crate) fn phase(standing: &PhaseStanding, now_ms: u64) -> Phase {
    let place = |(place, standing): &(Place, Standing)| (place.to_string(), words(place, standing));
    Phase {
        name: standing.phase.to_string(),
        automatic: standing.automatic,
        reached: standing.reached,
        complete: standing.complete(),
        soaked: standing.soaked(now_ms),
        optional: standing.optional,
        minimum: standing.minimum,
        places: standing.places.iter().map(place).collect(),
    }
}

/// How a release stands at a place, in words.
pub(super) fn words(place: &Place, standing: &Standing) -> String {
    match (place, standing) {
        (Place::Space(_), Standing::Done(_)) => "promoted".to_owned(),
        (Place::Space(_), Standing::Untried) => "not promoted".to_owned(),
        (Place::Environment(_) | Place::Remote { .. }, Standing::Done(_)) => "succeeded".to_owned(),
        (Place::Environment(_), Standing::Untried) => "not deployed".to_owned(),
        (Place::Remote { .. }, Standing::Untried) => "no receipt yet".to_owned(),
        (_, standing) => standing.to_string(),
    }
}
