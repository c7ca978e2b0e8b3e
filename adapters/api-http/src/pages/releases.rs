//! The newest releases that a space knows: how far each is, and why not further.

use super::cell::of_release;
use super::sheet::Parts;
use super::text::visible;
use crate::shape::release::{self, Release};
use engine::decide::rights::Rights;
use engine::engine::Engine;
use maud::{Markup, html};

/// Releases that are shown, at the most.
const SHOWN_MAX: usize = 12;

/// The newest releases, each with the query of its journey.
pub(super) struct Releases {
    shown: Vec<(String, Release)>,
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
    let shown = newest.map(|(id, known)| (of_release(id), release::show(engine, id, known)));
    Releases { shown: shown.collect(), more: all.len() > SHOWN_MAX, me: state.name_of(&state.me()) }
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
                        @for (query, release) in &self.shown { (self.row(path, query, release)) }
                    }
                }
            }
        }
    }

    fn row(&self, path: &str, query: &str, release: &Release) -> Markup {
        html! {
            tr role="row" {
                th scope="row" role="rowheader" {
                    @if release.owner != self.me {
                        small { bdi { (visible(&release.owner)) ":" } " " }
                    }
                    a href={ (path) "journey?" (query) } {
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
fn phases(release: &Release) -> Markup {
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
        @if let Some(blocked) = release.not_promoted.first() {
            small .why { "why not further: " bdi { (visible(&blocked.reason)) } }
        }
    }
}
