//! Spaces.

use engine::engine::Engine;
use engine::trust::certificate::fingerprint;
use engine::trust::fingerprint::{hex, words};
use schema::id::SpaceId;
use schema::name::Name;
use serde::{Deserialize, Serialize};

/// A space to be founded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    /// Its name.
    pub name: Name,
}

/// A space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: SpaceId,
    /// Its id in groups of four, for comparing aloud.
    pub fingerprint: String,
    /// The first 132 bits of its id as twelve words.
    pub fingerprint_words: String,
    /// The first 128 bits of its id as hex.
    pub fingerprint_hex: String,
    /// Records in its log.
    pub entries: u64,
    /// Its environments.
    pub environments: Vec<String>,
    /// Its projects.
    pub projects: Vec<String>,
    /// Its lifecycles.
    pub lifecycles: Vec<String>,
    /// Why it was closed by a failure, if it was; nothing else is known of it then.
    pub closed: Option<String>,
    /// How many envelopes were refused at the door, by reason, since the node started.
    pub refused: std::collections::BTreeMap<String, u64>,
}

/// Shows a space.
#[must_use]
pub fn show(engine: &Engine) -> Space {
    let state = engine.state();
    let texts = |names: Vec<&Name>| names.into_iter().map(Name::to_string).collect();
    let refused = engine.quarantine().counts().iter();
    Space {
        name: engine.identity().name().to_string(),
        id: state.me(),
        fingerprint: fingerprint(&state.me()),
        fingerprint_words: words(&state.me()),
        fingerprint_hex: hex(&state.me()),
        entries: engine.checkpoint().0,
        environments: texts(state.configuration.environments().collect()),
        projects: texts(state.configuration.projects().collect()),
        lifecycles: texts(state.configuration.lifecycles().collect()),
        closed: None,
        refused: refused.map(|(reason, count)| ((*reason).to_owned(), *count)).collect(),
    }
}

/// Shows a space that was closed by a failure.
#[must_use]
pub fn closed(id: SpaceId, name: &Name, why: &str) -> Space {
    Space {
        name: name.to_string(),
        id,
        fingerprint: fingerprint(&id),
        fingerprint_words: words(&id),
        fingerprint_hex: hex(&id),
        entries: 0,
        environments: Vec::new(),
        projects: Vec::new(),
        lifecycles: Vec::new(),
        closed: Some(why.to_owned()),
        refused: std::collections::BTreeMap::new(),
    }
}
