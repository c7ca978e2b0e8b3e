//! A cell of the dashboard: what is installed in one environment, and what goes on there.

use super::freshness::{self, Freshness};
use super::mark::Mark;
use super::moment::Clock;
use super::text::{encoded, visible};
use super::way::Way;
use crate::shape::release::place;
use engine::engine::Engine;
use engine::state::cells::{CellId, Proof, Running, Slot};
use engine::step::Now;
use engine::views::dashboard::{Deployed, Shown};
use maud::{Markup, html};
use schema::latest::{Actor, Outcome};
use schema::v1::document::receipt::DeployedBy;
use schema::v1::model::{ProjectId, ReleaseId};

/// A deployment that ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    version: String,
    /// Where it is not the first.
    revision: Option<u32>,
    recalled: bool,
    outcome: Outcome,
    at_ms: u64,
    by: String,
    proven: bool,
}

/// One cell.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    id: CellId,
    /// Where it is in words: `Production`, or `Prod EU: Production`.
    place: String,
    project: String,
    installed: Option<Ended>,
    /// The newest attempt, where that is not what is installed.
    failed: Option<Ended>,
    /// What is being deployed, since when, and by whom.
    running: Option<(String, u64, String)>,
    freshness: Freshness,
}

/// What is to be shown of a cell.
pub(super) fn look(engine: &Engine, shown: &Shown, now: Now, way: &Way) -> Cell {
    let state = engine.state();
    let (project, space) = (shown.project.clone(), shown.space);
    let slot = Slot { environment: shown.environment.clone(), tenant: shown.tenant.clone() };
    let id = CellId { project, space, slot };
    let known = state.cells.get(&id);
    let ended = |deployed: &Deployed, proof: Option<&Proof>| Ended {
        version: deployed.version.to_string(),
        revision: deployed.revision.filter(|revision| *revision > 1),
        recalled: deployed.recalled,
        outcome: deployed.outcome,
        at_ms: deployed.at_ms,
        by: proof.map(|proof| by(&proof.receipt.by)).unwrap_or_default(),
        proven: deployed.proven,
    };
    let proof = known.and_then(|cell| cell.installed.as_deref());
    let last = known.and_then(|cell| cell.last.as_deref());
    let newer = shown.last.as_ref().filter(|last| {
        let installed = shown.installed.as_ref();
        installed.is_none_or(|installed| installed.receipt != last.receipt)
    });
    Cell {
        place: place(engine.state(), &space, &id.slot),
        project: id.project.name.to_string(),
        installed: shown.installed.as_ref().map(|installed| ended(installed, proof)),
        failed: newer.map(|newer| ended(newer, last)),
        running: known.and_then(|cell| cell.running.as_ref()).map(running),
        freshness: freshness::of(engine, shown, now, way),
        id,
    }
}

fn running(running: &Running) -> (String, u64, String) {
    (running.release.version.to_string(), running.started_ms, acted(&running.by))
}

/// Who deployed, to follow what was done; empty where it is not disclosed.
pub(super) fn by(who: &DeployedBy) -> String {
    match who {
        DeployedBy::Person(name) => format!("by {name}"),
        DeployedBy::Policy => "by policy".to_owned(),
        DeployedBy::Undisclosed => String::new(),
    }
}

/// Who acted, to follow what was done.
pub(super) fn acted(who: &Actor) -> String {
    match who {
        Actor::Person(name) => format!("by {name}"),
        Actor::Policy => "by policy".to_owned(),
        Actor::Space(_) => String::new(),
    }
}

/// The query that names a release.
pub(super) fn release_query(project: &ProjectId, version: &str) -> String {
    let (owner, name) = (project.space, encoded(project.name.as_str()));
    format!("owner={owner}&project={name}&version={}", encoded(version))
}

/// The query that names a cell.
pub(super) fn query(cell: &CellId) -> String {
    let (owner, project) = (cell.project.space, encoded(cell.project.name.as_str()));
    let environment = encoded(cell.slot.environment.as_str());
    let tenant = cell.slot.tenant.as_ref();
    let tenant = tenant.map(|name| format!("&tenant={}", encoded(name.as_str())));
    let tenant = tenant.unwrap_or_default();
    format!("of={}&environment={environment}&owner={owner}&project={project}{tenant}", cell.space)
}

impl Cell {
    /// Whose environment it is.
    pub(super) const fn id(&self) -> &CellId {
        &self.id
    }

    /// The class of its frame.
    pub(super) fn class(&self) -> String {
        let place = if self.freshness == Freshness::Own { "near" } else { "far" };
        let stale = if self.freshness.stale() { " stale" } else { "" };
        let state = match (&self.running, &self.failed, &self.installed) {
            (Some(_), _, _) => Mark::Running,
            (None, Some(ended), _) => Mark::of(ended.outcome),
            (None, None, Some(_)) => Mark::Done,
            (None, None, None) => Mark::Open,
        };
        format!("cell {place} {}{stale}", state.class())
    }

    /// What is announced when it changes.
    pub(super) fn says(&self, clock: Clock) -> String {
        let installed = self.installed.as_ref();
        let mut said = match (&self.running, &self.failed, installed) {
            (Some((version, _, _)), _, _) => format!("{version} is being deployed"),
            (None, Some(failed), _) => format!("{} {}", failed.version, failed.outcome.as_str()),
            (None, None, Some(done)) => format!("{} {}", done.version, done.outcome.as_str()),
            (None, None, None) => "nothing deployed".to_owned(),
        };
        if installed.is_some_and(|done| done.recalled) {
            said.push_str(", what is installed was recalled");
        }
        said.push_str(&self.freshness.says(clock));
        visible(&format!("{} in {}: {said}", self.project, self.place))
    }

    /// Its inside. `path` is that of the space's pages.
    pub(super) fn inside(&self, path: &str, clock: Clock) -> Markup {
        html! {
            p .where aria-hidden="true" { bdi { (visible(&self.place)) } }
            @if let Some(tenant) = &self.id.slot.tenant {
                p .tenant aria-hidden="true" { "for " bdi { (visible(tenant.as_str())) } }
            }
            @match &self.installed {
                Some(done) => (self.installed(done, path, clock)),
                None => p .nothing { (Mark::Open.beside()) "nothing deployed" }
            }
            @if let Some((version, since, who)) = &self.running {
                p .attempt.running {
                    (Mark::Running.beside())
                    span { (self.journey(version, path)) " is being deployed"
                        br; "since " (clock.at(*since)) " " bdi { (visible(who)) } }
                }
            }
            @if let Some(failed) = &self.failed {
                p class={ "attempt " (Mark::of(failed.outcome).class()) } {
                    (Mark::of(failed.outcome).beside())
                    span { (self.journey(&failed.version, path)) " " (failed.outcome.as_str())
                        br; (clock.at(failed.at_ms)) " " bdi { (visible(&failed.by)) } }
                }
            }
            (self.freshness.line(clock))
        }
    }

    fn installed(&self, done: &Ended, path: &str, clock: Clock) -> Markup {
        let details = format!("{path}cell?{}", query(&self.id));
        let what = visible(&format!("{} in {}", self.project, self.place));
        html! {
            p .version { (Mark::of(done.outcome).beside()) (self.journey(&done.version, path)) }
            p .outcome {
                (done.outcome.as_str()) " " bdi { (visible(&done.by)) }
                @if let Some(revision) = done.revision { ", revision " (revision) }
            }
            @if done.recalled { p .outcome { b { "recalled" } ": it was found bad" } }
            p .since {
                span { "since " (clock.at(done.at_ms)) }
                a href=(details) {
                    @if done.proven { "proven" } @else { "not proven" }
                    span .aside { ": receipt of " (what) }
                }
            }
        }
    }

    fn journey(&self, version: &str, path: &str) -> Markup {
        let href = format!("{path}journey?{}", release_query(&self.id.project, version));
        html! { a href=(href) { (visible(version)) } }
    }
}

/// The query of a release's journey.
pub(super) fn of_release(id: &ReleaseId) -> String {
    release_query(&id.project, id.version.as_str())
}
