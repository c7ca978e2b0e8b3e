//! What this space does by itself: with remote events as facts, by its own rules, logged as its own
//! events.
//!
//! Policy acts on what an event made possible, in the same block as that event, a change of
//! configuration as well. It only goes forward: where a newer version was ever tried, an older one
//! never goes by itself, so that what a person rolled back to stays.

use crate::command::{Command, ReleaseName, Request};
use crate::decide::import::{accepts_by_itself, has_sealed};
use crate::decide::naming::resolve;
use crate::decide::recall;
use crate::progress::{Place, Standing, lifecycle, standings};
use crate::state::State;
use crate::state::cells::{CellId, Proof};
use crate::state::releases::Release;
use schema::id::{CommandId, EntryId};
use schema::latest::{Actor, Outcome};
use schema::name::Name;
use schema::v1::model::ReleaseId;
use std::collections::BTreeSet;

/// What policy would ask for because of what happened to `touched` releases, most urgent first, as
/// far as each [`goes_forward`] when its turn comes.
/// Asking again for what is done gives nothing.
#[must_use]
pub fn due(state: &State, touched: &BTreeSet<ReleaseId>, now_ms: u64) -> Vec<Request> {
    let mut requests = Vec::new();
    let known = || touched.iter().filter_map(|id| Some((id, state.releases.get(id)?)));
    // What was cut short goes before what is new.
    for (id, release) in known() {
        recalls(state, id, &mut requests);
        results(id, release, &mut requests);
        restarts(state, id, release, &mut requests);
    }
    // The newest goes where it can; where it cannot, one before it may.
    for (id, release) in known().rev() {
        secrets(state, id, &mut requests);
        acceptance(state, id, &mut requests);
        advance(state, id, release, now_ms, &mut requests);
    }
    requests
}

/// What was recalled, to whom this space sent it.
fn recalls(state: &State, id: &ReleaseId, requests: &mut Vec<Request>) {
    let untold = recall::still_untold(state, id);
    if let Some((recalled, untold)) = state.releases.recall_of(id).zip(untold) {
        let command = Command::PassRecall { release: id.clone() };
        // Whoever comes later is told by another command.
        requests.push(request(recalled.entry, &format!("pass recall {untold}"), command));
    }
}

/// What third spaces made of it, to the space that sent it here.
fn results(id: &ReleaseId, release: &Release, requests: &mut Vec<Request>) {
    for (receipt, (_, cause)) in &release.to_pass {
        let command = Command::PassResult { release: id.clone(), receipt: *receipt };
        requests.push(request(*cause, "pass result", command));
    }
}

/// Deployments that a stop of the node cut short.
fn restarts(state: &State, id: &ReleaseId, release: &Release, requests: &mut Vec<Request>) {
    let cut_short =
        release.progress.iter().filter(|(_, it)| it.outcome == Some(Outcome::Interrupted));
    for (slot, progress) in cut_short {
        let proof = state
            .cells
            .deployment(progress.deployment)
            .and_then(|deployment| deployment.proof.as_ref());
        // Only the last thing that was done there: whatever was begun since then replaced it.
        let (project, space) = (id.project.clone(), state.me());
        let cell = CellId { project, space, slot: slot.clone() };
        let last = state.cells.get(&cell).and_then(|cell| cell.last.as_ref());
        let is_last = |proof: &Proof| last.is_some_and(|last| last.entry == proof.entry);
        if let Some(proof) = proof.filter(|proof| is_last(proof)) {
            let command = Command::Restart { deployment: progress.deployment };
            requests.push(request(proof.entry, "restart", command));
        }
    }
}

/// What came sealed is opened in this space's own turn, because its own policy says so; who sent it
/// only made that possible.
fn secrets(state: &State, id: &ReleaseId, requests: &mut Vec<Request>) {
    if let Some(cause) = has_sealed(state, id) {
        let command = Command::KeepSecrets { release: id.clone() };
        requests.push(request(cause, "keep secrets", command));
    }
}

fn acceptance(state: &State, id: &ReleaseId, requests: &mut Vec<Request>) {
    if let (Some(cause), Some(name)) = (accepts_by_itself(state, id), release_name(state, id)) {
        let command = Command::Accept { release: name, lifecycle: None, values: Vec::new() };
        requests.push(request(cause, "accept", command));
    }
}

/// Automatic phases that are reached: deploys and promotions.
fn advance(
    state: &State,
    id: &ReleaseId,
    release: &Release,
    now_ms: u64,
    requests: &mut Vec<Request>,
) {
    let Some(name) = release_name(state, id) else {
        return;
    };
    if lifecycle(state, id, release).is_none() {
        return;
    }
    // What was recalled goes nowhere any more.
    if state.releases.recalled(id, release.revision).is_some() {
        return;
    }
    for phase in standings(state, id, None, now_ms) {
        if !phase.automatic || !phase.reached {
            continue;
        }
        for (place, standing) in phase.places {
            if standing != Standing::Untried {
                continue;
            }
            match place {
                Place::Environment(environment) => {
                    let rule = format!("deploy {environment}");
                    let command = Command::Deploy {
                        release: name.clone(),
                        environment,
                        tenant: None,
                        bypass: None,
                    };
                    requests.push(request(release.entry, &rule, command));
                }
                // That is for the other space to do.
                Place::Remote { .. } => {}
                Place::Space(peer) => {
                    let entry = release.entry;
                    let rule = format!("promote {peer}");
                    let (release, bypass) = (name.clone(), None);
                    let command = Command::Promote { release, peer, bypass };
                    requests.push(request(entry, &rule, command));
                }
            }
        }
    }
}

/// Whether no newer version of the project was ever tried in the environment, for whomever.
#[must_use]
pub fn newest_tried(state: &State, id: &ReleaseId, environment: &Name) -> bool {
    let newest = state.cells.newest_tried(&id.project, environment);
    newest.is_none_or(|newest| *newest <= id.version)
}

/// Whether what policy asks for goes forward still: something newer may just have gone there.
#[must_use]
pub fn goes_forward(state: &State, request: &Request) -> bool {
    if let Command::Deploy { release, environment, .. } = &request.command {
        resolve(state, release).is_ok_and(|id| newest_tried(state, &id, environment))
    } else if let Command::Promote { release, peer, .. } = &request.command {
        resolve(state, release).is_ok_and(|id| newest_sent(state, &id, peer))
    } else {
        true
    }
}

/// Whether no newer version of the project was promoted to the peer.
#[must_use]
pub fn newest_sent(state: &State, id: &ReleaseId, peer: &Name) -> bool {
    let Some((space, _)) = state.links.named(peer) else { return true };
    let newest = state.releases.newest_sent(&id.project, &space);
    newest.is_none_or(|newest| *newest <= id.version)
}

fn release_name(state: &State, id: &ReleaseId) -> Option<ReleaseName> {
    let space = id.project.space;
    let owner =
        if space == state.me() { None } else { Some(state.links.peer(&space)?.name.clone()) };
    Some(ReleaseName::new(owner, id.project.name.clone(), id.version.clone()))
}

fn request(cause: EntryId, rule: &str, command: Command) -> Request {
    Request { id: CommandId::derived(&cause, rule), actor: Actor::Policy, token: None, command }
}

/// The releases whose chances change when a deployment of `release` ends, beside those that wait
/// for the environment: itself, and newer ones of its project. Older ones never move because of it.
#[must_use]
pub fn touched_by_end(state: &State, release: &ReleaseId) -> BTreeSet<ReleaseId> {
    state.releases.from(release).map(|(id, _)| id.clone()).collect()
}
