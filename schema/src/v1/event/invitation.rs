//! Events of invitations: made, revoked and used by the space that invites, accepted by the other.

use crate::id::{InvitationId, SpaceId};
use crate::name::Name;
use crate::v1::model::Grant;
use bincode::{Decode, Encode};

/// Whoever has the token may become a peer, once. The token itself is in no log: what is here
/// proves who has it, and lets nobody who reads it in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct InvitationMade {
    /// Which: the public key whose seed is in the token.
    pub invitation: InvitationId,
    /// The signed offer that is for this one link, as JSON.
    pub offer: String,
    /// Who alone may come; whoever has the token if none is named.
    pub guest: Option<SpaceId>,
    /// What to call who comes; their own name if none is given.
    pub name: Option<Name>,
    /// What may flow then.
    pub grants: Vec<Grant>,
    /// From when on it is worth nothing, milliseconds since 1970, by this space's clock.
    pub ends_ms: u64,
}

/// An invitation that nobody used is worth nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct InvitationRevoked {
    /// Which.
    pub invitation: InvitationId,
}

/// Somebody became a peer by an invitation, which is worth nothing any more. It stands in one
/// block with the `peer.trusted` that it explains.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct InvitationUsed {
    /// Which.
    pub invitation: InvitationId,
    /// Who.
    pub peer: SpaceId,
    /// Their proof that they had the token.
    pub proof: [u8; 64],
}

/// An invitation of a peer was accepted here: this space asks to be let in. It stands in one block
/// with the `peer.trusted` that it explains.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct InvitationAccepted {
    /// Which.
    pub invitation: InvitationId,
    /// Who invited.
    pub peer: SpaceId,
    /// This space's signed offer for this one link, as JSON.
    pub offer: String,
    /// This space's proof that it has the token, which is not kept.
    pub proof: [u8; 64],
    /// Until when it asks, milliseconds since 1970.
    pub ends_ms: u64,
}
