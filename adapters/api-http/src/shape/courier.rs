//! What goes to a peer by hand, and what came.

use engine::engine::Lendable;
use schema::id::{ObjectId, SpaceId};
use schema::v1::model::HexHash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// For whom parts are taken here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// The space.
    pub space: SpaceId,
}

/// What there is for a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// This space.
    pub from: SpaceId,
    /// The peer.
    pub to: SpaceId,
    /// The link.
    pub link: String,
    /// What the peer is known to have.
    pub acknowledged: u64,
    /// The newest entry for it.
    pub newest: u64,
    /// c there: people may compare it with what the other side has.
    pub chain: HexHash,
    /// Records in this space's log.
    pub log_size: u64,
    /// The root over them.
    pub log_root: HexHash,
    /// Packages that it may lack.
    pub packages: Vec<Object>,
}

/// An object that a medium takes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its id.
    pub object: ObjectId,
    /// Its size in bytes.
    pub size: u64,
}

/// What became of one part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The peer that it is from, by the name it has here.
    pub from: String,
    /// Envelopes in it.
    pub envelopes: usize,
    /// Of those, refused at the door, by reason.
    pub refused: BTreeMap<String, usize>,
    /// Entries of the peer that were not here before.
    pub new: u64,
    /// Entries of the peer that are here now.
    pub received: u64,
    /// Entries that the peer has and that are missing here, first and last.
    pub missing: Vec<(u64, u64)>,
    /// Packages of the peer's releases that are still missing here.
    pub packages_missing: usize,
    /// Whether the peer's entries are not taken yet, because this space lost the end of its log and
    /// the peer has not given back what it has of it.
    pub waiting: bool,
}

/// Shows what there is for a peer.
#[must_use]
pub fn show(from: SpaceId, to: SpaceId, lendable: &Lendable) -> Plan {
    let packages = lendable.objects.iter();
    Plan {
        from,
        to,
        link: lendable.link.to_string(),
        acknowledged: lendable.acknowledged.0,
        newest: lendable.newest.0.0,
        chain: HexHash(lendable.newest.1),
        log_size: lendable.checkpoint.0,
        log_root: HexHash(lendable.checkpoint.1),
        packages: packages.map(|(object, size)| Object { object: *object, size: *size }).collect(),
    }
}
