//! What is true, told anew from the log, while the space lives on.

use super::Engine;
use super::start::CannotOpen;
use crate::entropy::Entropy;
use crate::log::Log;

impl Engine {
    /// Folds the whole log again, without what somebody else wrote. Everything that a log does not
    /// hold stays as it was: what is under way, what was heard, what was refused at the door.
    ///
    /// # Errors
    /// When the log cannot be read, or is damaged.
    pub fn rebuild(&mut self, log: &dyn Log) -> Result<(), CannotOpen> {
        let secrets = self.identity.secrets().clone();
        // It is only asked for bytes when something is written, which no replay does.
        let nothing = Entropy::from_seed([0; 32]);
        let told = Self::rebuilt(log, &secrets, nothing, self.now)?;
        self.state = told.state;
        self.journeys = told.journeys;
        self.tree = told.tree;
        self.checkpoint = told.checkpoint;
        self.retractions = told.retractions;
        (self.lives_on, self.past) = (told.lives_on, told.past);
        for (link, told) in told.traffic {
            if let Some(traffic) = self.traffic.get_mut(&link) {
                traffic.inbox = told.inbox;
            }
        }
        self.rebuild = false;
        self.waiting.clear();
        self.held_up.clear();
        self.keyring_changed = true;
        self.fetch_changed = true;
        self.tell_environments = true;
        // Somebody else's word may have kept policy from anything.
        self.touched = self.state.releases.all().map(|(id, _)| id.clone()).collect();
        Ok(())
    }
}
