//! Somebody with the stolen keys of a space: writes in its name what it never wrote.

use crate::world::World;
use engine::entropy::Entropy;
use engine::trust::identity::Identity;
use engine::trust::seal::{Head, Run, Sealer};
use schema::hash::{Hash, chain_next};
use schema::id::{CommandId, Incarnation, LinkId, LinkSeq, Position};
use schema::latest::{Actor, Audience, Carried, Entry, Event, Header};

/// A thief with a copy of one space's signing key, at one of its peers.
pub struct Thief {
    identity: Identity,
    peer: engine::trust::certificate::Keys,
    link: LinkId,
    incarnation: Incarnation,
    /// The number of the last entry on the link, as the thief tells it, and c there.
    head: (LinkSeq, Hash),
    /// Where in the space's log the next entry stands, as the thief tells it.
    position: Position,
    entropy: Entropy,
    sealer: Sealer,
    /// The entries that it wrote, as bytes.
    pub said: Vec<Vec<u8>>,
}

impl Thief {
    /// Whoever has the keys of `site`, as they are now, and tells `victim` lies from `number` on.
    ///
    /// # Panics
    /// When the two are not linked.
    #[must_use]
    pub fn of(world: &World, site: usize, victim: usize, number: LinkSeq) -> Self {
        let (own, theirs) = (world.sites[site].engine(), world.sites[victim].engine());
        let keys = own.state().keys.clone().expect("founded");
        let identity = Identity::of(&keys, world.sites[site].secrets.clone());
        let peer = own.state().links.peer(&world.sites[victim].id).expect("linked");
        let inbox = &theirs.traffic()[&peer.link].inbox;
        let before = LinkSeq(number.0 - 1);
        Self {
            identity,
            peer: peer.keys.clone(),
            link: peer.link,
            incarnation: own.state().incarnation.expect("founded"),
            head: (before, inbox.chain_at(before).expect("the victim has it")),
            position: Position(own.checkpoint().0 + 1),
            entropy: Entropy::from_seed([0x7f; 32]),
            sealer: Sealer::default(),
            said: Vec::new(),
        }
    }

    /// Goes on behind the newest entry that `victim` has. False when it cannot be told anything: it
    /// is down, or something is under way that would contradict.
    pub fn catch_up(&mut self, world: &World, victim: usize) -> bool {
        let site = &world.sites[victim];
        let Some(space) = site.space.as_ref().filter(|_| site.inputs.is_empty()) else {
            return false;
        };
        let Some(inbox) = space.engine().traffic().get(&self.link).map(|it| &it.inbox) else {
            return false;
        };
        let newest = inbox.acknowledged();
        let Some(chain) = inbox.chain_at(newest).filter(|_| inbox.held_back() == 0) else {
            return false;
        };
        self.head = (newest, chain);
        true
    }

    /// Claims that its entries stand at `position` and after it in the space's log.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = position;
        self
    }

    /// An envelope in the space's name.
    ///
    /// # Panics
    /// When an entry is too large.
    pub fn tell(&mut self, events: &[Event]) -> Vec<u8> {
        let (last, chain_before) = self.head;
        let mut entries = Vec::new();
        for event in events {
            let command = CommandId(self.entropy.bytes());
            let header = Header {
                kind: 0,
                version: 0,
                flags: 0,
                time_ms: 0,
                command,
                correlation: command,
                causation: None,
                actor: Actor::Policy,
                audience: Audience::Link(self.link),
            };
            let entry = Entry::write(header, event).expect("a lawful size").bytes().to_vec();
            let salt = self.entropy.bytes();
            let (incarnation, position) = (self.incarnation, self.position);
            self.said.push(entry.clone());
            let carried = Carried { incarnation, position, salt, entry };
            let number = self.head.0.next();
            let chain = chain_next(&self.head.1, number, &incarnation, position, &carried.commit());
            self.head = (number, chain);
            self.position = self.position.next();
            entries.push(carried);
        }
        let run = Run { first: last.next(), chain_before, chain_after: self.head.1, entries };
        let head = Head {
            incarnation: self.incarnation,
            newest: self.head.0,
            chain: self.head.1,
            oldest: LinkSeq(1),
            checkpoint: (self.position.0, [0x77; 32], 0),
        };
        let sealed = self.sealer.entries(
            &self.identity,
            &self.peer,
            self.link,
            &head,
            &run,
            &mut self.entropy,
        );
        sealed.expect("a key that can be sealed to")
    }
}
