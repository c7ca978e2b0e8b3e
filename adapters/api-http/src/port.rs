//! What the interface needs from a node.

use crate::custody::Custody;
use engine::command::{Done, Rejection, Request};
use engine::engine::Engine;
use engine::log::verify::Intact;
use engine::step::Now;
use schema::hash::Hash;
use schema::id::{ObjectId, Position, SpaceId};
use schema::name::Name;
use schema::v1::block::Damage;
use std::io::Read;
use tokio::sync::watch;

/// Looks at a space between two turns.
pub type Look = Box<dyn FnOnce(&Engine, Now) + Send>;

/// Why a node cannot do what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The space is not open: it was closed by a failure, or the node stops.
    Closed(String),
    /// The node's own world failed; nothing was changed.
    Failed(String),
    /// It does not fit what is.
    Conflict(String),
}

/// An object that was put into a space's store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub object: ObjectId,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Its size in bytes.
    pub size: u64,
}

/// How a space reaches those that are not on its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carriage {
    /// Over what, such as *NATS*.
    pub over: &'static str,
    /// Whether there is a connection now.
    pub connected: bool,
    /// The server's name and version, once it was reached.
    pub server: Option<String>,
    /// Since when there is no connection, milliseconds since 1970; none while there is one, and
    /// before the first try to make one has failed.
    pub disconnected_at_ms: Option<u64>,
    /// What is wrong; none while all is well.
    pub trouble: Option<String>,
    /// Envelopes that the carrier has stored, since the start.
    pub stored: u64,
    /// Envelopes that it has not, and that are sent again.
    pub not_stored: u64,
    /// Envelopes that were taken from it.
    pub taken: u64,
    /// Connections that were made.
    pub connections: u64,
}

/// A node. All calls block, and are made from threads that may.
pub trait Node: Send + Sync + 'static {
    /// The spaces that are open, by name.
    fn spaces(&self) -> Vec<(SpaceId, Name)>;

    /// Founds a space.
    ///
    /// # Errors
    /// When there is one of this name already, or its folder cannot be made.
    fn found(&self, name: &Name) -> Result<SpaceId, Trouble>;

    /// Asks a space for something; the answer comes when it is durable.
    ///
    /// # Errors
    /// When the space is closed.
    fn ask(&self, space: &SpaceId, request: Request) -> Result<Result<Done, Rejection>, Trouble>;

    /// Looks at a space.
    ///
    /// # Errors
    /// When the space is closed.
    fn look(&self, space: &SpaceId, look: Look) -> Result<(), Trouble>;

    /// Watches a space: the size of its log, given anew after whatever changed what it shows, also
    /// when that is only that a peer fell silent. It ends when the space is closed.
    ///
    /// # Errors
    /// When the space is closed.
    fn watch(&self, space: &SpaceId) -> Result<watch::Receiver<u64>, Trouble>;

    /// Puts an object into a space's store, durably.
    ///
    /// # Errors
    /// When reading or storing fails.
    fn push(&self, space: &SpaceId, bytes: &mut dyn Read) -> Result<Stored, Trouble>;

    /// Verifies a space's log from its bytes.
    ///
    /// # Errors
    /// When the space is closed.
    fn verify(&self, space: &SpaceId) -> Result<Result<Intact, Damage>, Trouble>;

    /// The hash of each person's token in a space; a token is made for who has none yet.
    ///
    /// # Errors
    /// When a token file cannot be made or read.
    fn tokens(&self, space: &SpaceId, people: &[Name]) -> Result<Vec<(Name, Hash)>, Trouble>;

    /// How a space reaches those on other nodes; none where it does not.
    fn carriage(&self, _space: &SpaceId) -> Option<Carriage> {
        None
    }

    /// Who keeps the keys and logs of its spaces; none where nobody does.
    fn custody(&self) -> Option<&dyn Custody> {
        None
    }

    /// The hash of the operator's token.
    fn operator(&self) -> Hash;

    /// What was kept of the output of a deployment's steps.
    fn output(&self, space: &SpaceId, deployment: Position) -> Option<String>;
}
