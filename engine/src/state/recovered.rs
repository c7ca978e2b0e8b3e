//! What this space told its peers in a life whose end it lost, and that they gave back.

use super::{At, State};
use schema::latest::Event;
use schema::v1::event::Crossing;

impl State {
    /// Folds one event that this space told a peer in a life whose end it lost, and that the peer
    /// gave back: what it proves is true again. What never left this space stays lost.
    pub fn fold_recovered(&mut self, at: &At<'_>, event: &Event) {
        let me = self.me();
        let Some(event) = event.crossing() else {
            return;
        };
        match event {
            Crossing::ReleasePromoted(promoted) => {
                let receipts = self.releases.recovered(me, at, promoted);
                self.releases.promoted(at, promoted);
                receipts.iter().for_each(|receipt| self.fold_end(at, receipt));
            }
            Crossing::DeploymentReported(reported) => self.fold_end(at, &reported.receipt),
            Crossing::ReleaseRecalled(recalled) => self.fold_recall(at, recalled),
            // The peer sends its promotion again, and it is answered again.
            Crossing::PromotionAnswered(_)
            // Told anew in the new life.
            | Crossing::EnvironmentsPublished(_)
            | Crossing::GrantsPublished(_)
            | Crossing::IncarnationBegan(_) => {}
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
