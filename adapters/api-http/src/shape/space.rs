//! Spaces.

use engine::decide::permission::Permission;
use engine::decide::rights::{Object, Rights};
use engine::engine::Engine;
use engine::trust::certificate::fingerprint;
use engine::trust::fingerprint::{hex, words};
use schema::id::SpaceId;
use schema::name::Name;
use schema::v1::model::ProjectId;
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

/// Shows a space, as much of it as may be seen. What was refused at the door is for who audits it.
#[must_use]
pub fn show(engine: &Engine, rights: &Rights) -> Space {
    let state = engine.state();
    let (me, known) = (state.me(), &state.configuration);
    let texts = |names: Vec<&Name>| names.into_iter().map(Name::to_string).collect();
    let refused = engine.quarantine().counts().iter();
    let refused = refused.filter(|_| rights.may(Permission::Audit, &Object::SPACE));
    let project = |name: &Name| ProjectId { space: me, name: name.clone() };
    let projects: Vec<_> = known.projects().filter(|name| rights.see(&project(name))).collect();
    let environments = known.environments().filter(|name| rights.see_environment(me, name));
    let whole = rights.may(Permission::See, &Object::SPACE);
    let lifecycles = known.lifecycles().filter(|lifecycle| {
        let mut projects = projects.iter().filter_map(|name| known.project(name));
        whole || projects.any(|project| project.lifecycle == **lifecycle)
    });
    Space {
        name: engine.identity().name().to_string(),
        id: me,
        fingerprint: fingerprint(&me),
        fingerprint_words: words(&me),
        fingerprint_hex: hex(&me),
        entries: engine.checkpoint().0,
        environments: texts(environments.collect()),
        lifecycles: texts(lifecycles.collect()),
        projects: texts(projects),
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
