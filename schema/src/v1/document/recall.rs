//! A recall: a release was found bad, signed by the space that owns it.

use crate::name::Text;
use crate::v1::model::ReleaseId;
use serde::{Deserialize, Serialize};

/// What a recall says. It holds wherever the release went, and is never taken back: what is good
/// again is a newer revision, or a newer version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// The release.
    pub release: ReleaseId,
    /// This revision and all before it.
    pub revision: u32,
    /// Why, for people.
    pub reason: Text,
    /// When it was recalled, milliseconds since 1970.
    pub time_ms: u64,
    /// The number of the key statement whose signing key signs this.
    pub key: u32,
}
