//! What the operator of a node does with a space's keys and with the life of its log.
//!
//! The root key never comes here: the node makes fresh keys and the statement that names them,
//! whoever has the root key signs it, and the node goes on under it.

use crate::port::Trouble;
use engine::trust::identity::Pair;
use schema::id::SpaceId;
use serde::{Deserialize, Serialize};

/// Up to where what a key signed stays: what else there is of the log came after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// The records up to this Position stay.
    Position(u64),
    /// The records before the first own entry of a later time stay; milliseconds since 1970.
    TimeMs(u64),
}

/// An entry of this space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// Where it is.
    pub position: u64,
    /// When it was written, by this node's clock.
    pub at: String,
    /// What it is.
    pub event: String,
    /// For whom it is, if for a peer: the id of the link.
    pub link: Option<String>,
}

/// The log as a revocation divides it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Divided {
    /// Records that stay.
    pub stays: u64,
    /// Records in the log.
    pub size: u64,
    /// How many own entries came after what stays.
    pub later: u64,
    /// The first [`LATER_MAX`] of them.
    pub first: Vec<Own>,
}

/// How many of the entries after a revocation are shown.
pub const LATER_MAX: usize = 50;

/// Which keys of a space are kept on this node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// Whether the root key is in the space's folder.
    pub root: bool,
    /// The statements whose keys are, and perhaps the next one, which no statement names yet.
    pub numbers: Vec<u32>,
    /// Whether the keys are closed with a passphrase.
    pub protected: bool,
}

/// Who keeps the keys and logs of a node's spaces.
pub trait Custody: Send + Sync {
    /// Which keys are kept.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn held(&self, space: &SpaceId) -> Result<Held, Trouble>;

    /// Keeps the keys of the next statement, `number`, durably, and shows them to `make`. Keys that
    /// are kept for it already, because an earlier rotation did not come to its end, serve again
    /// unless they must be `fresh`. Nobody else changes keys meanwhile.
    ///
    /// # Errors
    /// When they cannot be written.
    fn prepare(
        &self,
        space: &SpaceId,
        fresh: bool,
        number: &mut dyn FnMut() -> Result<u32, Trouble>,
        make: &mut dyn FnMut(&Pair),
    ) -> Result<(), Trouble>;

    /// Shows the kept keys of a statement to `state`, which goes on under them. Nobody else changes
    /// keys meanwhile.
    ///
    /// # Errors
    /// When there are none, or they cannot be read.
    fn install(
        &self,
        space: &SpaceId,
        number: u32,
        state: &mut dyn FnMut(Pair),
    ) -> Result<(), Trouble>;

    /// The identity of a space as an X.509 certificate in PEM.
    ///
    /// # Errors
    /// When the keys cannot be read, or the space is closed.
    fn x509(&self, space: &SpaceId) -> Result<String, Trouble>;

    /// How the log is divided at a place.
    ///
    /// # Errors
    /// When the space is closed or its log cannot be read.
    fn divided(&self, space: &SpaceId, since: Since) -> Result<Divided, Trouble>;

    /// Lets a space whose log lost its end live on from what is here. The other spaces go on.
    ///
    /// # Errors
    /// When its log has not lost anything, unless it is forced, and when it cannot be opened.
    fn recover(&self, space: &SpaceId, force: bool) -> Result<(), Trouble>;
}
