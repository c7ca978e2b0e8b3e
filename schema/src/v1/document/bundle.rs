//! A bundle: everything needed to deploy one release in the spaces that it names, signed by the
//! space that owns the project.

use crate::id::{ReleaseDigest, SpaceId};
use crate::name::{Name, Text};
use crate::v1::document::dsse::Document;
use crate::v1::model::{Outline, ReleaseId, Snapshot, Titled};
use serde::{Deserialize, Serialize};

/// What a bundle says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The release.
    pub release: ReleaseId,
    /// The digest over the whole snapshot at its source.
    pub digest: ReleaseDigest,
    /// Grows when a changed snapshot is promoted again; from 1.
    pub revision: u32,
    /// The spaces that it is for: whom it is sent to, and to whom they may send it on.
    pub targets: Vec<SpaceId>,
    /// The name that the source gives itself, for people.
    pub source_name: Name,
    /// Release notes.
    pub notes: Text,
    /// The part of the snapshot that can apply in the targets.
    pub snapshot: Snapshot,
    /// All parts of the snapshot: they show that this is a part of the release with that digest.
    pub outline: Outline,
    /// Receipts of the deployments that made the release ready to be promoted.
    pub receipts: Vec<Document>,
    /// The number of the key statement whose signing key signs this.
    pub key: u32,
    /// When it was made, milliseconds since 1970.
    pub time_ms: u64,
}

impl Bundle {
    /// Whether its digest is that of the release of which it holds a part.
    #[must_use]
    pub fn is_of_its_digest(&self) -> bool {
        let titled = Titled { release: &self.release, revision: self.revision };
        self.outline.digest(&titled, &self.snapshot) == Some(self.digest)
    }
}
