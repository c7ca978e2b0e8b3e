//! What the interface needs from a node.

use crate::custody::Custody;
use engine::command::{Done, Rejection, Request};
use engine::engine::Engine;
use engine::log::verify::Intact;
use engine::step::Now;
use engine::trust::refusal::Refusal;
use schema::hash::Hash;
use schema::id::{LinkSeq, ObjectId, Position, SpaceId};
use schema::latest::Piece;
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

/// A block of a log: the Position of its first record, and its bytes.
pub type StoredBlock = (Position, Vec<u8>);

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

/// What a medium takes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lend {
    /// Keys, a hello, and wants: what goes first.
    Signals,
    /// Entries after this one, as many as fit into a few megabytes.
    Entries(LinkSeq),
    /// A piece of an object that the peer may have.
    Piece(Piece),
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

    /// The blocks of a space's log, as they are stored, from the one on that begins at `from` up to
    /// the one that ends at `until`: at least one of them and not many more than a MiB, so that a
    /// long log is read in several calls. None when `from` is behind `until`.
    ///
    /// # Errors
    /// When the space is closed, or what is stored cannot be read.
    fn blocks(
        &self,
        space: &SpaceId,
        from: Position,
        until: Position,
    ) -> Result<Vec<StoredBlock>, Trouble>;

    /// The hash of each person's token in a space; a token is made for who has none yet.
    ///
    /// # Errors
    /// When a token file cannot be made or read.
    fn tokens(&self, space: &SpaceId, people: &[Name]) -> Result<Vec<(Name, Hash)>, Trouble>;

    /// Throws away the tokens of people who were removed: who is made again under that name gets a
    /// new one.
    ///
    /// # Errors
    /// When a token file cannot be removed.
    fn forget(&self, _space: &SpaceId, _people: &[Name]) -> Result<(), Trouble> {
        Ok(())
    }

    /// How a space reaches those on other nodes; none where it does not.
    fn carriage(&self, _space: &SpaceId) -> Option<Carriage> {
        None
    }

    /// What a medium takes along for a peer, sealed now.
    ///
    /// # Errors
    /// When the space is closed.
    fn lend(&self, _: &SpaceId, _: &SpaceId, _: Lend) -> Result<Vec<Vec<u8>>, Trouble> {
        Err(Trouble::Failed("nothing is carried by hand here".to_owned()))
    }

    /// A piece of an object from a space's store; none if it is not there.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn piece(&self, _: &SpaceId, _: ObjectId, _: u64) -> Result<Option<Piece>, Trouble> {
        Err(Trouble::Failed("nothing is carried by hand here".to_owned()))
    }

    /// Gives envelopes that somebody brought to the door of a space, all in one turn: what they
    /// bring is durable together, or nothing of it. For each, why it was refused, if it was.
    ///
    /// # Errors
    /// When the space is closed.
    fn take(&self, _: &SpaceId, _: Vec<Vec<u8>>) -> Result<Vec<Option<Refusal>>, Trouble> {
        Err(Trouble::Failed("nothing is carried by hand here".to_owned()))
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
