//! Freezes: nothing is deployed or promoted for a while.

use super::journey::person;
use super::restraint::{own, seen};
use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::state::State;
use engine::state::restraints::Freeze as Known;
use schema::name::{Name, Text};
use schema::v1::event::{FreezeMade, Pattern};
use serde::{Deserialize, Serialize};

/// A freeze that shall be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freezing {
    /// What to call it.
    pub name: Name,
    /// Of these projects; of all if none is named.
    #[serde(default)]
    pub projects: Vec<Pattern>,
    /// In these environments; everywhere, promotions too, if none is named.
    #[serde(default)]
    pub environments: Vec<Pattern>,
    /// From when on, milliseconds since 1970; at once if not said.
    #[serde(default)]
    pub from_ms: Option<u64>,
    /// Until when, milliseconds since 1970; until it is lifted if not said.
    #[serde(default)]
    pub until_ms: Option<u64>,
    /// Why.
    pub reason: Text,
}

impl Freezing {
    /// The freeze that is meant. One that begins at once and holds already has begun: the same
    /// again is the same.
    #[must_use]
    pub fn made(self, engine: &Engine) -> FreezeMade {
        let (state, now_ms) = (engine.state(), engine.now().wall_ms);
        let known = state.restraints.freeze(&self.name).filter(|it| it.holds(now_ms));
        let begun = known.map_or(now_ms, |it| it.content.from_ms);
        let meant = |patterns: Vec<Pattern>| match patterns.is_empty() {
            true => vec![Pattern::all()],
            false => patterns.into_iter().map(|pattern| own(state, pattern)).collect(),
        };
        FreezeMade {
            name: self.name,
            projects: meant(self.projects),
            environments: meant(self.environments),
            from_ms: self.from_ms.unwrap_or(begun),
            until_ms: self.until_ms,
            reason: self.reason,
        }
    }
}

/// A freeze that holds, or will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// What it is called.
    pub name: String,
    /// Whether it holds now.
    pub holds: bool,
    /// Of these projects.
    pub projects: Vec<String>,
    /// In these environments; `*` stops promotions too.
    pub environments: Vec<String>,
    /// From when on.
    pub from: String,
    /// Until when; until it is lifted if none.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// Who made it; none for policy.
    pub by: Option<String>,
    /// When it was made.
    pub at: String,
}

/// Shows the freezes of what may be seen: those that hold, then those that will.
#[must_use]
pub fn list(engine: &Engine, rights: &Rights, now_ms: u64) -> Vec<Freeze> {
    let state = engine.state();
    let open = state.restraints.freezes().filter(|freeze| !freeze.is_over(now_ms));
    let mut all: Vec<Freeze> =
        open.filter_map(|freeze| show(state, rights, freeze, now_ms)).collect();
    all.sort_by_key(|freeze| (!freeze.holds, freeze.from.clone()));
    all
}

fn show(state: &State, rights: &Rights, freeze: &Known, now_ms: u64) -> Option<Freeze> {
    let content = &freeze.content;
    let seen = content.projects.iter().filter(|pattern| seen(state, rights, pattern));
    let projects: Vec<String> = seen.map(ToString::to_string).collect();
    (!projects.is_empty()).then(|| Freeze {
        name: content.name.to_string(),
        holds: freeze.holds(now_ms),
        projects,
        environments: content.environments.iter().map(ToString::to_string).collect(),
        from: super::time(content.from_ms),
        until: content.until_ms.map(super::time),
        reason: content.reason.to_string(),
        by: person(&freeze.by),
        at: super::time(freeze.at_ms),
    })
}
