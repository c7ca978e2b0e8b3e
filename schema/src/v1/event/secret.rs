//! Events of secrets inside one space: their values, sealed to its at-rest key.

use crate::id::DocumentId;
use crate::name::Name;
use crate::v1::model::{ReleaseId, Where};
use crate::v1::secret::{AtRest, KeptSecret};
use bincode::{Decode, Encode};

/// The value of a secret of a project was set.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SecretSet {
    /// The project.
    pub project: Name,
    /// The secret.
    pub name: Name,
    /// Where it applies; a project may have several of one name.
    pub scope: Where,
    /// The value.
    pub sealed: AtRest,
}

/// The value of a secret of a project is gone: releases from now on cannot have it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SecretUnset {
    /// The project.
    pub project: Name,
    /// The secret.
    pub name: Name,
    /// Where it applies.
    pub scope: Where,
}

/// The secrets of a peer's bundle were opened, each was what its commitment says, and they are
/// sealed to this space's own key from now on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SecretsKept {
    /// The bundle.
    pub bundle: DocumentId,
    /// The release.
    pub release: ReleaseId,
    /// One for each commitment of the bundle whose scope reaches this space, in that order.
    pub secrets: Vec<KeptSecret>,
}
