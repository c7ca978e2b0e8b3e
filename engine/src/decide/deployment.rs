//! Whether a release may be run in an environment, and with which values; and what is done with a
//! deployment that runs.

use crate::argument::argument;
use crate::command::Rejection;
use crate::decide::values::seen;
use crate::decide::{Draft, Given, secret, values};
use crate::gates::{self, Way};
use crate::progress::Place;
use crate::state::State;
use crate::state::cells::{Running, Slot, deployer};
use crate::state::releases::Release;
use schema::id::Position;
use schema::latest::{Actor, Event, Outcome};
use schema::name::{Name, Text};
use schema::v1::event::{
    DeploymentCancelled, DeploymentStarted, GateBypassed, ManualStepAnswered, ManualStepReached,
};
use schema::v1::model::{Package, ReleaseId, Step, Work};

/// Begins a deployment. `bypass` is why somebody who may do so does not wait for freezes, windows
/// and approvals.
///
/// # Errors
/// With what holds it up, see [`gates`]; also when a required value is missing, or a
/// secret cannot be opened.
pub fn deploy(
    given: Given<'_>,
    actor: &Actor,
    id: &ReleaseId,
    slot: &Slot,
    bypass: Option<&Text>,
) -> Result<Vec<Draft>, Rejection> {
    begin(given, (actor, actor), id, slot, 0, bypass)
}

/// Begins a deployment. The first of `who` does it now, for the second: whose own approval does not
/// count.
///
/// # Errors
/// With what holds it up, see [`gates`]; also when a required value is missing, or a
/// secret cannot be opened.
fn begin(
    given: Given<'_>,
    who: (&Actor, &Actor),
    id: &ReleaseId,
    slot: &Slot,
    restarts: u32,
    bypass: Option<&Text>,
) -> Result<Vec<Draft>, Rejection> {
    let (actor, whose) = who;
    let state = given.state;
    let place = Place::Environment(slot.environment.clone());
    let tenant = slot.tenant.as_ref();
    let way = Way { id, place: &place, tenant, actor: whose, now_ms: given.wall_ms };
    let bypassed = passed(state, &way, bypass)?;
    let Some(release) = state.releases.get(id) else {
        return Err(Rejection::not_found("there is no such release", "`interspace release list`"));
    };
    // They are not written down again: whoever runs it opens them then.
    let secrets = secret::values(given, id, release)?;
    let seen = seen(state, id, release, slot, Some(&secrets))?;
    let event = DeploymentStarted {
        release: id.clone(),
        digest: release.digest,
        environment: slot.environment.clone(),
        tenant: slot.tenant.clone(),
        variables: seen.open,
        restarts,
    };
    let started = Draft::internal(actor.clone(), Event::DeploymentStarted(event)).about(release);
    Ok(bypassed.into_iter().chain([started]).collect())
}

/// Lets through what nothing holds up, or what is held up only by what may be bypassed; that is
/// written down.
///
/// # Errors
/// With the weightiest obstacle.
pub fn passed(
    state: &State,
    way: &Way<'_>,
    bypass: Option<&Text>,
) -> Result<Option<Draft>, Rejection> {
    let obstacles = gates::obstacles(state, way);
    let firm = obstacles.iter().any(|it| !it.gate.can_be_bypassed());
    let Some(reason) = bypass.filter(|_| !firm) else {
        return gates::weightiest(&obstacles).map_or(Ok(None), |it| Err(it.clone()));
    };
    if reason.as_str().trim().is_empty() {
        return Err(Rejection::invalid("a bypass needs a reason", "say it: `--bypass REASON`"));
    }
    let Some(release) = state.releases.get(way.id).filter(|_| !obstacles.is_empty()) else {
        return Ok(None);
    };
    let words = obstacles.iter().map(|it| format!("{}: {}", it.gate.as_str(), it.rejection.what));
    let place = match way.place {
        Place::Environment(name) | Place::Space(name) => name.clone(),
        Place::Remote { environment, .. } => environment.clone(),
    };
    let event = GateBypassed {
        release: way.id.clone(),
        digest: release.digest,
        place,
        tenant: way.tenant.cloned(),
        gates: words.filter_map(|words| words.parse().ok()).collect(),
        reason: reason.clone(),
    };
    Ok(Some(Draft::internal(way.actor.clone(), Event::GateBypassed(event)).about(release)))
}

/// The packages that the steps use which are run at a slot.
#[must_use]
pub fn packages<'a>(state: &State, release: &'a Release, slot: &Slot) -> Vec<&'a Package> {
    let steps: Vec<&Step> = values::steps(release, state.me(), slot).collect();
    let all = release.snapshot.packages.iter();
    all.filter(|package| steps.iter().any(|step| step.uses(&package.id))).collect()
}

/// One deployment at a time in an environment, whatever the project.
///
/// # Errors
/// When one runs.
pub fn free(state: &State, slot: &Slot) -> Result<(), Rejection> {
    let mut running = state.cells.running();
    let there = running.find(|(cell, _)| cell.slot.environment == slot.environment);
    let Some((cell, running)) = there else { return Ok(()) };
    let ReleaseId { project, version } = &running.release;
    let (project, slot) = (&project.name, &cell.slot);
    let position = running.deployment.position;
    let hint = match &running.awaits {
        None => format!("wait for it, or `interspace deployment cancel {position} --reason ...`"),
        Some(step) => format!(
            "it waits for somebody to do the step {step}: `interspace deployment confirm \
             {position}`, or `interspace deployment cancel {position} --reason ...`"
        ),
    };
    Err(Rejection::not_yet(format!("{project} {version} is being deployed to {slot}"), hint))
}

/// Whether the packages are here that the steps use which are run at a slot.
///
/// # Errors
/// When one is not.
pub fn packages_are_here(state: &State, release: &Release, slot: &Slot) -> Result<(), Rejection> {
    let mut needed = packages(state, release, slot).into_iter();
    match needed.find(|package| !state.objects.contains(&package.object)) {
        None => Ok(()),
        Some(package) => Err(Rejection::not_yet(
            format!("package {} {} is still on its way", package.id, package.version),
            "wait for it; `interspace inbox show` tells how much is here",
        )),
    }
}

/// Begins again what a stop of the node cut short.
///
/// # Errors
/// When it was not cut short, was begun again already, or too often.
pub fn restart(
    given: Given<'_>,
    actor: &Actor,
    deployment: Position,
) -> Result<Vec<Draft>, Rejection> {
    let nothing = || {
        Rejection::conflict(
            format!("the deployment at Position {deployment} is not to be started again"),
            "start a new one: `interspace deploy`",
        )
    };
    let state = given.state;
    let cut = state.cells.deployment(deployment).ok_or_else(nothing)?;
    let proof = cut.proof.as_ref().ok_or_else(nothing)?;
    let id = &proof.receipt.release;
    let newest = state
        .releases
        .get(id)
        .and_then(|release| release.progress.get(&cut.cell.slot))
        .ok_or_else(nothing)?;
    let restarts = proof.receipt.restarts + 1;
    if newest.deployment != deployment
        || newest.outcome != Some(Outcome::Interrupted)
        || restarts > schema::limits::INTERRUPTED_RESTARTS_MAX
    {
        return Err(nothing());
    }
    let drafts =
        begin(given, (actor, &deployer(&proof.receipt)), id, &cut.cell.slot, restarts, None)?;
    Ok(drafts.into_iter().map(|draft| draft.because(proof.entry)).collect())
}

/// A deployment that runs.
fn running(state: &State, deployment: Position) -> Result<&Running, Rejection> {
    let found = state.cells.running_at(deployment);
    found.map(|(_, running)| running).ok_or_else(|| match state.cells.deployment(deployment) {
        Some(_) => Rejection::conflict(
            format!("the deployment at Position {deployment} has ended"),
            format!("`interspace deployment show {deployment}` tells how"),
        ),
        None => Rejection::not_found(
            format!("there is no deployment at Position {deployment}"),
            "`interspace deployment list` shows all of them",
        ),
    })
}

/// Whether somebody asked to end a deployment that runs.
pub(super) fn is_cancelled(state: &State, running: &Running) -> bool {
    let deployment = state.cells.deployment(running.deployment.position);
    deployment.is_some_and(|known| known.cancelled.is_some())
}

/// Writes down that somebody asked to end a deployment. The same again changes nothing.
///
/// # Errors
/// When it does not run, or no reason is given.
pub fn cancel(
    state: &State,
    actor: &Actor,
    deployment: Position,
    reason: &Text,
) -> Result<Vec<Draft>, Rejection> {
    let running = running(state, deployment)?;
    if is_cancelled(state, running) {
        return Ok(Vec::new());
    }
    if reason.as_str().trim().is_empty() {
        return Err(Rejection::invalid("a cancellation needs a reason", "say it with --reason"));
    }
    let event = DeploymentCancelled { deployment, reason: reason.clone() };
    Ok(vec![told(state, running, actor.clone(), Event::DeploymentCancelled(event))])
}

/// How many steps a person may be asked about in a deployment; several where that is not known.
fn manual_steps(state: &State, running: &Running) -> usize {
    let release = state.releases.get(&running.release);
    let snapshot = release.and_then(|release| release.snapshot_of(&running.digest));
    let Some(snapshot) = snapshot else { return usize::MAX };
    snapshot.steps.iter().filter(|step| matches!(step.work, Work::Manual(_))).count()
}

/// What a person says about a manual step.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Which step; may only be left out where it can be no other.
    pub step: Option<&'a Name>,
    /// Whether it was done.
    pub done: bool,
    /// What there is to say about it.
    pub note: &'a Text,
}

/// Writes down how a manual step went.
///
/// # Errors
/// When no manual step of that deployment waits, or another than the one that was named.
pub fn answer(
    state: &State,
    actor: &Actor,
    deployment: Position,
    said: &Said<'_>,
) -> Result<Vec<Draft>, Rejection> {
    let Said { step: meant, done, note } = *said;
    let running = running(state, deployment)?;
    let Some(step) = &running.awaits else {
        return Err(Rejection::conflict(
            format!("the deployment at Position {deployment} waits for nobody"),
            format!("`interspace deployment show {deployment}` tells how far it is"),
        ));
    };
    let another = match meant {
        Some(meant) => meant != step,
        None => manual_steps(state, running) > 1,
    };
    if another {
        let which = meant.map_or_else(|| "one of several".to_owned(), ToString::to_string);
        return Err(Rejection::conflict(
            format!("the deployment at Position {deployment} waits at {step}, and not for {which}"),
            format!(
                "`interspace deployment show {deployment}` tells what is to be done; then name \
                 it: `--step {}`",
                argument(step.as_str())
            ),
        ));
    }
    if !done && note.as_str().trim().is_empty() {
        return Err(Rejection::invalid("a step that fails needs a reason", "say it with --note"));
    }
    let (step, note) = (step.clone(), note.clone());
    let event = ManualStepAnswered { deployment, step, done, note };
    Ok(vec![told(state, running, actor.clone(), Event::ManualStepAnswered(event))])
}

/// Writes down that a deployment waits for a person. What does not run waits for nobody.
#[must_use]
pub fn awaits(state: &State, deployment: Position, step: &Name) -> Option<Draft> {
    let running = running(state, deployment).ok()?;
    let event = ManualStepReached { deployment, step: step.clone() };
    Some(told(state, running, Actor::Policy, Event::ManualStepReached(event)))
}

fn told(state: &State, running: &Running, actor: Actor, event: Event) -> Draft {
    let draft = Draft::internal(actor, event);
    match state.releases.get(&running.release) {
        Some(release) => draft.about(release).because(running.deployment),
        None => draft.because(running.deployment),
    }
}
