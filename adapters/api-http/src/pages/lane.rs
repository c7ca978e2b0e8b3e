//! The lanes of a journey: one for each space, with the stops of a release in it.

use super::mark::Mark;
use engine::engine::Engine;
use engine::progress::{Place, Standing, standings};
use engine::state::releases::{Answer, Import, Release, Source};
use engine::views::journey::Step;
use schema::id::SpaceId;
use schema::latest::{Kind, Outcome, Receipt};
use schema::v1::model::ReleaseId;

/// The stops of a release in one space.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    /// The space.
    pub(super) space: String,
    /// Whether it is the one that is looked at.
    pub(super) own: bool,
    /// After how many stops of the first lane it branches off; none for the first lane.
    pub(super) from: Option<usize>,
    /// The stops, in the order in which the release passes them.
    pub(super) stops: Vec<Stop>,
}

/// One stop.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// What happens there: `created`, or an environment.
    pub(super) name: String,
    /// The phase that it belongs to.
    pub(super) phase: Option<String>,
    pub(super) mark: Mark,
    /// How the release stands there.
    pub(super) words: String,
    pub(super) at_ms: Option<u64>,
    /// Who did it, to follow what was done.
    pub(super) by: String,
}

/// The lanes of a release as this space knows them.
pub(super) fn look(engine: &Engine, id: &ReleaseId, release: &Release) -> Vec<Lane> {
    let me = engine.state().me();
    match &release.source {
        Source::Local => {
            let created = event(engine, id, me, "release.created").map_or_else(
                || stop("created", Mark::Done, "created"),
                |step| happened("created", Mark::Done, "created", step),
            );
            from_here(engine, id, release, vec![created], Vec::new())
        }
        Source::Imported(import) => {
            let source = sent(engine, id, import);
            let branch = source.stops.len();
            let lanes =
                from_here(engine, id, release, vec![answer(engine, id, import)], vec![source]);
            let place = |(at, lane): (usize, Lane)| Lane {
                from: match (at, lane.from) {
                    (0, _) => None,
                    (1, _) => Some(branch),
                    (_, from) => from.map(|from| from + branch),
                },
                ..lane
            };
            lanes.into_iter().enumerate().map(place).collect()
        }
    }
}

/// The lane of this space, which begins with `stops`, behind `lanes`; then those of its targets.
fn from_here(
    engine: &Engine,
    id: &ReleaseId,
    release: &Release,
    stops: Vec<Stop>,
    mut lanes: Vec<Lane>,
) -> Vec<Lane> {
    let state = engine.state();
    let me = state.me();
    let mut own = Lane { space: state.name_of(&me), own: true, from: None, stops };
    let mut targets = Vec::new();
    for phase in standings(state, id, None, engine.now().wall_ms) {
        for (place, standing) in &phase.places {
            match place {
                Place::Environment(name) => {
                    let mut stop = in_environment(engine, id, me, name.as_str());
                    if stop.mark == Mark::Open && *standing != Standing::Untried {
                        stop.mark = stands(standing);
                        stop.words = standing.to_string();
                    }
                    stop.phase = Some(phase.phase.to_string());
                    own.stops.push(stop);
                }
                // A gate: what another space says of it.
                Place::Remote { .. } => {
                    let mut gate = stop(&place.to_string(), stands(standing), "no receipt yet");
                    if *standing != Standing::Untried {
                        gate.words = standing.to_string();
                    }
                    gate.phase = Some(phase.phase.to_string());
                    own.stops.push(gate);
                }
                Place::Space(name) => {
                    if let Some((space, _)) = state.links.named(name) {
                        let branch = own.stops.len();
                        let phase = phase.phase.as_str();
                        targets.push(target(engine, id, release, space, branch, phase));
                    }
                }
            }
        }
    }
    lanes.push(own);
    lanes.extend(targets);
    lanes
}

/// The mark of how a release stands at a place.
const fn stands(standing: &Standing) -> Mark {
    match standing {
        Standing::Done(_) => Mark::Done,
        Standing::Running => Mark::Running,
        Standing::Failed(outcome) => Mark::of(*outcome),
        Standing::Rejected(_) => Mark::Failed,
        Standing::Untried => Mark::Open,
    }
}

/// The lane of a space to which the release goes from here.
fn target(
    engine: &Engine,
    id: &ReleaseId,
    release: &Release,
    space: SpaceId,
    branch: usize,
    phase: &str,
) -> Lane {
    let state = engine.state();
    let promoted = promoted(engine, id, &space);
    let promotion = release.promotions.get(&space);
    let answered = event(engine, id, space, "promotion.answered");
    let (mark, words) = match promotion.map(|promotion| &promotion.answer) {
        None => (Mark::Open, "not promoted".to_owned()),
        Some(None) => (Mark::Running, "waits for an answer".to_owned()),
        Some(Some(Ok(()))) => (Mark::Done, "accepted".to_owned()),
        Some(Some(Err(reason))) => (Mark::Failed, format!("rejected: {reason}")),
    };
    let mut first = promoted.map_or_else(
        || stop("promote", Mark::Open, "not promoted"),
        |step| happened("promoted", Mark::Done, "promoted", step),
    );
    first.phase = Some(phase.to_owned());
    let mut stops = vec![first];
    if promotion.is_some() {
        stops.push(answered.map_or_else(
            || stop("import", mark, &words),
            |step| happened("import", mark, &words, step),
        ));
    }
    let told = state.links.peer(&space).into_iter().flat_map(|peer| &peer.environments);
    let mut environments: Vec<&str> = told.map(|name| name.as_str()).collect();
    // Stable: where it was in none of two, they stay as the peer told them.
    environments.sort_by_cached_key(|name| order(engine, id, space, name));
    let there = environments.into_iter().map(|name| in_environment(engine, id, space, name));
    stops.extend(there);
    Lane { space: state.name_of(&space), own: false, from: Some(branch), stops }
}

/// In which order a peer deploys is its own affair: what is known is the order in which it did,
/// with this release or else with another one of the project.
fn order(engine: &Engine, id: &ReleaseId, space: SpaceId, name: &str) -> (bool, usize) {
    let first = |release: &ReleaseId| {
        let mut steps = engine.journeys().of(release).iter();
        steps.position(|step| step.space == space && ended(step, name).is_some())
    };
    let others = engine.state().releases.all().filter(|(other, _)| other.project == id.project);
    first(id).map_or_else(
        || (true, others.filter_map(|(other, _)| first(other)).min().unwrap_or(usize::MAX)),
        |own| (false, own),
    )
}

/// The lane of the space that owns a release, as its bundle proves it: with the stops in spaces
/// that it passed on its way here.
fn sent(engine: &Engine, id: &ReleaseId, import: &Import) -> Lane {
    let (state, owner) = (engine.state(), id.project.space);
    let receipts = import.all_receipts();
    let receipts = receipts.filter_map(|document| document.payload::<Receipt>(Kind::Receipt).ok());
    let mut stops: Vec<Stop> = receipts
        .map(|receipt| Stop {
            name: if receipt.space == owner {
                receipt.environment.to_string()
            } else {
                format!("{}: {}", state.name_of(&receipt.space), receipt.environment)
            },
            phase: None,
            mark: Mark::of(receipt.outcome),
            words: receipt.outcome.as_str().to_owned(),
            at_ms: Some(receipt.finished_ms),
            by: super::cell::by(&receipt.by),
        })
        .collect();
    stops.sort_by_key(|stop| stop.at_ms);
    let at_ms = Some(import.content.time_ms);
    stops.push(promoted(engine, id, &engine.state().me()).map_or_else(
        || Stop { at_ms, ..stop("promoted", Mark::Done, "promoted") },
        |step| happened("promoted", Mark::Done, "promoted", step),
    ));
    let space = state.name_of(&owner);
    Lane { space, own: false, from: None, stops }
}

/// What was answered to a bundle here.
fn answer(engine: &Engine, id: &ReleaseId, import: &Import) -> Stop {
    let me = engine.state().me();
    let (name, mark, words) = match &import.answer {
        Answer::Waiting => ("release.accepted", Mark::Open, "waits in the inbox".to_owned()),
        Answer::Accepted { .. } => ("release.accepted", Mark::Done, "accepted".to_owned()),
        Answer::Rejected { reason } => {
            ("release.rejected", Mark::Failed, format!("rejected: {reason}"))
        }
    };
    event(engine, id, me, name)
        .map_or_else(|| stop("import", mark, &words), |step| happened("import", mark, &words, step))
}

/// How a release stands in an environment, as its journey says.
fn in_environment(engine: &Engine, id: &ReleaseId, space: SpaceId, environment: &str) -> Stop {
    let steps = || engine.journeys().of(id).iter().filter(|step| step.space == space);
    let newest = steps().filter_map(|step| Some((ended(step, environment)?, step))).next_back();
    let done = steps().rfind(|step| ended(step, environment) == Some(Outcome::Succeeded));
    let begun =
        steps().rfind(|step| step.event == "deployment.started" && step.detail == environment);
    let ended_at = newest.map(|(_, step)| step.entry.position);
    match (begun, newest, done) {
        (Some(begun), _, _) if ended_at.is_none_or(|ended| ended < begun.entry.position) => {
            happened(environment, Mark::Running, "is being deployed", begun)
        }
        (_, _, Some(done)) => happened(environment, Mark::Done, "succeeded", done),
        (_, Some((outcome, step)), None) => {
            happened(environment, Mark::of(outcome), outcome.as_str(), step)
        }
        (_, None, None) => stop(environment, Mark::Open, "not deployed"),
    }
}

/// How a deployment to `environment` ended, if the step says so.
fn ended(step: &Step, environment: &str) -> Option<Outcome> {
    if !matches!(step.event, "deployment.finished" | "deployment.reported") {
        return None;
    }
    let said = step.detail.strip_prefix(environment)?.strip_prefix(' ')?;
    let outcomes = [Outcome::Succeeded, Outcome::Failed, Outcome::Interrupted, Outcome::Cancelled];
    outcomes.into_iter().find(|outcome| said.starts_with(outcome.as_str()))
}

fn event<'a>(engine: &'a Engine, id: &ReleaseId, space: SpaceId, event: &str) -> Option<&'a Step> {
    let mut steps = engine.journeys().of(id).iter();
    steps.rfind(|step| step.space == space && step.event == event)
}

fn promoted<'a>(engine: &'a Engine, id: &ReleaseId, to: &SpaceId) -> Option<&'a Step> {
    let mut steps = engine.journeys().of(id).iter();
    steps.rfind(|step| step.event == "release.promoted" && step.detail == to.short())
}

fn stop(name: &str, mark: Mark, words: &str) -> Stop {
    let (name, words) = (name.to_owned(), words.to_owned());
    Stop { name, phase: None, mark, words, at_ms: None, by: String::new() }
}

fn happened(name: &str, mark: Mark, words: &str, step: &Step) -> Stop {
    let by = super::cell::acted(&step.actor);
    Stop { at_ms: Some(step.at_ms), by, ..stop(name, mark, words) }
}
