//! From what the runner answered to receipts: the whole one for this space, and for each peer that
//! may see results as much as it may see.

use crate::decide::deployment::is_cancelled;
use crate::decide::{Draft, Given};
use crate::run::Report;
use crate::state::State;
use crate::state::cells::{CellId, Running};
use crate::state::links::Peer;
use crate::state::releases::Release;
use schema::id::{CommandId, DocumentId, SpaceId};
use schema::latest::{Actor, Audience, Document, Event, Kind, Outcome, Receipt, StepReport};
use schema::limits::RECEIPT_BYTES_MAX;
use schema::v1::document::receipt::DeployedBy;
use schema::v1::event::{
    DeploymentFinished, DeploymentReported, EnvironmentsPublished, GrantsPublished,
};
use schema::v1::model::{Disclosure, ReleaseId};
use std::collections::BTreeSet;

/// The actor as `peer` may know it: below level *summary* only the space.
#[must_use]
pub fn shown_actor(state: &State, peer: &Peer, actor: &Actor) -> Actor {
    match (actor, peer.disclosure()) {
        (Actor::Policy, _) => Actor::Policy,
        (_, Some(Disclosure::Summary | Disclosure::Full)) => actor.clone(),
        (_, Some(Disclosure::Status) | None) => Actor::Space(state.me()),
    }
}

/// The end of a deployment: its receipt, and the reports to peers.
#[must_use]
pub fn finish(given: Given<'_>, cell: &CellId, running: &Running, report: &Report) -> Vec<Draft> {
    // What somebody asked to end did not fail and was not cut short, however the runner saw it.
    let ended = report.outcome == Outcome::Interrupted && is_cancelled(given.state, running);
    let outcome = if ended { Outcome::Cancelled } else { report.outcome };
    let receipt = Receipt { outcome, ..receipt(given, cell, running, report) };
    let (receipt, document) = bounded(given, receipt);
    let event =
        DeploymentFinished { deployment: running.deployment.position, receipt: document.write() };
    let correlation = given.state.releases.get(&running.release).map(|release| release.correlation);
    let finished = Draft {
        correlation,
        causation: Some(running.deployment),
        ..Draft::internal(running.by.clone(), Event::DeploymentFinished(event))
    };
    let mut drafts = vec![finished];
    // An interruption is begun again by itself; peers hear of it when it is given up.
    let given_up = running.restarts >= schema::limits::INTERRUPTED_RESTARTS_MAX;
    if receipt.outcome != Outcome::Interrupted || given_up {
        drafts.extend(reports(given, &receipt, document.id(), running, correlation));
    }
    drafts
}

/// The receipt as a document that fits. Where it does not, the outputs of steps go first, then what
/// they passed on, then the steps that succeeded, then all of them: that a deployment ended, and
/// how, is always told.
fn bounded(given: Given<'_>, receipt: Receipt) -> (Receipt, Document) {
    let mut receipt = receipt;
    let half = |steps: &mut Vec<StepReport>| {
        let quoted = steps.iter().filter(|step| step.output.is_some()).count();
        let mut first = steps.iter_mut().filter(|step| step.output.is_some());
        first.by_ref().take(quoted.div_ceil(2)).for_each(|step| step.output = None);
        quoted > 0
    };
    let mut document = given.identity.document(Kind::Receipt, &receipt);
    // The earliest outputs say the least about how it ended.
    while document.write().len() > RECEIPT_BYTES_MAX && half(&mut receipt.steps) {
        document = given.identity.document(Kind::Receipt, &receipt);
    }
    let shorter: [fn(&mut Receipt); 3] = [
        |receipt| receipt.steps.iter_mut().for_each(|step| step.outputs.clear()),
        |receipt| receipt.steps.retain(|step| step.outcome != Outcome::Succeeded),
        |receipt| {
            receipt.steps.clear();
            receipt.targets.clear();
        },
    ];
    for shorten in shorter {
        if document.write().len() <= RECEIPT_BYTES_MAX {
            break;
        }
        shorten(&mut receipt);
        document = given.identity.document(Kind::Receipt, &receipt);
    }
    (receipt, document)
}

/// The receipts that travel with a bundle, one for each environment: that the release succeeded
/// where it was before. What its steps did, and packages that do not go along, stay at home.
#[must_use]
pub fn for_bundle(given: Given<'_>, release: &Release, targets: &[SpaceId]) -> Vec<Document> {
    let me = given.state.me();
    let mut environments = BTreeSet::new();
    let own = release.successes.iter().filter(|((space, _), _)| *space == me);
    let once = own.filter(|((_, slot), _)| environments.insert(slot.environment.clone()));
    let part = once.filter_map(|(_, success)| {
        let document = &success.document;
        let receipt: Receipt = document.payload(Kind::Receipt).ok()?;
        let mut part = disclosed(&receipt, document.id(), Disclosure::Status);
        part.packages.retain(|package| {
            release.snapshot.packages_for(targets).any(|goes| goes.object == package.object)
        });
        part.tenant = None;
        // The whole one may have been signed before the keys were replaced; this part is not.
        let part = Receipt { key: given.identity.number(), ..part };
        Some(given.identity.document(Kind::Receipt, &part))
    });
    part.collect()
}

fn receipt(given: Given<'_>, cell: &CellId, running: &Running, report: &Report) -> Receipt {
    Receipt {
        space: given.state.me(),
        space_name: given.identity.name().clone(),
        deployment: Receipt::deployment_id(&running.deployment),
        part_of: None,
        release: running.release.clone(),
        digest: running.digest,
        environment: cell.slot.environment.clone(),
        tenant: cell.slot.tenant.clone(),
        outcome: report.outcome,
        started_ms: report.started_ms,
        finished_ms: report.finished_ms,
        restarts: running.restarts,
        by: match &running.by {
            Actor::Person(name) => DeployedBy::Person(name.clone()),
            Actor::Policy | Actor::Space(_) => DeployedBy::Policy,
        },
        disclosure: Disclosure::Full,
        packages: report.proven.clone(),
        targets: report.targets.clone(),
        steps: report.steps.clone(),
        key: given.identity.number(),
    }
}

/// A report for the peer that sent the release here, and for the one that owns it, if they may see
/// results.
fn reports(
    given: Given<'_>,
    receipt: &Receipt,
    whole: DocumentId,
    running: &Running,
    correlation: Option<CommandId>,
) -> Vec<Draft> {
    let state = given.state;
    let import = state.releases.get(&receipt.release).and_then(Release::import);
    let mut to = vec![receipt.release.project.space];
    to.extend(import.map(|import| import.from).filter(|from| *from != to[0]));
    let peers = to.into_iter().filter_map(|space| state.links.peer(&space));
    let report = peers.filter_map(|peer| {
        let level = peer.disclosure()?;
        let document = given.identity.document(Kind::Receipt, &disclosed(receipt, whole, level));
        let event = DeploymentReported { receipt: document.write() };
        Some(Draft {
            event: Event::DeploymentReported(event),
            audience: Audience::Link(peer.link),
            actor: shown_actor(state, peer, &running.by),
            correlation,
            causation: Some(running.deployment),
        })
    });
    report.collect()
}

/// Passes a result of a third space on, as that space signed it, to the space that sent the release
/// here; nothing where that is done, or not granted.
#[must_use]
pub fn pass(state: &State, id: &ReleaseId, receipt: &DocumentId) -> Option<Draft> {
    let release = state.releases.get(id)?;
    let (document, cause) = release.to_pass.get(receipt)?;
    let peer = state.links.peer(&release.import()?.from)?;
    let (audience, receipt) = (Audience::Link(peer.link), document.write());
    let event = Event::DeploymentReported(DeploymentReported { receipt });
    let draft = Draft::internal(Actor::Policy, event).about(release).because(*cause);
    Some(Draft { audience, ..draft })
}

/// The part of a receipt that a level discloses.
fn disclosed(receipt: &Receipt, whole: DocumentId, level: Disclosure) -> Receipt {
    let mut part = Receipt { part_of: Some(whole), disclosure: level, ..receipt.clone() };
    match level {
        Disclosure::Full => {}
        Disclosure::Summary => {
            for step in &mut part.steps {
                step.output = None;
                step.outputs.clear();
            }
        }
        Disclosure::Status => {
            part.by = DeployedBy::Undisclosed;
            part.targets.clear();
            part.steps.clear();
        }
    }
    part
}

/// Tells each peer what this side of its link accepts and sends, where it does not know that yet.
#[must_use]
pub fn publish_grants(state: &State) -> Vec<Draft> {
    let untold = state.links.all().filter(|(_, peer)| {
        peer.is_open() && !peer.frozen && peer.told_grants.as_ref() != Some(&peer.grants)
    });
    let draft = |peer: &Peer| {
        let event = GrantsPublished { grants: peer.grants.clone() };
        let event = Event::GrantsPublished(event);
        Draft { audience: Audience::Link(peer.link), ..Draft::internal(Actor::Policy, event) }
    };
    untold.map(|(_, peer)| draft(peer)).collect()
}

/// Tells each peer that may see results the names of this space's environments, in the order in
/// which releases pass them, where it does not know that yet.
#[must_use]
pub fn publish_environments(state: &State) -> Vec<Draft> {
    let mut environments: Vec<_> = state.configuration.environments().cloned().collect();
    // What no lifecycle names comes last, ascending as it was: sorting is stable.
    environments.sort_by_key(|name| state.configuration.place(name).unwrap_or(usize::MAX));
    let untold = state.links.all().filter(|(_, peer)| {
        peer.disclosure().is_some()
            && peer.told.as_ref() != Some(&environments)
            // Nothing need not be said, unless something else was said in a life that ended.
            && !(peer.told.is_none() && environments.is_empty() && state.lives.len() < 2)
    });
    let draft = |peer: &Peer| {
        let event = EnvironmentsPublished { environments: environments.clone() };
        let event = Event::EnvironmentsPublished(event);
        Draft { audience: Audience::Link(peer.link), ..Draft::internal(Actor::Policy, event) }
    };
    untold.map(|(_, peer)| draft(peer)).collect()
}
