//! The journey of a release through all spaces, step by step, with the entry behind each.

use crate::state::At;
use crate::state::cells::deployer;
use schema::id::{CommandId, EntryId, SpaceId};
use schema::latest::{Actor, Approval, Document, Event, Kind, Outcome, Recall, Receipt};
use schema::v1::model::{ProjectId, ReleaseId};
use std::collections::BTreeMap;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, by the clock of the space where it happened, milliseconds since 1970.
    pub at_ms: u64,
    /// Where.
    pub space: SpaceId,
    /// What.
    pub event: &'static str,
    /// The entry in that space's log.
    pub entry: EntryId,
    /// Who.
    pub actor: Actor,
    /// To or in which place, or why.
    pub detail: String,
}

/// The journeys of all releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Journeys {
    steps: BTreeMap<ReleaseId, Vec<Step>>,
    /// Who asked for the newest promotion that its target may not know who asked for, and with
    /// which command.
    requested: Option<(CommandId, Actor)>,
}

impl Journeys {
    /// The steps of one release in the order in which they became known here.
    #[must_use]
    pub fn of(&self, release: &ReleaseId) -> &[Step] {
        self.steps.get(release).map_or(&[], Vec::as_slice)
    }

    /// Folds one event, of this space or of a peer.
    pub fn fold(&mut self, me: SpaceId, at: &At<'_>, event: &Event) {
        if let Event::PromotionRequested(_) = event {
            self.requested = Some((at.header.command, at.header.actor.clone()));
        }
        let Some((release, detail)) = about(me, event) else {
            return;
        };
        let (space, actor) = self.who(me, at, event);
        let event = event.name();
        let step = Step { at_ms: at.header.time_ms, space, event, entry: at.id, actor, detail };
        self.steps.entry(release).or_default().push(step);
    }
}

impl Journeys {
    /// Where it happened and who did it, as far as this space may know.
    fn who(&self, me: SpaceId, at: &At<'_>, event: &Event) -> (SpaceId, Actor) {
        // What one space passes on happened in another.
        if let Event::DeploymentReported(reported) = event
            && let Some(receipt) = receipt(&reported.receipt)
        {
            return (receipt.space, deployer(&receipt));
        }
        let asked = self.requested.as_ref();
        let asked = asked.filter(|(command, _)| {
            let own = at.id.origin == me && matches!(event, Event::ReleasePromoted(_));
            own && *command == at.header.command
        });
        let actor = asked.map_or(&at.header.actor, |(_, actor)| actor);
        (at.id.origin, actor.clone())
    }
}

/// The release that an event is about, and what else there is to say.
fn about(me: SpaceId, event: &Event) -> Option<(ReleaseId, String)> {
    match event {
        Event::ReleaseCreated(created) => {
            let project = ProjectId { space: me, name: created.project.clone() };
            let detail = match created.revision {
                1 => String::new(),
                revision => format!("revision {revision}"),
            };
            Some((ReleaseId { project, version: created.version.clone() }, detail))
        }
        Event::ReleasePromoted(promoted) => {
            Some((promoted.release.clone(), promoted.target.short()))
        }
        Event::ReleaseAccepted(accepted) => {
            Some((accepted.release.clone(), format!("lifecycle {}", accepted.lifecycle)))
        }
        Event::ReleaseRejected(rejected) => {
            Some((rejected.release.clone(), rejected.reason.to_string()))
        }
        Event::PromotionAnswered(answered) => {
            let detail = match &answered.rejected {
                None => "accepted".to_owned(),
                Some(reason) => format!("rejected: {reason}"),
            };
            Some((answered.release.clone(), detail))
        }
        Event::DeploymentStarted(started) => {
            let tenant = started.tenant.as_ref().map(|it| format!(" for {it}")).unwrap_or_default();
            Some((started.release.clone(), format!("{}{tenant}", started.environment)))
        }
        Event::ReleaseRecalled(recalled) => {
            let recall: Recall = Document::read(&recalled.recall).ok()?.payload(Kind::Recall).ok()?;
            Some((recall.release, recall.reason.to_string()))
        }
        Event::ApprovalGiven(given) => {
            let read = Document::read(&given.approval).ok()?;
            let approval: Approval = read.payload(Kind::Approval).ok()?;
            let said = if approval.approved { "approved" } else { "refused" };
            let why = match approval.reason.as_str() {
                "" => String::new(),
                why => format!(": {why}"),
            };
            Some((approval.release, format!("{} {said}{why}", approval.environment)))
        }
        Event::GateBypassed(bypassed) => {
            let detail = format!("{}: {}", bypassed.place, bypassed.reason);
            Some((bypassed.release.clone(), detail))
        }
        Event::DeploymentFinished(finished) => result(&finished.receipt),
        Event::DeploymentReported(reported) => result(&reported.receipt),
        Event::SpaceCreated(_)
        | Event::PromotionRequested(_)
        | Event::LinkOffered(_)
        | Event::PeerTrusted(_)
        | Event::GrantsChanged(_)
        | Event::LinkContradicted(_)
        | Event::KeysStated(_)
        | Event::PeerStated(_)
        | Event::IncarnationDeclared(_)
        | Event::IncarnationBegan(_)
        | Event::LinkRevoked(_)
        | Event::GrantsPublished(_)
        | Event::ConfigurationApplied(_)
        | Event::TokenCreated(_)
        | Event::TokenRevoked(_)
        | Event::SecretSet(_)
        | Event::SecretUnset(_)
        | Event::SecretsKept(_)
        | Event::InvitationMade(_)
        | Event::InvitationRevoked(_)
        | Event::InvitationUsed(_)
        | Event::InvitationAccepted(_)
        | Event::PackagePushed(_)
        | Event::PackageArrived(_)
        | Event::EnvironmentsPublished(_)
        // They name the deployment alone, whose start and end are steps.
        | Event::ManualStepReached(_)
        | Event::ManualStepAnswered(_)
        | Event::DeploymentCancelled(_)
        | Event::FreezeMade(_)
        | Event::FreezeLifted(_)
        | Event::PolicySet(_)
        | Event::PolicyLifted(_)
        | Event::Unknown { .. } => None,
    }
}

fn receipt(json: &str) -> Option<Receipt> {
    Document::read(json).ok()?.payload(Kind::Receipt).ok()
}

fn result(json: &str) -> Option<(ReleaseId, String)> {
    let receipt = receipt(json)?;
    let failed = receipt.steps.iter().find(|step| step.outcome != Outcome::Succeeded);
    let because = failed.map(|step| format!(" at step {}", step.name)).unwrap_or_default();
    let tenant = receipt.tenant.map(|tenant| format!(" for {tenant}")).unwrap_or_default();
    let outcome = receipt.outcome.as_str();
    let detail = format!("{}{tenant} {outcome}{because}", receipt.environment);
    Some((receipt.release, detail))
}
