//! The journey of a release: the pipeline over all spaces, and each step with the entry behind it.

use super::lane::{self, Lane};
use super::moment::Clock;
use super::pipeline;
use super::sheet::Sheet;
use super::text::visible;
use crate::shape::journey::words;
use crate::shape::release::{self, Release};
use engine::engine::Engine;
use engine::views::journey::Step;
use maud::{Markup, html};
use schema::v1::model::ReleaseId;

/// Everything that a journey's page shows.
pub(super) struct Journey {
    size: u64,
    release: Release,
    /// Whether the project is another space's.
    remote: bool,
    lanes: Vec<Lane>,
    steps: Vec<Happened>,
}

/// One step.
struct Happened {
    at_ms: u64,
    space: String,
    what: String,
    who: String,
    entry: String,
    position: u64,
}

/// Looks at a release; none if it is not known here.
pub(super) fn look(engine: &Engine, id: &ReleaseId) -> Option<Journey> {
    let state = engine.state();
    let known = state.releases.get(id)?;
    let steps = engine.journeys().of(id).iter();
    Some(Journey {
        size: engine.checkpoint().0,
        release: release::show(engine, id, known),
        remote: id.project.space != state.me(),
        lanes: lane::look(engine, id, known),
        steps: steps.map(|step| happened(engine, step)).collect(),
    })
}

fn happened(engine: &Engine, step: &Step) -> Happened {
    let state = engine.state();
    let detail = &step.detail;
    let what = match step.event {
        "release.created" => "created".to_owned(),
        "release.promoted" => {
            let mut spaces = state.links.all().map(|(space, _)| *space).chain([state.me()]);
            let to = spaces.find(|space| space.short() == *detail);
            format!("promoted to {}", to.map_or(detail.clone(), |to| state.name_of(&to)))
        }
        "release.accepted" => format!("accepted, {detail}"),
        "release.rejected" => format!("rejected: {detail}"),
        "promotion.answered" => format!("answered: {detail}"),
        "deployment.started" => format!("deployment to {detail} began"),
        "deployment.finished" => format!("deployment ended: {detail}"),
        "deployment.reported" => format!("result reported: {detail}"),
        other => format!("{other} {detail}"),
    };
    let who = words(&step.actor);
    Happened {
        at_ms: step.at_ms,
        space: state.name_of(&step.space),
        what,
        who,
        entry: step.entry.to_string(),
        position: step.entry.position.0,
    }
}

impl Journey {
    /// The release in words.
    pub(super) fn title(&self) -> String {
        let Release { owner, project, version, .. } = &self.release;
        let owner = if self.remote { format!("{owner}: ") } else { String::new() };
        visible(&format!("{owner}{project} {version}"))
    }

    /// Writes it.
    pub(super) fn write(&self, clock: Clock) -> Sheet {
        Sheet::write(self.size, |parts| {
            let lanes = &self.lanes;
            let drawn = html! { (pipeline::draw(lanes, clock)) (pipeline::words(lanes, clock)) };
            html! {
                section aria-labelledby="pipeline" {
                    h2 #pipeline .aside { "Pipeline" }
                    (parts.add("p", "", &self.says(), &drawn))
                }
                section aria-labelledby="about" {
                    h2 #about { "Release" }
                    (parts.add("a", "", "", &self.about()))
                }
                section aria-labelledby="steps" {
                    h2 #steps { "Steps" }
                    p .note {
                        "As they became known here. Times are by the clock of the space where it "
                        "happened."
                    }
                    (parts.add("s", "", "", &self.table(clock)))
                }
            }
        })
    }

    fn says(&self) -> String {
        let last = self.steps.last();
        last.map(|step| visible(&format!("{}: {}", step.space, step.what))).unwrap_or_default()
    }

    fn about(&self) -> Markup {
        let release = &self.release;
        html! {
            dl {
                dt { "State" } dd { bdi { (visible(&release.status)) } }
                @if !release.notes.is_empty() {
                    dt { "Notes" } dd .text { bdi { (visible(&release.notes)) } }
                }
                @for package in &release.packages {
                    dt { "Package" }
                    dd { bdi { (visible(&package.id)) } " " (visible(&package.version)) ", "
                        (package.size) " bytes" small .id { "SHA-256 " (package.sha256) } }
                }
                dt { "Digest" } dd .id { (release.digest) }
                @for blocked in &release.not_promoted {
                    dt { "Why not " bdi { (visible(&blocked.place)) } }
                    dd { bdi { (visible(&blocked.reason)) } }
                }
            }
        }
    }

    fn table(&self, clock: Clock) -> Markup {
        html! {
            div .wide role="group" aria-labelledby="steps" tabindex="0" {
                table .plain role="table" {
                    thead role="rowgroup" { tr role="row" {
                        @for head in ["What", "When", "Space", "Who", "Entry"] {
                            th scope="col" role="columnheader" { (head) }
                        }
                    } }
                    tbody role="rowgroup" { @for step in &self.steps { (row(step, clock)) } }
                }
            }
        }
    }
}

fn row(step: &Happened, clock: Clock) -> Markup {
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { bdi { (visible(&step.what)) } }
            td role="cell" data-label="When" { (clock.exactly(step.at_ms)) }
            td role="cell" data-label="Space" { bdi { (visible(&step.space)) } }
            td role="cell" data-label="Who" { bdi { (visible(&step.who)) } }
            td role="cell" data-label="Entry" { code title=(step.entry) { (step.position) } }
        }
    }
}
