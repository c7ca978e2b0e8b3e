//! Events of identity and trust.

use crate::hash::Hash;
use crate::id::{Incarnation, LinkId, LinkSeq, Position, SpaceId};
use crate::name::Name;
use crate::v1::model::Grant;
use bincode::{Decode, Encode};

/// A space began. Always at Position 1.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SpaceCreated {
    /// The space's own certificate: its key statements, as JSON.
    pub certificate: String,
    /// The incarnation of this log.
    pub incarnation: Incarnation,
}

/// The random number for the ids of this space's links was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LinkOffered {
    /// The signed offer, as JSON.
    pub offer: String,
}

/// A peer became trusted. Its certificate was verified before this was written.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PeerTrusted {
    /// The peer.
    pub peer: SpaceId,
    /// What this space calls it; no two peers have the same name here.
    pub name: Name,
    /// The link.
    pub link: LinkId,
    /// Its certificate and offer, as JSON.
    pub certificate: String,
    /// What may flow.
    pub grants: Vec<Grant>,
}

/// What may flow over a link changed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct GrantsChanged {
    /// The link.
    pub link: LinkId,
    /// All grants of this side, from now on.
    pub grants: Vec<Grant>,
    /// The first LinkSeq of what comes from the peer for which they hold.
    pub from: LinkSeq,
    /// The first LinkSeq of what goes to the peer for which they hold.
    pub sending_from: LinkSeq,
}

/// What this side of a link accepts and sends, for the peer to know.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct GrantsPublished {
    /// All grants of this side, from this entry on.
    pub grants: Vec<Grant>,
}

/// This side ended a link: nothing is let in or sent over it any more. A new link to the same peer
/// has another id, because this space offers another number from now on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LinkRevoked {
    /// The link.
    pub link: LinkId,
    /// The last LinkSeq that came from the peer.
    pub received: LinkSeq,
    /// The last LinkSeq that was written for the peer.
    pub sent: LinkSeq,
}

/// What the chain of a link is made of, for one entry: enough to compute it, and nothing of what
/// the entry says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Commitment {
    /// The incarnation in which the origin wrote it.
    pub incarnation: Incarnation,
    /// Its place in the origin's log.
    pub position: Position,
    /// The commitment to it.
    pub commit: Hash,
}

/// A peer signed two different things under the same LinkSeq. The link is frozen; what was kept
/// and this envelope together are the proof.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LinkContradicted {
    /// The link.
    pub link: LinkId,
    /// Where the two stories part, at the latest.
    pub at: LinkSeq,
    /// The header of the envelope that contradicts what is in the log.
    pub header: Vec<u8>,
    /// H(body) of that envelope.
    pub body_hash: [u8; 32],
    /// Its signature.
    pub signature: [u8; 64],
    /// What its chain is made of, entry by entry.
    pub entries: Vec<Commitment>,
}

/// New keys of this space hold from here on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct KeysStated {
    /// The key statement, as JSON.
    pub statement: String,
}

/// A peer told its newer keys.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PeerStated {
    /// The peer.
    pub peer: SpaceId,
    /// The key statements that were not known yet, as JSON, in the order of their numbers.
    pub statements: Vec<String>,
    /// From where on entries are not the peer's own, because a revoked key signed them.
    pub cut: Option<Cut>,
}

/// The end of what a space wrote itself on a link, when somebody else had its key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Cut {
    /// The incarnation of the link.
    pub incarnation: Incarnation,
    /// The last entry that stays.
    pub at: LinkSeq,
    /// c there.
    pub chain: [u8; 32],
}

/// This log lost its end and begins another life.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct IncarnationDeclared {
    /// The life that begins with this entry.
    pub incarnation: Incarnation,
    /// The one before.
    pub predecessor: Incarnation,
    /// Records that were kept of it.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// What was kept of each link.
    pub links: Vec<Kept>,
}

/// What was kept of one link, towards its peer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Kept {
    /// The link.
    pub link: LinkId,
    /// The last entry.
    pub at: LinkSeq,
    /// c there.
    pub chain: [u8; 32],
}

/// Told to a peer, first of all in a new life of the log that speaks to it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct IncarnationBegan {
    /// The new life.
    pub incarnation: Incarnation,
    /// What was kept of each life before, the newest last.
    pub lives: Vec<PastLife>,
    /// Records that were kept of the newest of them.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
}

/// What a log that lost its end has kept of what it told a peer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PastLife {
    /// The life.
    pub incarnation: Incarnation,
    /// The last entry.
    pub at: LinkSeq,
    /// c there.
    pub chain: [u8; 32],
}
