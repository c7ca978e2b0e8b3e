//! Events of packages and releases inside the space that owns the project.

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

/// A release was created: a frozen version of a project.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReleaseCreated {
    /// The project.
    pub project: Name,
    /// The version.
    pub version: Version,
    /// Notes.
    pub notes: Text,
    /// What was frozen.
    pub snapshot: Snapshot,
    /// The digest of the release.
    pub digest: ReleaseDigest,
    /// The value of each secret of the snapshot, in its order.
    pub secrets: Vec<KeptSecret>,
}
