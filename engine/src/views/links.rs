//! The links: what flows to and from each peer, and when it was last heard.

use crate::state::State;
use crate::state::awaiting::Counted;
use crate::traffic::Traffic;
use schema::id::{Incarnation, LinkId, SpaceId};
use std::collections::BTreeMap;

/// One link as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// The peer.
    pub peer: SpaceId,
    /// The link.
    pub link: LinkId,
    /// The newest entry for the peer.
    pub head: u64,
    /// What is durable at the peer.
    pub acknowledged: u64,
    /// What is folded at the peer.
    pub applied: u64,
    /// The newest entry from the peer that is here.
    pub received: u64,
    /// Ranges that the peer is known to have for us and that are not here, first and last.
    pub missing: Vec<(u64, u64)>,
    /// Entries from the peer that wait for a newer build.
    pub held: u64,
    /// Entries from the peer that await keys of the spaces that signed what it passes on, by space.
    pub awaiting: BTreeMap<SpaceId, Counted>,
    /// Entries from the peer that are kept and never folded.
    pub refused: u64,
    /// Whether a beat of ours came back lately.
    pub fresh: bool,
    /// When the peer was last heard, milliseconds since 1970.
    pub heard_ms: Option<u64>,
    /// By how much the peer's clock is ahead of this one, milliseconds; below zero, behind. None
    /// while they are near each other, as far as that can be told.
    pub skew_ms: Option<i64>,
    /// The newest schema that the peer said it understands; 0 before it answered.
    pub understands: u16,
    /// Whether the peer has more than this log: it was rolled back.
    pub rolled_back: bool,
    /// The lives of the peer's log, oldest first, with how many entries of each are here. The last
    /// one is the one that is followed.
    pub lives: Vec<(Incarnation, u64)>,
}

/// Shows the traffic of one link.
#[must_use]
pub fn show(link: LinkId, traffic: &Traffic, state: &State, now_ms: u64) -> LinkView {
    let (held, refused) = traffic.inbox.held_and_refused();
    let retired = traffic.inbox.retired().map(|(life, last)| (life, last.0));
    let followed = traffic.inbox.incarnation().map(|life| (life, traffic.inbox.acknowledged().0));
    LinkView {
        peer: traffic.peer,
        link,
        head: traffic.outbox.newest().0,
        acknowledged: traffic.outbox.acknowledged().0,
        applied: traffic.outbox.applied().0,
        received: traffic.inbox.acknowledged().0,
        missing: missing(traffic),
        held,
        awaiting: state.awaiting.of(&link),
        refused,
        fresh: traffic.signals.fresh(now_ms),
        heard_ms: traffic.signals.heard_wall_ms(),
        skew_ms: traffic.signals.skew_ms(),
        understands: traffic.outbox.understood(),
        rolled_back: traffic.outbox.rolled_back(),
        lives: retired.chain(followed).collect(),
    }
}

/// What lies between what is here and waits, and the newest entry that the peer said it has.
fn missing(traffic: &Traffic) -> Vec<(u64, u64)> {
    let ack = traffic.inbox.ack(traffic.signals.heard());
    let mut missing = Vec::new();
    let mut next = ack.acknowledged.0 + 1;
    for (first, last) in &ack.ranges {
        if next < first.0 {
            missing.push((next, first.0 - 1));
        }
        next = last.0 + 1;
    }
    if let Some((_, head)) = traffic.head
        && next <= head.0
    {
        missing.push((next, head.0));
    }
    missing
}
