//! Secrets of projects: that there are some, when they were set and by whom, and never a value.

use super::scope::Scope;
use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::trust::secret::SecretValue;
use schema::id::CommandId;
use schema::latest::Actor;
use schema::v1::model::ProjectId;
use serde::{Deserialize, Serialize};

/// A secret that a project declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Where it applies; a project may have several of one name.
    pub scope: Scope,
    /// `set`, `not set`, or `lost` where its at-rest key is not here.
    pub state: String,
    /// When it was set.
    pub set_at: Option<String>,
    /// Who set it.
    pub set_by: Option<String>,
}

/// A value on its way in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The same command again does nothing twice.
    pub id: CommandId,
    /// Where the one that is meant applies; not needed where only one has that name.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// The value.
    pub value: SecretValue,
}

/// The same, as it is sent.
#[derive(Serialize)]
pub struct Sent<'a> {
    /// The same command again does nothing twice.
    pub id: CommandId,
    /// Where the one that is meant applies.
    pub scope: Option<Scope>,
    /// The value.
    pub value: &'a str,
}

/// Shows the secrets of all projects that may be seen.
#[must_use]
pub fn list(engine: &Engine, rights: &Rights) -> Vec<Secret> {
    let state = engine.state();
    let mut all = Vec::new();
    for project in state.configuration.projects() {
        let seen = rights.see(&ProjectId { space: state.me(), name: project.clone() });
        let Some(known) = state.configuration.project(project).filter(|_| seen) else { continue };
        for secret in &known.secrets {
            let set = state.secrets.value(project, secret);
            let here = set.map(|set| engine.identity().at_rest().has(set.sealed.key));
            let word = match here {
                None => "not set",
                Some(true) => "set",
                Some(false) => "lost",
            };
            all.push(Secret {
                project: project.to_string(),
                name: secret.name.to_string(),
                scope: Scope::from(secret.scope.clone()),
                state: word.to_owned(),
                set_at: set.map(|set| super::time(set.at_ms)),
                set_by: set.map(|set| match &set.by {
                    Actor::Person(name) => name.to_string(),
                    Actor::Policy => "policy".to_owned(),
                    Actor::Space(space) => space.short(),
                }),
            });
        }
    }
    all
}
