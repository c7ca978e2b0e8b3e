//! Folding what came from peers: each entry judged by the log before it, and once more where it had
//! to await a key.

use super::Engine;
use crate::inbox::Folded;
use crate::inbox::verdict::{Verdict, judge, judge_again};
use crate::state::At;
use crate::state::awaiting::Waiter;
use crate::trust::refusal::EntryRefusal;
use schema::id::{Position, SpaceId};
use schema::latest::{Entry, Event, Mirrored};

impl Engine {
    pub(super) fn fold_mirrored(&mut self, position: Position, mirrored: &Mirrored) {
        if mirrored.id.origin == self.identity.space() {
            self.fold_recovered(position, mirrored);
            return;
        }
        let Some(traffic) = self.traffic.get_mut(&mirrored.link) else {
            return;
        };
        let Some((_, peer)) = self.state.links.on(&mirrored.link) else {
            return;
        };
        if let Some(recovery) = &mut traffic.recovery {
            recovery.go_on();
        }
        if self.retractions.cover(position, mirrored) {
            traffic.inbox.advance(position, mirrored, Folded::Retracted);
            return;
        }
        if traffic.inbox.has_seen(&mirrored.id) {
            traffic.inbox.advance(position, mirrored, Folded::Repeated);
            return;
        }
        let held = traffic.inbox.is_held();
        let mut verdict = judge(&self.state, peer, mirrored);
        if let Verdict::Await { signer, key } = verdict {
            let waiter = Waiter::new(self.identity.space(), key, position, mirrored);
            let waits = !held || waiter.is_recall();
            if waits && !self.state.awaiting.add(mirrored.link, signer, waiter) {
                verdict = Verdict::Refuse(EntryRefusal::UnstatedKey);
            }
        }
        let folded = match &verdict {
            Verdict::Hold => Folded::Held,
            // What was found bad is not waited with until a newer build understands what came
            // before it; everything else is.
            Verdict::Fold(..) | Verdict::Skip(_) | Verdict::Await { .. } | Verdict::Refuse(_)
                if held =>
            {
                Folded::Held
            }
            Verdict::Fold(..) | Verdict::Skip(_) => Folded::Done,
            Verdict::Await { .. } => Folded::Awaiting,
            Verdict::Refuse(_) => Folded::Refused,
        };
        traffic.inbox.advance(position, mirrored, folded);
        self.note_version(mirrored, &verdict);
        if let Verdict::Fold(entry, event) = &verdict
            && (!held || matches!(**event, Event::ReleaseRecalled(_)))
        {
            self.fold_judged(position, mirrored, entry, event);
        }
    }

    /// Folds an entry of a peer that may be folded.
    fn fold_judged(
        &mut self,
        position: Position,
        mirrored: &Mirrored,
        entry: &Entry,
        event: &Event,
    ) {
        let grants_changed = self.changes_grants(mirrored, event);
        let (header, here_ms) = (entry.header(), self.here_ms);
        let at = At { id: mirrored.id, position, header, here_ms };
        self.state.fold_remote(&at, event);
        self.journeys.fold(self.identity.space(), &at, event);
        if let Event::ReleasePromoted(promoted) = event {
            self.touched.insert(promoted.release.clone());
            self.fetch_changed = true;
        }
        if let Event::DeploymentReported(reported) = event {
            self.touch_reported(reported);
        }
        if let Event::ReleaseRecalled(recalled) = event {
            self.touch_recalled(recalled);
        }
        if grants_changed && !self.telling {
            // What the peer did not accept so far may go to it now.
            self.touched.append(&mut self.held_up);
            self.look_at_all = true;
        }
    }

    /// Judges once more what awaited keys of `signer`, now that it has stated newer ones.
    pub(super) fn judge_waiters(&mut self, signer: &SpaceId) {
        let Some(keys) = self.state.links.peer(signer).map(|peer| &peer.keys) else { return };
        let newest = keys.newest().number;
        for Waiter { place, mirrored, .. } in self.state.awaiting.take(signer, newest) {
            // Whatever became of the link that it came over.
            let Some(peer) = self.state.links.peer(&mirrored.id.origin) else { continue };
            match judge_again(&self.state, peer, &mirrored) {
                Verdict::Fold(entry, event) => {
                    self.fold_judged(place, &mirrored, &entry, &event);
                }
                Verdict::Refuse(_) => {
                    if let Some(traffic) = self.traffic.get_mut(&mirrored.link) {
                        traffic.inbox.refuse();
                    }
                }
                // It is of a kind that this build knows, and of a key that is known now.
                Verdict::Skip(_) | Verdict::Hold | Verdict::Await { .. } => {}
            }
        }
    }

    /// Whether a peer lets in or sends something else from now on than it said before.
    fn changes_grants(&self, mirrored: &Mirrored, event: &Event) -> bool {
        let Event::GrantsPublished(published) = event else { return false };
        let known = self.state.links.on(&mirrored.link).and_then(|(_, peer)| peer.theirs.as_ref());
        known != Some(&published.grants)
    }

    /// In which version a peer wrote something counts whatever became of it: a newer build may
    /// judge it otherwise, and what follows must not hang on that.
    fn note_version(&mut self, mirrored: &Mirrored, verdict: &Verdict) {
        let origin = &mirrored.id.origin;
        match verdict {
            Verdict::Fold(entry, _) | Verdict::Skip(entry) => {
                self.state.links.wrote(origin, entry.header());
            }
            Verdict::Hold | Verdict::Await { .. } | Verdict::Refuse(_) => {
                if let Ok(entry) = Entry::read(&mirrored.entry) {
                    self.state.links.wrote(origin, entry.header());
                }
            }
        }
    }
}
