//! An approval: what a person says about a release and an environment, signed by the space whose
//! environment it is.

use crate::id::{ReleaseDigest, SpaceId};
use crate::name::{Name, Text};
use crate::v1::model::ReleaseId;
use serde::{Deserialize, Serialize};

/// What an approval says. It is about this very digest: for another revision it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The space whose environment it is, and that signs.
    pub space: SpaceId,
    /// The release.
    pub release: ReleaseId,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// The environment.
    pub environment: Name,
    /// Whether it may be deployed there, as far as this person is concerned.
    pub approved: bool,
    /// The person.
    pub by: Name,
    /// Why.
    pub reason: Text,
    /// When, milliseconds since 1970.
    pub time_ms: u64,
    /// The number of the key statement whose signing key signs this.
    pub key: u32,
}
