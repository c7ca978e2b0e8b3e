//! What policy does by itself, and what it is told to leave alone.

use super::journey::person;
use engine::argument::argument;
use engine::decide::permission::Permission;
use engine::decide::rights::{Object, Rights};
use engine::engine::Engine;
use engine::state::State;
use schema::name::{Name, Version};
use schema::v1::event::{Definition, Pattern, PolicyRule};
use schema::v1::model::ProjectId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that policy leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "rule")]
pub enum Rule {
    /// It does nothing by itself with these projects at these places.
    Pause {
        /// The projects.
        project: Pattern,
        /// The places.
        place: Pattern,
    },
    /// It deploys no other version of a project to an environment.
    Pin {
        /// The project.
        project: Pattern,
        /// The environment.
        environment: Name,
        /// The version.
        version: Version,
    },
    /// A place does not count for its phase, as long as it is down.
    Skip {
        /// The place.
        place: Pattern,
    },
}

impl Rule {
    /// The rule that is meant, in the one form that it has here.
    #[must_use]
    pub fn meant(self, state: &State) -> PolicyRule {
        match self {
            Self::Pause { project, place } => {
                PolicyRule::Pause { project: own(state, project), place: own(state, place) }
            }
            Self::Pin { project, environment, version } => {
                PolicyRule::Pin { project: own(state, project), environment, version }
            }
            Self::Skip { place } => PolicyRule::Skip { place: own(state, place) },
        }
    }

    /// What to type so that it ends.
    #[must_use]
    pub fn undo(&self) -> String {
        let unless_all = |option: &str, pattern: &Pattern| match pattern.is_all() {
            true => String::new(),
            false => format!(" {option} {}", argument(&pattern.to_string())),
        };
        match self {
            Self::Pause { project, place } => {
                let (project, at) = (unless_all("--project", project), unless_all("--at", place));
                format!("interspace policy resume{project}{at}")
            }
            Self::Pin { project, environment, .. } => {
                let owner = project.space.as_ref();
                let owner = owner.map(|name| format!(" --owner {}", argument(name.as_str())));
                format!(
                    "interspace policy unpin {} --in {}{}",
                    argument(project.name.as_str()),
                    argument(environment.as_str()),
                    owner.unwrap_or_default()
                )
            }
            Self::Skip { place } => {
                format!("interspace policy unskip {}", argument(&place.to_string()))
            }
        }
    }
}

/// In words.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |pattern: &Pattern, word: &str| match pattern.is_all() {
            true => word.to_owned(),
            false => pattern.to_string(),
        };
        match self {
            Self::Pause { project, place } => {
                let (project, place) = (all(project, "all projects"), all(place, "everywhere"));
                write!(f, "paused: {project}, {place}")
            }
            Self::Pin { project, environment, version } => {
                write!(f, "pinned: {project} in {environment} to {version}")
            }
            Self::Skip { place } => write!(f, "skipped: {}", all(place, "every place")),
        }
    }
}

impl From<&PolicyRule> for Rule {
    fn from(rule: &PolicyRule) -> Self {
        match rule.clone() {
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
    /// What to leave alone.
    #[serde(flatten)]
    pub rule: Rule,
    /// Why.
    pub reason: String,
    /// Who said so; none for policy.
    pub by: Option<String>,
    /// When.
    pub at: String,
    /// What to type so that it ends.
    pub undo: String,
}

/// A phase in which policy acts by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automatic {
    /// The lifecycle.
    pub lifecycle: String,
    /// The phase.
    pub phase: String,
    /// Where it deploys, and to whom it promotes.
    pub places: Vec<String>,
}

/// A project of another space whose releases policy accepts by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The space.
    pub from: String,
    /// The project.
    pub project: String,
    /// The lifecycle that its releases go through.
    pub lifecycle: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// The phases in which it acts by itself.
    pub automatic: Vec<Automatic>,
    /// What it accepts by itself.
    pub accepts: Vec<Accepted>,
    /// What it leaves alone all the same.
    pub rules: Vec<Told>,
}

/// Shows policy, of what may be seen.
#[must_use]
pub fn show(engine: &Engine, rights: &Rights) -> Policy {
    let state = engine.state();
    let rules = state.restraints.rules().filter(|(rule, _)| match rule {
        PolicyRule::Pause { project, .. } | PolicyRule::Pin { project, .. } => {
            seen(state, rights, project)
        }
        PolicyRule::Skip { .. } => true,
    });
    let told = rules.map(|(rule, told)| {
        let rule = Rule::from(rule);
        Told {
            undo: rule.undo(),
            rule,
            reason: told.reason.to_string(),
            by: person(&told.by),
            at: super::time(told.at_ms),
        }
    });
    Policy { automatic: automatic(state), accepts: accepts(state, rights), rules: told.collect() }
}

fn automatic(state: &State) -> Vec<Automatic> {
    let lifecycles =
        state.configuration.lifecycles().filter_map(|name| state.configuration.lifecycle(name));
    let phases = lifecycles.flat_map(|lifecycle| {
        let phases = lifecycle.phases.iter().filter(|phase| phase.automatic);
        phases.map(|phase| Automatic {
            lifecycle: lifecycle.name.to_string(),
            phase: phase.name.to_string(),
            places: phase
                .environments
                .iter()
                // What another space does, its own policy says.
                .filter(|pattern| pattern.space.is_none())
                .map(ToString::to_string)
                .chain(phase.spaces.iter().map(ToString::to_string))
                .collect(),
        })
    });
    phases.collect()
}

fn accepts(state: &State, rights: &Rights) -> Vec<Accepted> {
    let rules = state.configuration.all().filter_map(|(_, definition)| {
        let Definition::Acceptance(rule) = definition else { return None };
        rule.automatic.then_some(rule)
    });
    let seen = rules.filter(|rule| {
        let (space, name) = (Some(rule.from.clone()), rule.project.clone());
        seen(state, rights, &Pattern { space, name })
    });
    let shown = seen.map(|rule| Accepted {
        from: rule.from.to_string(),
        project: rule.project.to_string(),
        lifecycle: rule.lifecycle.to_string(),
    });
    shown.collect()
}

/// Whether somebody may know that something is said of these projects: it is said of all of a
/// space, or of one that they may see.
pub(super) fn seen(state: &State, rights: &Rights, pattern: &Pattern) -> bool {
    if pattern.is_any_name() {
        return true;
    }
    match state.space_of(pattern) {
        Some(space) => rights.see(&ProjectId { space, name: pattern.name.clone() }),
        None => rights.may(Permission::See, &Object::SPACE),
    }
}

/// A pattern in the one form that it has here: what is this space's own names no space. `*` of this
/// space alone keeps its name, because without it stands for all of every space.
pub(super) fn own(state: &State, pattern: Pattern) -> Pattern {
    let me = state.name_of(&state.me());
    let named = pattern.space.as_ref().is_some_and(|name| name.as_str() == me);
    let space = pattern.space.filter(|_| !named || pattern.name.as_str() == "*");
    Pattern { space, name: pattern.name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_says_what_it_is_and_what_to_type_so_that_it_ends() {
        let pin = |project| Rule::Pin {
            project: pattern(project),
            environment: "Live EU".parse().unwrap(),
            version: "1.2.0".parse().unwrap(),
        };
        let all = [
            (
                Rule::Pause { project: pattern("*"), place: pattern("*") },
                "paused: all projects, everywhere",
                "interspace policy resume",
            ),
            (
                Rule::Pause { project: pattern("Web"), place: pattern("Prod US: *") },
                "paused: Web, Prod US: *",
                "interspace policy resume --project Web --at 'Prod US: *'",
            ),
            (
                pin("Web"),
                "pinned: Web in Live EU to 1.2.0",
                "interspace policy unpin Web --in 'Live EU'",
            ),
            (
                pin("Dev Space: Web"),
                "pinned: Dev Space: Web in Live EU to 1.2.0",
                "interspace policy unpin Web --in 'Live EU' --owner 'Dev Space'",
            ),
            (
                Rule::Skip { place: pattern("Prod US: *") },
                "skipped: Prod US: *",
                "interspace policy unskip 'Prod US: *'",
            ),
        ];
        for (rule, words, undo) in all {
            assert_eq!(rule.to_string(), words);
            assert_eq!(rule.undo(), undo);
        }
    }
}
