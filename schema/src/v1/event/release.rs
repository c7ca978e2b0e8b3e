//! Events of packages and releases inside the space that owns the project.

use crate::hash::Hash;
use crate::id::ReleaseDigest;
use crate::name::{Name, Text, Version};
use crate::v1::model::{Package, Snapshot};
use crate::v1::secret::KeptSecret;
use bincode::{Decode, Encode};

/// A package was put into the space's store and is durable there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PackagePushed {
    /// The package.
    pub package: Package,
}

/// A release was created, or a newer revision of it: a frozen version of a project.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReleaseCreated {
    /// The project.
    pub project: Name,
    /// The version.
    pub version: Version,
    /// 1 when it is created; each revision is one more than the one before.
    pub revision: u32,
    /// Notes.
    pub notes: Text,
    /// What was frozen.
    pub snapshot: Snapshot,
    /// What blinds its parts.
    pub blind: Hash,
    /// The digest of the release.
    pub digest: ReleaseDigest,
    /// The value of each secret of the snapshot, in its order.
    pub secrets: Vec<KeptSecret>,
}

/// A release was found bad: it is not accepted, promoted or deployed any more. The space that owns
/// it says so, and whoever sent it on passes that on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReleaseRecalled {
    /// The signed recall, as JSON.
    pub recall: String,
}
