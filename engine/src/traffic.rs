//! Both directions of one link with its signals.

use crate::inbox::Inbox;
use crate::inbox::recovery::Recovery;
use crate::outbox::Outbox;
use crate::signals::Signals;
use schema::id::{Incarnation, LinkId, LinkSeq, SpaceId};
use schema::latest::Reclaim;

/// What flows over one link.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The space at the other end.
    pub peer: SpaceId,
    /// Away from here.
    pub outbox: Outbox,
    /// Towards here.
    pub inbox: Inbox,
    /// The life that the peer says its log is in, and the newest entry that it has for us there, if
    /// it said so. What it wrote before it knew of newer keys of this space is all here once this
    /// is.
    pub head: Option<(Incarnation, LinkSeq)>,
    /// The newest key statement of this space that the peer sealed to since this start; 0 before
    /// it was heard.
    pub knows: u32,
    /// What comes back of a life whose end this log lost.
    pub recovery: Option<Recovery>,
    /// What the peer asked back of a life whose end its log lost, as its newest hello came with it.
    pub reclaimed: Option<Reclaim>,
    /// Beats, hellos and acks.
    pub signals: Signals,
}

impl Traffic {
    /// The traffic of a new link.
    #[must_use]
    pub fn new(
        me: SpaceId,
        peer: SpaceId,
        link: LinkId,
        incarnation: Incarnation,
        start: [u8; 16],
        now_ms: u64,
    ) -> Self {
        Self {
            peer,
            outbox: Outbox::new(me, peer, link, incarnation),
            inbox: Inbox::new(peer, me, link),
            head: None,
            knows: 0,
            recovery: None,
            reclaimed: None,
            signals: Signals::new(start, now_ms),
        }
    }

    /// Whether everything that the peer has said that it has is here and was understood.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let reached = |(life, newest): (Incarnation, LinkSeq)| {
            newest == LinkSeq(0)
                || self.inbox.incarnation() == Some(life) && self.inbox.acknowledged() >= newest
        };
        self.head.is_some_and(reached) && !self.inbox.is_held()
    }
}
