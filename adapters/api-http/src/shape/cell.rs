//! The cells of a dashboard.

use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::step::Now;
use engine::views::dashboard::{Deployed, cells};
use serde::{Deserialize, Serialize};

/// One cell: what is installed, and the newest attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The space that owns the project.
    pub owner: String,
    /// The project.
    pub project: String,
    /// The space whose environment it is.
    pub space: String,
    /// The environment.
    pub environment: String,
    /// The tenant, if it is one's.
    pub tenant: Option<String>,
    /// Whether the environment is another space's.
    pub remote: bool,
    /// What is installed.
    pub version: Option<String>,
    /// Its revision, where that is known.
    #[serde(default)]
    pub revision: Option<u32>,
    /// Whether it was recalled.
    #[serde(default)]
    pub recalled: bool,
    /// How its deployment ended.
    pub outcome: Option<String>,
    /// Whether the space was heard from lately; always so for this space's own.
    pub fresh: bool,
    /// When the space was last heard, or now for this space's own.
    pub heard_at: Option<String>,
    /// Who passed its newest result on, where it did not come from the space itself.
    #[serde(default)]
    pub through: Option<Through>,
    /// The receipt of what is installed.
    pub receipt: Option<String>,
    /// Whether the receipt's signature was just checked.
    pub proven: bool,
    /// When it was installed.
    pub at: Option<String>,
    /// The newest deployment that ended.
    pub last_attempt: Option<Attempt>,
    /// What is being deployed now; only known for this space's own.
    pub running: Option<String>,
}

/// A space that passes on what another one reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Through {
    /// Its name.
    pub space: String,
    /// Whether it was heard from lately. How long ago it heard the other is not known.
    pub fresh: bool,
    /// When it was last heard.
    pub heard_at: Option<String>,
}

/// A deployment that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The version.
    pub version: String,
    /// How it ended.
    pub outcome: String,
    /// Its receipt.
    pub receipt: String,
}

/// Shows every cell that may be seen.
#[must_use]
pub fn show(engine: &Engine, now: Now, rights: &Rights) -> Vec<Cell> {
    let state = engine.state();
    let links = engine.links(now);
    let seen = cells(state).into_iter();
    let seen = seen.filter(|cell| rights.see_cell(&cell.project, cell.space, &cell.environment));
    let shown = seen.map(|cell| {
        let remote = cell.space != state.me();
        let link_to = |space| links.iter().find(|link| link.peer == space);
        let link = link_to(cell.space);
        let through = cell.through.map(|relay| Through {
            space: state.name_of(&relay),
            fresh: link_to(relay).is_some_and(|link| link.fresh),
            heard_at: link_to(relay).and_then(|link| link.heard_ms).map(super::time),
        });
        let heard = link.and_then(|link| link.heard_ms).map(super::time);
        let attempt = |last: Deployed| Attempt {
            version: last.version.to_string(),
            outcome: last.outcome.as_str().to_owned(),
            receipt: last.receipt.to_string(),
        };
        let installed = cell.installed.as_ref();
        Cell {
            owner: state.name_of(&cell.project.space),
            project: cell.project.name.to_string(),
            space: state.name_of(&cell.space),
            environment: cell.environment.to_string(),
            tenant: cell.tenant.as_ref().map(ToString::to_string),
            remote,
            version: installed.map(|installed| installed.version.to_string()),
            revision: installed.and_then(|installed| installed.revision),
            recalled: installed.is_some_and(|installed| installed.recalled),
            outcome: installed.map(|installed| installed.outcome.as_str().to_owned()),
            fresh: !remote || link.is_some_and(|link| link.fresh),
            heard_at: if remote { heard } else { Some(super::time(now.wall_ms)) },
            through,
            receipt: installed.map(|installed| installed.receipt.to_string()),
            proven: installed.is_some_and(|installed| installed.proven),
            at: installed.map(|installed| super::time(installed.at_ms)),
            last_attempt: cell.last.map(attempt),
            running: cell.running.map(|version| version.to_string()),
        }
    });
    shown.collect()
}
