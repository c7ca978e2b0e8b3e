//! The newest releases that a space knows: how far each is, and why not further.

use super::cell::of_release;
use super::sheet::Parts;
use super::text::visible;
use crate::shape::release::{Blocked, Phase, blocked, phase, status};
use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::progress::standings;
use engine::state::releases::Release as Known;
use maud::{Markup, html};
use schema::v1::model::ReleaseId;

/// Releases that are shown, at the most.
const SHOWN_MAX: usize = 12;

/// One of them.
struct Row {
    /// The query of its journey.
    query: String,
    owner: String,
    project: String,
    version: String,
    status: String,
    phases: Vec<Phase>,
    /// Why not further, at the first place where it cannot go.
    blocked: Option<Blocked>,
    notes: String,
}

/// The newest releases.
pub(super) struct Releases {
    shown: Vec<Row>,
    /// Whether there are more.
    more: bool,
    me: String,
}

/// Looks at a space, as far as it may be seen.
pub(super) fn look(engine: &Engine, rights: &Rights) -> Releases {
    let state = engine.state();
    let mut all: Vec<_> = state.releases.all().filter(|(id, _)| rights.see(&id.project)).collect();
    all.sort_by(|(one, _), (other, _)| {
        (&one.project, &other.version).cmp(&(&other.project, &one.version))
    });
    let newest = all.iter().take(SHOWN_MAX);
    let shown = newest.map(|(id, known)| row(engine, id, known));
    Releases { shown: shown.collect(), more: all.len() > SHOWN_MAX, me: state.name_of(&state.me()) }
}

fn row(engine: &Engine, id: &ReleaseId, known: &Known) -> Row {
    let (state, now_ms) = (engine.state(), engine.now().wall_ms);
    let standings = standings(state, id, None, now_ms);
    Row {
        query: of_release(id),
        owner: state.name_of(&id.project.space),
        project: id.project.name.to_string(),
        version: id.version.to_string(),
        status: status(known),
        phases: standings.iter().map(|standing| phase(standing, now_ms)).collect(),
        blocked: blocked(state, id, &standings, now_ms).next(),
        notes: known.notes.to_string(),
    }
}

impl Releases {
    /// Writes them as a table.
    pub(super) fn write(&self, path: &str, parts: &mut Parts) -> Markup {
        let inner = html! {
            @if self.shown.is_empty() {
                p .empty {
                    "No releases yet: " code { "interspace release create PROJECT VERSION" }
                }
            } @else {
                (self.table(path))
                @if self.more {
                    p .note { "These are the newest. All of them: "
                        code { "interspace release list" } }
                }
            }
        };
        html! {
            section aria-labelledby="releases" {
                h2 #releases { "Releases" }
                (parts.add("r", "", "", &inner))
            }
        }
    }

    fn table(&self, path: &str) -> Markup {
        html! {
            div .wide role="group" aria-labelledby="releases" tabindex="0" {
                table .plain role="table" {
                    thead role="rowgroup" { tr role="row" {
                        @for head in ["Release", "State", "Phases", "Notes"] {
                            th scope="col" role="columnheader" { (head) }
                        }
                    } }
                    tbody role="rowgroup" {
                        @for row in &self.shown { (self.row(path, row)) }
                    }
                }
            }
        }
    }

    fn row(&self, path: &str, release: &Row) -> Markup {
        html! {
            tr role="row" {
                th scope="row" role="rowheader" {
                    @if release.owner != self.me {
                        small { bdi { (visible(&release.owner)) ":" } " " }
                    }
                    a href={ (path) "journey?" (release.query) } {
                        bdi { (visible(&release.project)) } " " (visible(&release.version))
                    }
                }
                td role="cell" data-label="State" { bdi { (visible(&release.status)) } }
                td role="cell" data-label="Phases" { div { (phases(release)) } }
                td .text role="cell" data-label="Notes" { bdi { (visible(&release.notes)) } }
            }
        }
    }
}

/// Each phase and how the release stands in it, and why not further.
fn phases(release: &Row) -> Markup {
    html! {
        @if release.phases.is_empty() { "none here" }
        @for (at, phase) in release.phases.iter().enumerate() {
            @if at > 0 { ", " }
            bdi { (visible(&phase.name)) }
            @if phase.complete {
                " complete"
            } @else if phase.reached {
                " open"
            } @else {
                " not reached"
            }
        }
        @if let Some(blocked) = &release.blocked {
            small .why { "why not further: " bdi { (visible(&blocked.reason)) } }
        }
    }
}
