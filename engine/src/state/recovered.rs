//! What this space told its peers in a life whose end it lost, and that they gave back.

use super::{At, State};
use schema::latest::Event;

impl State {
    /// Folds one event that this space told a peer in a life whose end it lost, and that the peer
    /// gave back: what it proves is true again. What never left this space stays lost.
    pub fn fold_recovered(&mut self, at: &At<'_>, event: &Event) {
        let me = self.me();
        match event {
            Event::ReleasePromoted(promoted) => {
                let receipts = self.releases.recovered(me, at, promoted);
                self.releases.promoted(at, promoted);
                receipts.iter().for_each(|receipt| self.fold_end(at, receipt));
            }
            Event::DeploymentReported(reported) => self.fold_end(at, &reported.receipt),
            Event::ReleaseRecalled(recalled) => self.fold_recall(at, recalled),
            // The peer sends its promotion again, and it is answered again.
            Event::PromotionAnswered(_)
            // Told anew in the new life.
            | Event::EnvironmentsPublished(_)
            | Event::GrantsPublished(_)
            | Event::IncarnationBegan(_)
            | Event::Unknown { .. }
            // None of these ever crossed a link.
            | Event::SpaceCreated(_)
            | Event::LinkOffered(_)
            | Event::PeerTrusted(_)
            | Event::GrantsChanged(_)
            | Event::LinkContradicted(_)
            | Event::LinkRevoked(_)
            | Event::KeysStated(_)
            | Event::PeerStated(_)
            | Event::IncarnationDeclared(_)
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
            | Event::ReleaseCreated(_)
            | Event::ReleaseAccepted(_)
            | Event::ReleaseRejected(_)
            | Event::PackageArrived(_)
            | Event::DeploymentStarted(_)
            | Event::DeploymentFinished(_)
            | Event::ManualStepReached(_)
            | Event::ManualStepAnswered(_)
            | Event::DeploymentCancelled(_)
            | Event::ApprovalGiven(_)
            | Event::FreezeMade(_)
            | Event::FreezeLifted(_)
            | Event::GateBypassed(_)
            | Event::PolicySet(_)
            | Event::PolicyLifted(_) => {}
        }
    }

    /// Folds the end of a deployment that came back.
    fn fold_end(&mut self, at: &At<'_>, receipt: &str) {
        let (me, lives) = (self.me(), &self.lives);
        if let Some((attempt, outcome)) = self.cells.recovered(me, lives, at, receipt) {
            self.releases.ended(at.position, attempt, outcome);
        }
    }
}
