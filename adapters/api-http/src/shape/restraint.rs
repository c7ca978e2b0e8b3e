//! What holds releases up because somebody said so: freezes, and what policy leaves alone.

use engine::engine::Engine;
use schema::latest::Actor;
use schema::name::{Name, Text, Version};
use schema::v1::event::{FreezeMade, Pattern, PolicyRule};
use serde::{Deserialize, Serialize};

/// A freeze that shall be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freezing {
    /// What it is called.
    pub name: Name,
    /// Of these projects.
    pub projects: Vec<Pattern>,
    /// In these environments; all of another space stand for promotions to it.
    pub environments: Vec<Pattern>,
    /// From when on, milliseconds since 1970; at once if not said.
    pub from_ms: Option<u64>,
    /// Until when, milliseconds since 1970; until it is lifted if not said.
    pub until_ms: Option<u64>,
    /// Why.
    pub reason: Text,
}

impl From<Freezing> for FreezeMade {
    fn from(freezing: Freezing) -> Self {
        let Freezing { name, projects, environments, from_ms, until_ms, reason } = freezing;
        // The same said twice is the same freeze: at once is not this very moment.
        Self { name, projects, environments, from_ms: from_ms.unwrap_or(0), until_ms, reason }
    }
}

/// A freeze that was not lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// What it is called.
    pub name: String,
    /// Of these projects.
    pub projects: Vec<Pattern>,
    /// In these environments.
    pub environments: Vec<Pattern>,
    /// From when on; none if it was at once.
    pub from: Option<String>,
    /// Until when; none if until it is lifted.
    pub until: Option<String>,
    /// Whether it holds now.
    pub holds: bool,
    /// Why.
    pub reason: String,
    /// Who made it; none for policy.
    pub by: Option<String>,
}

/// Shows every freeze that was not lifted, but those whose time is over.
#[must_use]
pub fn freezes(engine: &Engine) -> Vec<Freeze> {
    let now_ms = engine.now().wall_ms;
    let all = engine.state().restraints.freezes().filter(|freeze| !freeze.is_over(now_ms));
    let show = |freeze: &engine::state::restraints::Freeze| {
        let FreezeMade { name, projects, environments, from_ms, until_ms, reason } =
            &freeze.content;
        Freeze {
            name: name.to_string(),
            projects: projects.clone(),
            environments: environments.clone(),
            from: Some(*from_ms).filter(|from_ms| *from_ms > 0).map(super::time),
            until: until_ms.map(super::time),
            holds: freeze.holds(now_ms),
            reason: reason.to_string(),
            by: person(&freeze.by),
        }
    };
    all.map(show).collect()
}

/// What policy leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "rule")]
pub enum Rule {
    /// It does nothing by itself with these projects at these places.
    Pause {
        /// The projects.
        project: Pattern,
        /// The places: environments, or all of another space for promotions to it.
        place: Pattern,
    },
    /// It deploys no other version.
    Pin {
        /// The project.
        project: Pattern,
        /// The environment of this space.
        environment: Name,
        /// The version.
        version: Version,
    },
    /// A place does not count for its phase.
    Skip {
        /// The place.
        place: Pattern,
    },
}

impl From<Rule> for PolicyRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Pause { project, place } => Self::Pause { project, place },
            Rule::Pin { project, environment, version } => {
                Self::Pin { project, environment, version }
            }
            Rule::Skip { place } => Self::Skip { place },
        }
    }
}

impl From<PolicyRule> for Rule {
    fn from(rule: PolicyRule) -> Self {
        match rule {
            PolicyRule::Pause { project, place } => Self::Pause { project, place },
            PolicyRule::Pin { project, environment, version } => {
                Self::Pin { project, environment, version }
            }
            PolicyRule::Skip { place } => Self::Skip { place },
        }
    }
}

/// What policy was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What it leaves alone.
    #[serde(flatten)]
    pub rule: Rule,
    /// Why.
    pub reason: String,
    /// Who said so; none for policy itself.
    pub by: Option<String>,
    /// When.
    pub at: String,
}

/// Shows everything that policy leaves alone.
#[must_use]
pub fn policy(engine: &Engine) -> Vec<Told> {
    let show = |(rule, told): (&PolicyRule, &engine::state::restraints::Told)| Told {
        rule: rule.clone().into(),
        reason: told.reason.to_string(),
        by: person(&told.by),
        at: super::time(told.at_ms),
    };
    engine.state().restraints.rules().map(show).collect()
}

fn person(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Person(name) => Some(name.to_string()),
        Actor::Policy | Actor::Space(_) => None,
    }
}
