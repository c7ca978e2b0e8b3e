//! Releases and how far each is, with the reason why not further.

use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::progress::{Place, Standing, describe, standings, why_not};
use engine::state::State;
use engine::state::releases::{Answer, Release as Known, Source};
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
    /// The digest.
    pub digest: String,
    /// The notes.
    pub notes: String,
    /// `created here`, `waiting`, `accepted` or `rejected: ...`.
    pub status: String,
    /// Each package with its version and SHA-256.
    pub packages: Vec<Package>,
    /// The phases it goes through here.
    pub phases: Vec<Phase>,
    /// Each place where it cannot go now, and why not.
    pub not_promoted: Vec<Blocked>,
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
    all.into_iter().map(|(id, release)| show(state, id, release)).collect()
}

/// Shows one release.
#[must_use]
pub fn show(state: &State, id: &ReleaseId, release: &Known) -> Release {
    let status = match &release.source {
        Source::Local => "created here".to_owned(),
        Source::Imported(import) => match &import.answer {
            Answer::Waiting => "waiting".to_owned(),
            Answer::Accepted { .. } => "accepted".to_owned(),
            Answer::Rejected { reason } => format!("rejected: {reason}"),
        },
    };
    let package = |package: &schema::v1::model::Package| Package {
        id: package.id.to_string(),
        version: package.version.to_string(),
        size: package.size,
        sha256: schema::id::hex(&package.sha256.0),
    };
    let standings = standings(state, id);
    let blocked = standings.iter().filter(|phase| !phase.reached).flat_map(|phase| {
        phase.places.iter().filter_map(|(place, _)| {
            let reason = why_not(state, id, place)?;
            Some(Blocked { place: place.name().to_string(), reason })
        })
    });
    let not_promoted = blocked.collect();
    let phases = standings.iter().map(|phase| Phase {
        name: phase.phase.to_string(),
        automatic: phase.automatic,
        reached: phase.reached,
        complete: phase.complete(),
        places: phase
            .places
            .iter()
            .map(|(place, standing)| (place.name().to_string(), words(place, *standing)))
            .collect(),
    });
    Release {
        owner: state.name_of(&id.project.space),
        project: id.project.name.to_string(),
        version: id.version.to_string(),
        digest: release.digest.to_string(),
        notes: release.notes.to_string(),
        status,
        packages: release.snapshot.packages.iter().map(package).collect(),
        phases: phases.collect(),
        not_promoted,
    }
}

fn words(place: &Place, standing: Standing) -> String {
    match (place, standing) {
        (Place::Space(_), Standing::Done) => "promoted".to_owned(),
        (Place::Space(_), Standing::Untried) => "not promoted".to_owned(),
        (Place::Environment(_), Standing::Done) => "succeeded".to_owned(),
        (Place::Environment(_), Standing::Untried) => "not deployed".to_owned(),
        (Place::Environment(_) | Place::Space(_), standing) => describe(standing).to_owned(),
    }
}
