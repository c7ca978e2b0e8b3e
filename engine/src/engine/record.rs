//! Appending and folding: every record goes through `fold`, live and in replay alike.

use super::Engine;
use crate::command::Rejection;
use crate::decide::Draft;
use crate::policy;
use crate::state::At;
use crate::state::releases::Source;
use crate::traffic::Traffic;
use schema::hash::Hash;
use schema::id::{CommandId, EntryId, Incarnation, Position};
use schema::latest::{
    Approval, Audience, Block, Document, Entry, Event, Header, Kind, Own, Recall, Receipt, Record,
};
use schema::v1::event::{
    ApprovalGiven, DeploymentReported, PolicyLifted, PolicyRule, PolicySet, ReleaseRecalled,
};
use schema::v1::model::ReleaseId;
use serde::de::DeserializeOwned;

impl Engine {
    /// The id of an entry of this log.
    pub(super) fn entry_id(&self, position: Position) -> EntryId {
        let incarnation = self.state.life_at(position);
        EntryId { origin: self.identity.space(), incarnation, position }
    }

    /// The entry that a draft becomes.
    pub(super) fn write(&self, command: CommandId, draft: &Draft) -> Result<Entry, Rejection> {
        let header = Header {
            // Kind, version and flags are set from the event.
            kind: 0,
            version: 0,
            flags: 0,
            time_ms: self.now.wall_ms,
            command,
            correlation: draft.correlation.unwrap_or(command),
            causation: draft.causation,
            actor: draft.actor.clone(),
            audience: draft.audience,
        };
        Entry::write(header, &draft.event).map_err(|_| {
            Rejection::invalid(
                format!("{} would be larger than an entry may be", draft.event.name()),
                "make it smaller: shorter notes, fewer or shorter values",
            )
        })
    }

    /// Appends all drafts, or none if one of them cannot be written.
    pub(super) fn append_drafts(
        &mut self,
        command: CommandId,
        drafts: &[Draft],
    ) -> Result<Vec<EntryId>, Rejection> {
        let entries: Result<Vec<Entry>, Rejection> =
            drafts.iter().map(|draft| self.write(command, draft)).collect();
        Ok(entries?.into_iter().map(|entry| self.append_own(entry)).collect())
    }

    /// Appends events that nothing decided, for a measurement of the road.
    #[cfg(feature = "measure")]
    pub(super) fn write_undecided(&mut self, link: schema::id::LinkId, events: Vec<Event>) {
        for event in events {
            let command = CommandId(self.entropy.bytes());
            let actor = schema::latest::Actor::Policy;
            let draft = Draft { audience: Audience::Link(link), ..Draft::internal(actor, event) };
            if let Err(rejection) = self.append_drafts(command, &[draft]) {
                self.effects.push(crate::step::Effect::Alarm(rejection.to_string()));
            }
        }
    }

    pub(super) fn append_own(&mut self, entry: Entry) -> EntryId {
        let salt = self.entropy.bytes();
        let position = self.append(Record::Own(Own { salt, entry }));
        self.entry_id(position)
    }

    /// Appends one record to the block of this step and folds it.
    pub(super) fn append(&mut self, record: Record) -> Position {
        let leaf = record.leaf();
        self.fold(&record, leaf);
        self.records.push((record, leaf));
        Position(self.tree.size())
    }

    /// The block of this step, if it has records.
    pub(super) fn take_block(&mut self, time_ms: u64) -> Option<Block> {
        if self.records.is_empty() {
            return None;
        }
        let records = std::mem::take(&mut self.records);
        let (size, root) = (self.tree.size(), self.tree.root());
        let incarnation = self.state.incarnation.unwrap_or(Incarnation([0; 16]));
        let checkpoint = self.identity.checkpoint(&incarnation, size, root, time_ms);
        self.checkpoint = (size, root, time_ms);
        let first = Position(size + 1 - records.len() as u64);
        Some(Block { first, records, checkpoint })
    }

    /// Folds one record that stands at the next Position.
    pub(super) fn fold(&mut self, record: &Record, leaf: Hash) {
        self.tree.push(leaf);
        let position = Position(self.tree.size());
        match record {
            Record::Own(own) => self.fold_own(position, own),
            Record::Mirrored(mirrored) => self.fold_mirrored(position, mirrored),
            // It proves what follows; nothing else follows from it.
            Record::Evidence(_) => {}
        }
    }

    fn fold_own(&mut self, position: Position, own: &Own) {
        let header = own.entry.header();
        let Ok(event) = own.entry.event() else { return };
        // The first entry of a life belongs to it.
        let life = if let Event::SpaceCreated(created) = &event {
            created.incarnation
        } else if let Event::IncarnationDeclared(declared) = &event {
            declared.incarnation
        } else {
            self.state.life_at(position)
        };
        let id = EntryId { origin: self.identity.space(), incarnation: life, position };
        let at = At { id, position, header, here_ms: self.here_ms };
        self.state.fold_own(&at, &event);
        self.journeys.fold(self.identity.space(), &at, &event);
        self.follow(position, &event);
        if let Audience::Link(link) = &header.audience
            && let Some(traffic) = self.traffic.get_mut(link)
        {
            let (commit, size) = (own.entry.commit(&own.salt), own.entry.bytes().len());
            if matches!(event, Event::IncarnationBegan(_)) {
                let ends = (self.identity.space(), traffic.peer, *link);
                traffic.outbox.begin(ends, life, (position, size, &commit));
            } else {
                traffic.outbox.push(life, position, size, &commit);
            }
            traffic.signals.busy(self.now.monotonic_ms);
        }
    }

    /// What an own event changes beside the state.
    fn follow(&mut self, position: Position, event: &Event) {
        match event {
            Event::KeysStated(_) => self.follow_own_keys(),
            Event::PeerStated(stated) => {
                self.follow_peer_keys(position, stated);
                self.judge_waiters(&stated.peer);
            }
            Event::IncarnationDeclared(declared) => self.follow_declaration(declared),
            Event::PeerTrusted(trusted) => {
                let incarnation = self.state.incarnation.unwrap_or(Incarnation([0; 16]));
                let me = self.identity.space();
                let now_ms = self.now.monotonic_ms;
                let (peer, link) = (trusted.peer, trusted.link);
                let mut traffic = Traffic::new(me, peer, link, incarnation, self.start, now_ms);
                if self.lives_on {
                    traffic.outbox.remember();
                }
                self.traffic.insert(link, traffic);
                self.judge_waiters(&peer);
                self.keyring_changed = true;
                self.tell_environments = true;
                // A peer that is trusted again is asked again for what it promised before.
                self.fetch_changed = true;
                self.touched.append(&mut self.held_up);
                // It may have what was recalled while there was no link to tell it over.
                let recalled = self.state.releases.recalls().map(|(id, _)| id.clone());
                self.touched.extend(recalled);
            }
            Event::GrantsChanged(changed) => {
                self.sealer.renew(&changed.link);
                self.tell_environments = true;
            }
            Event::ConfigurationApplied(_) => {
                self.tell_environments = true;
                // Whose invitations are over, the door must know.
                self.keyring_changed = true;
                // A gate may be open by that, a phase go by itself, a value be there.
                self.touched.append(&mut self.held_up);
                self.look_at_all |= !self.telling;
            }
            Event::ReleaseCreated(created) => {
                let space = self.identity.space();
                let project = schema::v1::model::ProjectId { space, name: created.project.clone() };
                let version = created.version.clone();
                self.touched.insert(ReleaseId { project, version });
            }
            Event::ReleaseAccepted(accepted) => {
                self.fetch_changed = true;
                self.touched.insert(accepted.release.clone());
            }
            Event::ReleasePromoted(promoted) => {
                self.touched.insert(promoted.release.clone());
            }
            Event::SecretsKept(kept) => {
                self.touched.insert(kept.release.clone());
            }
            Event::ReleaseRecalled(recalled) => self.touch_recalled(recalled),
            Event::ApprovalGiven(given) => self.touch_approved(given),
            // What was held up, by whatever it was, may try again.
            Event::FreezeLifted(_) => {
                self.touched.append(&mut self.held_up);
                self.look_at_all |= !self.telling;
            }
            Event::PolicySet(PolicySet { rule, .. })
            | Event::PolicyLifted(PolicyLifted { rule }) => {
                self.touched.append(&mut self.held_up);
                // Another phase may be complete by that.
                let skips = matches!(rule, PolicyRule::Skip { .. });
                self.look_at_all |= skips && !self.telling;
            }
            Event::PackageArrived(arrived) if !self.telling => {
                let waiting = self.state.releases.all().filter(|(_, release)| {
                    matches!(release.source, Source::Imported(_))
                        && release.snapshot.packages.iter().any(|p| p.object == arrived.object)
                });
                self.touched.extend(waiting.map(|(id, _)| id.clone()));
            }
            Event::DeploymentFinished(finished) if !self.telling => {
                let receipt = Document::read(&finished.receipt)
                    .and_then(|document| document.payload::<Receipt>(Kind::Receipt));
                if let Ok(receipt) = receipt {
                    let touched = policy::touched_by_end(&self.state, &receipt.release);
                    self.touched.extend(touched);
                    self.freed.insert(receipt.environment);
                }
            }
            Event::LinkRevoked(revoked) => {
                // With it goes all that was known of the other side: what it claimed, too.
                self.traffic.remove(&revoked.link);
                self.sealer.renew(&revoked.link);
                self.keyring_changed = true;
                self.fetch_changed = true;
            }
            Event::InvitationMade(_) | Event::InvitationRevoked(_) => self.keyring_changed = true,
            Event::LinkContradicted(_) | Event::ReleaseRejected(_) => self.fetch_changed = true,
            Event::SpaceCreated(_)
            | Event::LinkOffered(_)
            | Event::TokenCreated(_)
            | Event::TokenRevoked(_)
            | Event::SecretSet(_)
            | Event::SecretUnset(_)
            | Event::InvitationUsed(_)
            | Event::InvitationAccepted(_)
            | Event::PackagePushed(_)
            | Event::PackageArrived(_)
            | Event::IncarnationBegan(_)
            | Event::PromotionAnswered(_)
            | Event::EnvironmentsPublished(_)
            | Event::GrantsPublished(_)
            | Event::DeploymentStarted(_)
            | Event::DeploymentFinished(_)
            | Event::DeploymentReported(_)
            | Event::ManualStepReached(_)
            | Event::ManualStepAnswered(_)
            | Event::DeploymentCancelled(_)
            | Event::FreezeMade(_)
            | Event::GateBypassed(_)
            | Event::PromotionRequested(_)
            | Event::Unknown { .. } => {}
        }
    }

    /// Who is to be told of a recall, policy finds out.
    pub(super) fn touch_recalled(&mut self, event: &ReleaseRecalled) {
        self.touch_named(&event.recall, Kind::Recall, |recall: Recall| recall.release);
    }

    fn touch_approved(&mut self, event: &ApprovalGiven) {
        self.touch_named(&event.approval, Kind::Approval, |approval: Approval| approval.release);
    }

    /// What a peer's result makes possible.
    pub(super) fn touch_reported(&mut self, event: &DeploymentReported) {
        self.touch_named(&event.receipt, Kind::Receipt, |receipt: Receipt| receipt.release);
    }

    /// The release that a signed document names. Not while the log is told: policy looks at all of
    /// it once, after that.
    fn touch_named<T: DeserializeOwned>(
        &mut self,
        document: &str,
        kind: Kind,
        named: impl FnOnce(T) -> ReleaseId,
    ) {
        if self.telling {
            return;
        }
        let read = Document::read(document).and_then(|document| document.payload::<T>(kind));
        self.touched.extend(read.ok().map(named));
    }
}
