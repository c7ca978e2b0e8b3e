//! Bundles as a space would sign them, without a space.

use crate::pipeline::text;
use crate::world::name;
use schema::hash::Hash;
use schema::id::{ReleaseDigest, SpaceId};
use schema::latest::Bundle;
use schema::v1::model::{ReleaseId, Snapshot, Titled};

/// What blinds the parts of every release here.
pub const BLIND: Hash = [0xb1; 32];

/// The digest of the first revision of a release.
///
/// # Panics
/// Never: an outline fits its own snapshot.
#[must_use]
pub fn digest(snapshot: &Snapshot, release: &ReleaseId) -> ReleaseDigest {
    let titled = Titled { release, revision: 1 };
    snapshot.outline(&BLIND).digest(&titled, snapshot).expect("its own outline")
}

/// The bundle of the whole of a release, for one space, from one that calls itself Stranger.
#[must_use]
pub fn bundle(release: &ReleaseId, snapshot: Snapshot, target: SpaceId) -> Bundle {
    Bundle {
        digest: digest(&snapshot, release),
        release: release.clone(),
        revision: 1,
        targets: vec![target],
        source_name: name("Stranger"),
        notes: text(""),
        outline: snapshot.outline(&BLIND),
        snapshot,
        receipts: Vec::new(),
        key: 1,
        time_ms: 1,
    }
}
