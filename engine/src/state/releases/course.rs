//! How far releases came: what was deployed of them, here and elsewhere.

use super::{Progress, Progresses, Release, Releases, Success, Successes};
use crate::state::At;
use crate::state::cells::{Attempt, Slot};

use schema::id::{EntryId, Position, ReleaseDigest};
use schema::latest::{Document, Kind, Outcome, Receipt};
use schema::v1::event::{DeploymentReported, DeploymentStarted};
use schema::v1::model::ReleaseId;

impl Releases {
    /// How far a revision of a release came, and where it succeeded; none of an earlier revision
    /// than the one that counts.
    fn course(
        &mut self,
        id: &ReleaseId,
        digest: &ReleaseDigest,
    ) -> Option<(&mut Progresses, &mut Successes)> {
        let earlier = |known: &Release| known.digest != *digest && known.had(digest);
        if self.get(id).is_some_and(earlier) {
            return None;
        }
        let of = self.known.get_mut(&id.project);
        let known = of.and_then(|of| of.get_mut(&id.version)).map(|(_, release)| release);
        Some(match known.filter(|known| known.digest == *digest) {
            Some(known) => (&mut known.progress, &mut known.successes),
            None => {
                let apart = self.apart.entry(*digest).or_default();
                (&mut apart.progress, &mut apart.successes)
            }
        })
    }

    /// A deployment of this space ended in a life whose end was lost.
    pub(in crate::state) fn ended(
        &mut self,
        position: Position,
        attempt: Attempt,
        outcome: Outcome,
    ) {
        if self.get(&attempt.release).is_none() {
            self.ends
                .entry(attempt.release.clone())
                .or_default()
                .push((position, attempt, outcome));
            return;
        }
        if let Some((progresses, _)) = self.course(&attempt.release, &attempt.digest) {
            let fresh = Progress {
                deployment: position,
                outcome: None,
                succeeded: false,
                restarts: 0,
                first: position,
                used_before: None,
            };
            let known = progresses.entry(attempt.slot.clone()).or_insert(fresh);
            // Whatever was approved before has served for it.
            known.used_before = known.used_before.max(Some(position));
        }
        self.finished(&attempt, outcome);
    }

    pub(in crate::state) fn started(&mut self, at: &At<'_>, event: &DeploymentStarted) {
        let Some((progresses, _)) = self.course(&event.release, &event.digest) else { return };
        let slot = Slot { environment: event.environment.clone(), tenant: event.tenant.clone() };
        let before = progresses.get(&slot);
        let again = before.filter(|_| event.restarts > 0);
        let progress = Progress {
            deployment: at.position,
            outcome: None,
            succeeded: before.is_some_and(|before| before.succeeded),
            restarts: event.restarts,
            first: again.map_or(at.position, |before| before.first),
            used_before: again
                .map_or_else(|| before.and_then(Progress::used), |before| before.used_before),
        };
        progresses.insert(slot, progress);
    }

    pub(in crate::state) fn finished(&mut self, attempt: &Attempt, outcome: Outcome) {
        let Some((progresses, successes)) = self.course(&attempt.release, &attempt.digest) else {
            return;
        };
        if let Some(progress) = progresses.get_mut(&attempt.slot) {
            progress.outcome = Some(outcome);
            progress.succeeded |= outcome == Outcome::Succeeded;
        }
        if outcome == Outcome::Succeeded {
            succeed(successes, attempt);
        }
    }

    /// A result was passed on to the space that sent the release here.
    pub(in crate::state) fn passed(&mut self, event: &DeploymentReported) {
        let Ok(document) = Document::read(&event.receipt) else { return };
        let Ok(receipt) = document.payload::<Receipt>(Kind::Receipt) else { return };
        if let Some(release) = self.get_mut(&receipt.release) {
            release.to_pass.remove(&document.id());
        }
    }

    /// Another space reported the end of a deployment. `passes` tells whether that is to be passed
    /// on to the space that sent the release here.
    pub(in crate::state) fn reported(
        &mut self,
        entry: EntryId,
        attempt: &Attempt,
        outcome: Outcome,
        passes: bool,
    ) {
        let Some(release) = self.get_mut(&attempt.release) else {
            return;
        };
        if passes {
            let document = attempt.receipt.clone();
            release.to_pass.insert(document.id(), (document, entry));
        }
        if release.digest != attempt.digest {
            return;
        }
        release.reported.insert((attempt.space, attempt.slot.clone()), outcome);
        if outcome == Outcome::Succeeded {
            release.succeed(attempt);
        }
    }
}

/// Notes that a deployment succeeded somewhere: the newest receipt, since the first.
pub(in crate::state) fn succeed(successes: &mut Successes, attempt: &Attempt) {
    let place = (attempt.space, attempt.slot.clone());
    let before = successes.get(&place);
    let since_ms = before.map_or(attempt.here_ms, |before| before.since_ms);
    let document = attempt.receipt.clone();
    successes.insert(place, Success { document, since_ms });
}

impl Release {
    /// This release, for the same one from somebody else: what was done with it stays done.
    pub(super) fn after(self, before: &mut Self) -> Self {
        let mut successes = std::mem::take(&mut before.successes);
        successes.extend(self.successes);
        Self {
            promotions: std::mem::take(&mut before.promotions),
            approvals: std::mem::take(&mut before.approvals),
            progress: std::mem::take(&mut before.progress),
            successes,
            ..self
        }
    }
}
