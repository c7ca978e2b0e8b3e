//! Carries envelopes between the spaces of one node, and forgets all of them at a stop.
//!
//! It carries the same bytes as any other transport and promises as little: an envelope may be
//! lost when its recipient is absent or busy. Whatever matters is sent again by the protocol.

use schema::id::SpaceId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What reaches a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// An envelope.
    Envelope(Vec<u8>),
    /// Another space can be reached, for the first time or again.
    Connected(SpaceId),
}

/// Takes what reaches a space. It must not block; false means that there was no room.
pub type Receiver = Box<dyn Fn(Delivery) -> bool + Send>;

/// What connects the spaces of one node. A clone is another handle on the same one.
#[derive(Clone, Default)]
pub struct Switchboard {
    receivers: Arc<Mutex<BTreeMap<SpaceId, Receiver>>>,
}

impl std::fmt::Debug for Switchboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Switchboard").field("spaces", &self.lines().keys()).finish()
    }
}

impl Switchboard {
    /// A switchboard without spaces.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects a space with all others; each of them hears of the other.
    pub fn attach(&self, space: SpaceId, receiver: Receiver) {
        let mut lines = self.lines();
        lines.remove(&space);
        for (other, theirs) in lines.iter() {
            theirs(Delivery::Connected(space));
            receiver(Delivery::Connected(*other));
        }
        lines.insert(space, receiver);
    }

    /// Takes a space away.
    pub fn detach(&self, space: &SpaceId) {
        self.lines().remove(space);
    }

    /// Whether a space is here.
    #[must_use]
    pub fn reaches(&self, space: &SpaceId) -> bool {
        self.lines().contains_key(space)
    }

    /// Hands an envelope to a space. False if it is lost: the space is not here or has no room.
    #[must_use]
    pub fn send(&self, to: &SpaceId, envelope: Vec<u8>) -> bool {
        self.lines().get(to).is_some_and(|receiver| receiver(Delivery::Envelope(envelope)))
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<SpaceId, Receiver>> {
        // Every change of the map is whole at once; a panic elsewhere leaves it as it should be.
        self.receivers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver as Inbox, channel};

    fn attach(board: &Switchboard, space: SpaceId) -> Inbox<Delivery> {
        let (sender, inbox) = channel();
        board.attach(space, Box::new(move |delivery| sender.send(delivery).is_ok()));
        inbox
    }

    #[test]
    fn both_sides_hear_that_they_can_be_reached() {
        let (board, one, other) = (Switchboard::new(), SpaceId([1; 32]), SpaceId([2; 32]));
        let first = attach(&board, one);
        let second = attach(&board, other);
        assert_eq!(first.try_recv(), Ok(Delivery::Connected(other)));
        assert_eq!(second.try_recv(), Ok(Delivery::Connected(one)));
    }

    #[test]
    fn an_envelope_reaches_its_recipient_unchanged_and_nobody_else() {
        let (board, one, other) = (Switchboard::new(), SpaceId([1; 32]), SpaceId([2; 32]));
        let (first, second) = (attach(&board, one), attach(&board, other));
        let _ = (first.try_recv(), second.try_recv());
        assert!(board.send(&other, vec![7]));
        assert_eq!(second.try_recv(), Ok(Delivery::Envelope(vec![7])));
        assert!(first.try_recv().is_err());
    }

    #[test]
    fn an_envelope_for_an_absent_space_is_lost_and_the_sender_knows() {
        let (board, one) = (Switchboard::new(), SpaceId([1; 32]));
        assert!(!board.send(&one, vec![7]));
        let inbox = attach(&board, one);
        drop(inbox);
        assert!(!board.send(&one, vec![7]));
        board.detach(&one);
        assert!(!board.send(&one, vec![7]));
    }
}
