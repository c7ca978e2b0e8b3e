//! Events between the space that owns a release and the space that imports it.

use crate::id::{DocumentId, ObjectId, ReleaseDigest, SpaceId};
use crate::name::{Name, Text};
use crate::v1::model::{ReleaseId, TemplateValue};
use crate::v1::secret::HandedSecret;
use bincode::{Decode, Encode};

/// A release was sent on to a peer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReleasePromoted {
    /// The release.
    pub release: ReleaseId,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// The peer.
    pub target: SpaceId,
    /// The signed bundle, as JSON.
    pub bundle: String,
    /// Receipts of the sender, as JSON, where it sends on what another space signed.
    pub receipts: Vec<String>,
    /// The values of its secrets, once for each space that may read one. Beside the bundle and not
    /// in it: who sends the bundle on seals anew what it can read, and carries the others unread.
    pub secrets: Vec<HandedSecret>,
}

/// A person of this space asked for a promotion, where the peer may not know who: what is promoted
/// then is written for the peer, and this is who did it. Under the same command as the promotion.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PromotionRequested {
    /// The release.
    pub release: ReleaseId,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// The peer.
    pub target: SpaceId,
}

/// A release of a peer was accepted here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReleaseAccepted {
    /// The bundle.
    pub bundle: DocumentId,
    /// The release.
    pub release: ReleaseId,
    /// The lifecycle that it goes through here.
    pub lifecycle: Name,
    /// The values of this space's environments.
    pub values: Vec<TemplateValue>,
}

/// A release of a peer was rejected here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReleaseRejected {
    /// The bundle.
    pub bundle: DocumentId,
    /// The release.
    pub release: ReleaseId,
    /// Why.
    pub reason: Text,
}

/// The answer to a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PromotionAnswered {
    /// The bundle that is answered.
    pub bundle: DocumentId,
    /// The release.
    pub release: ReleaseId,
    /// None: accepted. Some: rejected, and why.
    pub rejected: Option<Text>,
}

/// An object that a bundle needs is complete in this space's store, and its hash was checked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PackageArrived {
    /// The object.
    pub object: ObjectId,
    /// Its size in bytes.
    pub size: u64,
}

/// The names of the environments whose results the recipient will see.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EnvironmentsPublished {
    /// All of them, in the order in which releases pass them; what no lifecycle names comes last.
    /// The order is for people: nothing is decided by it.
    pub environments: Vec<Name>,
}
