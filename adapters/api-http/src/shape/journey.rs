//! The journey of a release.

use engine::engine::Engine;
use schema::latest::Actor;
use schema::v1::model::ReleaseId;
use serde::{Deserialize, Serialize};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When, by the clock of the space where it happened.
    pub at: String,
    /// Where.
    pub space: String,
    /// What.
    pub event: String,
    /// The entry in that space's log.
    pub entry: String,
    /// Who; none for policy and for who is not disclosed.
    pub actor: Option<String>,
    /// The same in words: a person, `policy` or `not disclosed`.
    pub by: String,
    /// More about it.
    pub detail: String,
}

/// The name of a person, if it was one.
#[must_use]
pub fn person(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Person(name) => Some(name.to_string()),
        Actor::Policy | Actor::Space(_) => None,
    }
}

/// Who did something, in words.
#[must_use]
pub fn words(actor: &Actor) -> String {
    match actor {
        Actor::Person(name) => name.to_string(),
        Actor::Policy => "policy".to_owned(),
        Actor::Space(_) => "not disclosed".to_owned(),
    }
}

/// Shows the journey of one release as this space knows it.
#[must_use]
pub fn show(engine: &Engine, release: &ReleaseId) -> Vec<Step> {
    let state = engine.state();
    let steps = engine.journeys().of(release).iter();
    let shown = steps.map(|step| Step {
        at: super::time(step.at_ms),
        space: state.name_of(&step.space),
        event: step.event.to_owned(),
        entry: step.entry.to_string(),
        actor: person(&step.actor),
        by: words(&step.actor),
        detail: match step.event {
            "release.promoted" => promoted_to(engine, &step.detail),
            _ => step.detail.clone(),
        },
    });
    shown.collect()
}

/// The name of the space behind a short id.
fn promoted_to(engine: &Engine, short: &str) -> String {
    let state = engine.state();
    let me = state.me();
    let mut known = state.links.all().map(|(space, _)| *space).chain([me]);
    let space = known.find(|space| space.short() == short);
    space.map_or_else(|| short.to_owned(), |space| format!("to {}", state.name_of(&space)))
}
