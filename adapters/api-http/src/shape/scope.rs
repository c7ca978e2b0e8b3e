//! Where something of a project applies, as people write it.

use engine::state::State;
use schema::name::Name;
use schema::v1::event::Pattern;
use schema::v1::model::{Scope as Frozen, Site, Where};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where something applies; a respect that names nothing fits everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// In these environments.
    #[serde(default)]
    pub environments: Vec<Pattern>,
    /// For these tenants.
    #[serde(default)]
    pub tenants: Vec<Name>,
    /// In releases of these channels.
    #[serde(default)]
    pub channels: Vec<Name>,
    /// In these steps.
    #[serde(default)]
    pub steps: Vec<Name>,
}

impl From<Where> for Scope {
    fn from(Where { environments, tenants, channels, steps }: Where) -> Self {
        Self { environments, tenants, channels, steps }
    }
}

impl From<Scope> for Where {
    fn from(Scope { environments, tenants, channels, steps }: Scope) -> Self {
        Self { environments, tenants, channels, steps }
    }
}

/// For people: `everywhere`, or what it names.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&joined(&[
            ("in", texts(&self.environments)),
            ("for", texts(&self.tenants)),
            ("channel", texts(&self.channels)),
            ("step", texts(&self.steps)),
        ]))
    }
}

/// For people: where a part of a release applies, by the names that spaces have here.
#[must_use]
pub fn words(state: &State, scope: &Frozen) -> String {
    let site = |site: &Site| {
        let environment = site.environment.as_ref().map_or("*", Name::as_str);
        match site.space == state.me() {
            true if site.environment.is_some() => environment.to_owned(),
            _ => format!("{}: {environment}", state.name_of(&site.space)),
        }
    };
    let sites = scope.sites.iter().map(site).collect();
    joined(&[("in", sites), ("for", texts(&scope.tenants)), ("step", texts(&scope.steps))])
}

fn texts<T: fmt::Display>(names: &[T]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Each respect that names something, behind its word.
fn joined(respects: &[(&str, Vec<String>)]) -> String {
    let named = respects.iter().filter(|(_, names)| !names.is_empty());
    let named: Vec<String> =
        named.map(|(word, names)| format!("{word} {}", names.join(", "))).collect();
    if named.is_empty() { "everywhere".to_owned() } else { named.join("; ") }
}
