//! Carries envelopes between the spaces of one process, and forgets all of them at a stop.
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

/// One network: what connects the spaces that are attached to it. A clone is another handle on the
/// same one.
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

/// The networks that a node is in. Its spaces reach whoever is in one of them; nothing goes from
/// one network to another, but through a space that is in both.
#[derive(Debug, Clone)]
pub struct Networks(Vec<Switchboard>);

impl Default for Networks {
    /// One that no other node is in.
    fn default() -> Self {
        Self(vec![Switchboard::new()])
    }
}

impl FromIterator<Switchboard> for Networks {
    fn from_iter<I: IntoIterator<Item = Switchboard>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl Networks {
    /// Connects a space with all others in these networks.
    pub fn attach(
        &self,
        space: SpaceId,
        receiver: impl Fn(Delivery) -> bool + Clone + Send + 'static,
    ) {
        for network in &self.0 {
            network.attach(space, Box::new(receiver.clone()));
        }
    }

    /// Takes a space away.
    pub fn detach(&self, space: &SpaceId) {
        self.0.iter().for_each(|network| network.detach(space));
    }

    /// Whether a space is in one of them.
    #[must_use]
    pub fn reaches(&self, space: &SpaceId) -> bool {
        self.0.iter().any(|network| network.reaches(space))
    }

    /// Hands an envelope to a space. False if it is lost: the space is in none of them or has no
    /// room.
    #[must_use]
    pub fn send(&self, to: &SpaceId, envelope: Vec<u8>) -> bool {
        let reaching = self.0.iter().find(|network| network.reaches(to));
        reaching.is_some_and(|network| network.send(to, envelope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver as Inbox, channel};

    #[test]
    fn only_who_is_in_both_networks_reaches_the_spaces_of_both() {
        let (one, other) = (Switchboard::new(), Switchboard::new());
        let (here, middle, there) = (SpaceId([1; 32]), SpaceId([2; 32]), SpaceId([3; 32]));
        let join = |space, networks: &Networks| {
            let (sender, inbox) = channel();
            networks.attach(space, move |delivery| sender.send(delivery).is_ok());
            inbox
        };
        let west: Networks = [one.clone()].into_iter().collect();
        let both: Networks = [one, other.clone()].into_iter().collect();
        let east: Networks = [other].into_iter().collect();
        let at_here = join(here, &west);
        let (_at_middle, at_there) = (join(middle, &both), join(there, &east));
        assert_eq!(at_here.try_iter().collect::<Vec<_>>(), [Delivery::Connected(middle)]);
        assert_eq!(at_there.try_iter().collect::<Vec<_>>(), [Delivery::Connected(middle)]);
        assert!(both.send(&here, vec![1]) && both.send(&there, vec![2]));
        assert!(!west.reaches(&there) && !west.send(&there, vec![3]) && !east.send(&here, vec![4]));
        assert_eq!(at_here.try_iter().collect::<Vec<_>>(), [Delivery::Envelope(vec![1])]);
        assert_eq!(at_there.try_iter().collect::<Vec<_>>(), [Delivery::Envelope(vec![2])]);
        both.detach(&middle);
        assert!(!west.reaches(&middle) && !east.reaches(&middle));
    }

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
