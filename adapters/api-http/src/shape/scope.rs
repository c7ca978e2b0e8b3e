//! Where something of a project applies, as people write it.

use schema::name::Name;
use schema::v1::event::Pattern;
use schema::v1::model::Where;
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
        let list = |word: &str, names: Vec<String>| match names.as_slice() {
            [] => None,
            names => Some(format!("{word} {}", names.join(", "))),
        };
        let text = |names: &[Name]| names.iter().map(ToString::to_string).collect();
        let parts = [
            list("in", self.environments.iter().map(ToString::to_string).collect()),
            list("for", text(&self.tenants)),
            list("channel", text(&self.channels)),
            list("step", text(&self.steps)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&if parts.is_empty() { "everywhere".to_owned() } else { parts.join("; ") })
    }
}
