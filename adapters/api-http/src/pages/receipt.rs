//! What is behind a cell: the receipt of what is installed, its proof, and why it runs there.

use super::cell;
use super::freshness::{self, Freshness};
use super::mark::Mark;
use super::moment::{Clock, duration};
use super::sheet::Sheet;
use super::text::visible;
use super::way::Way;
use crate::shape::audit::{self, Reason};
use crate::shape::release::place;
use engine::engine::Engine;
use engine::state::cells::{CellId, Proof};
use engine::step::Now;
use engine::views::dashboard::cells;
use maud::{Markup, html};
use schema::latest::{Outcome, Receipt, StepReport, TargetReport};

/// Everything that a cell's page shows.
pub(super) struct Details {
    size: u64,
    place: String,
    project: String,
    signer: String,
    /// The query of the journey.
    journey: Option<String>,
    /// The receipt, its id, and whether its signature was just checked.
    installed: Option<(Receipt, String, bool)>,
    /// None for who may not audit it.
    reasons: Option<Vec<Reason>>,
    freshness: Freshness,
}

/// Looks at a cell, for somebody who may audit it or not; none if there is no such cell.
pub(super) fn look(
    engine: &Engine,
    id: &CellId,
    now: Now,
    way: &Way,
    audits: bool,
) -> Option<Details> {
    let state = engine.state();
    let shown = cells(state).into_iter().find(|shown| {
        shown.project == id.project
            && shown.space == id.space
            && shown.environment == id.slot.environment
            && shown.tenant == id.slot.tenant
    })?;
    let proof = state.cells.get(id).and_then(|cell| cell.installed.as_deref());
    let freshness = freshness::of(engine, &shown, now, way);
    let proven = shown.installed.is_some_and(|installed| installed.proven);
    let owner = state.name_of(&id.project.space).parse().ok();
    let trail = || audit::trail(engine, id.space, &id.slot, &id.project.name, owner.as_ref());
    let installed =
        |proof: &Proof| (proof.receipt.clone(), proof.document.id().to_string(), proven);
    Some(Details {
        size: engine.checkpoint().0,
        place: place(engine.state(), &id.space, &id.slot),
        project: id.project.name.to_string(),
        signer: state.name_of(&id.space),
        journey: proof.map(|proof| cell::of_release(&proof.receipt.release)),
        installed: proof.map(installed),
        reasons: audits.then(|| trail().unwrap_or_default()),
        freshness,
    })
}

impl Details {
    /// What is shown, in words.
    pub(super) fn title(&self) -> String {
        visible(&format!("{} in {}", self.project, self.place))
    }

    /// Writes it. `path` is that of the space's pages.
    pub(super) fn write(&self, path: &str, clock: Clock) -> Sheet {
        Sheet::write(self.size, |parts| {
            let inner = html! {
                div .fresh { (self.freshness.line(clock)) }
                @match &self.installed {
                    None => p .empty { "Nothing is deployed here." },
                    Some((receipt, id, proven)) => (self.receipt(path, receipt, id, *proven, clock))
                }
            };
            parts.add("d", "", "", &inner)
        })
    }

    fn receipt(
        &self,
        path: &str,
        receipt: &Receipt,
        id: &str,
        proven: bool,
        clock: Clock,
    ) -> Markup {
        let version = receipt.release.version.as_str();
        html! {
            section aria-labelledby="receipt" {
                h2 #receipt { "Receipt" }
                dl {
                    dt { "Release" }
                    dd { @match &self.journey {
                        Some(query) => a href={ (path) "journey?" (query) } {
                            (self.project) " " (version)
                        },
                        None => { (self.project) " " (version) }
                    } }
                    dt { "Outcome" }
                    dd .outcome {
                        (Mark::of(receipt.outcome).beside())
                        span { (receipt.outcome.as_str()) " "
                            bdi { (visible(&cell::by(&receipt.by))) } }
                    }
                    dt { "When" }
                    dd {
                        (clock.exactly(receipt.started_ms)) " to "
                        (clock.exactly(receipt.finished_ms)) ", "
                        (duration(receipt.finished_ms.saturating_sub(receipt.started_ms)))
                    }
                    dt { "Proof" }
                    dd .outcome { @if proven {
                        (Mark::Done.beside()) span { "signed by " bdi { (visible(&self.signer)) }
                            "; the signature was checked just now" }
                    } @else {
                        (Mark::Failed.beside()) span { "the signature could not be checked" }
                    } }
                    dt { "Id" } dd .id { (id) }
                    dt { "Digest" } dd .id { (receipt.digest) }
                }
            }
            (targets(&receipt.targets))
            (steps(&receipt.steps))
            @if let Some(reasons) = &self.reasons { (why(reasons, clock)) }
        }
    }
}

/// What became of the targets of the environment; nothing where it has none, or they are not
/// disclosed.
fn targets(targets: &[TargetReport]) -> Markup {
    html! {
        @if !targets.is_empty() {
            section aria-labelledby="targets" {
                h2 #targets { "Targets" }
                ul .steps { @for target in targets { li { p .outcome {
                    @match target.outcome {
                        Some(outcome) => { (Mark::of(outcome).beside()) },
                        None => { (Mark::Open.beside()) }
                    }
                    span { b { bdi { (visible(target.name.as_str())) } } " "
                        (target.outcome.map_or("nothing was run on it", Outcome::as_str))
                        @if !target.up { ", down" } }
                } } } }
            }
        }
    }
}

fn steps(steps: &[StepReport]) -> Markup {
    html! {
        section aria-labelledby="steps" {
            h2 #steps { "Steps" }
            @if steps.is_empty() {
                p .empty { "They are not disclosed to this space." }
            } @else {
                ol .steps { @for (at, one) in steps.iter().enumerate() { (step(at, one)) } }
            }
        }
    }
}

fn step(at: usize, step: &StepReport) -> Markup {
    let output = step.output.as_ref().filter(|text| !text.as_str().is_empty());
    html! {
        li {
            p .outcome {
                (Mark::of(step.outcome).beside())
                span { b { bdi { (visible(step.name.as_str())) } } " "
                    @if let Some(target) = &step.target {
                        "on " bdi { (visible(target.as_str())) } " "
                    }
                    (step.outcome.as_str()) " in " (duration(step.duration_ms))
                    @if step.attempts > 1 { ", " (step.attempts) " attempts" }
                    @if let Some(person) = &step.answered_by {
                        ", answered by " bdi { (visible(person.as_str())) }
                    } }
            }
            @if let Some(reason) = &step.reason {
                p { bdi { (visible(reason.as_str())) } }
            }
            @if !step.outputs.is_empty() {
                dl { @for output in &step.outputs {
                    dt { bdi { (visible(output.name.as_str())) } }
                    dd { bdi { (visible(output.value.as_str())) } }
                } }
            }
            @if let Some(output) = output {
                details id={ "o" (at) } {
                    summary { "Output of " bdi { (visible(step.name.as_str())) } }
                    pre tabindex="0" { (visible(output.as_str())) }
                }
            }
        }
    }
}

fn why(reasons: &[Reason], clock: Clock) -> Markup {
    html! {
        section aria-labelledby="why" {
            h2 #why { "Why it runs there" }
            ol .why {
                @for reason in reasons { li {
                    p .outcome {
                        (if reason.verified { Mark::Done } else { Mark::Failed }.beside())
                        span { bdi { (visible(&reason.what)) }
                            @if let Some(who) = &reason.who { " by " bdi { (visible(who)) } } }
                    }
                    p .note { @if reason.verified { "proven: signed by " } @else { "not proven: " }
                        bdi { (visible(&reason.signer)) } ", "
                        (when(reason, clock)) }
                    p .id { (visible(&reason.document)) }
                } }
            }
        }
    }
}

fn when(reason: &Reason, clock: Clock) -> Markup {
    let at = super::moment::read(&reason.at);
    html! { @match at { Some(ms) => (clock.exactly(ms)), None => "at an unknown time" } }
}
