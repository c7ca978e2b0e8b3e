//! The log: one per space, for its own and for mirrored entries; here as the engine sees it.
//!
//! ```text
//!            Position 1        2        3                      size
//!   block 1 [ created | offered ]
//!   block 2                    [ evidence | mirrored | own ... ]
//!                                                              ^ append goes here, and is durable
//! ```
//!
//! Four rules of [`Log::append`]: a block begins where the last one ended; all of it is kept or
//! nothing; when it returns `Ok` it survives the loss of power; after an error the log takes
//! nothing more.

pub mod archive;
pub mod contradiction;
pub mod decisions;
pub mod tree;
pub mod verify;

use schema::id::{Incarnation, Position};
use schema::latest::{Block, Record};
use schema::v1::block::Damage;
use std::ops::ControlFlow;
use thiserror::Error;

/// Our own world broke. Each says what happened; what to do about it is said where a person reads
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// The store failed; the log is closed.
    #[error("{doing} failed: {why}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// What the store or the system said.
        why: String,
    },
    /// There is no room left.
    #[error("no space left on the device while {doing}")]
    Full {
        /// What was being done.
        doing: &'static str,
    },
    /// Another process has it open.
    #[error("{folder} is in use by another process")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// What is stored is not what was written.
    #[error("the log is damaged at {0}")]
    Damaged(Damage),
    /// The log is shorter than its fence says it was, or another one.
    #[error(
        "the log was rolled back: Position {first_missing} is missing, the fence stands at {fence}"
    )]
    RolledBack {
        /// The first Position that is not there.
        first_missing: Position,
        /// The size that the log had at least.
        fence: u64,
    },
    /// The folder holds something else, or something newer.
    #[error("{folder} does not hold a log of a form that this version reads: {why}")]
    Format {
        /// The folder.
        folder: String,
        /// What is there.
        why: String,
    },
    /// An earlier append failed.
    #[error("the log was closed by an earlier failure")]
    Poisoned,
}

/// Where a space's records are kept. Every adapter passes the same contract suite.
pub trait Log: Send {
    /// The life that the store is in. It is another one than the log tells after the store was
    /// begun anew, because its end was lost; then the first thing to be appended is that.
    fn incarnation(&self) -> Incarnation;

    /// Records in the log.
    fn size(&self) -> u64;

    /// Appends `block` and makes it durable: all of it or nothing.
    ///
    /// # Errors
    /// Any error closes the log for good: whether the block is durable is then unknown, and only
    /// opening it again can tell. A block that does not begin at `size + 1` is such an error too.
    fn append(&mut self, block: &Block) -> Result<(), Fault>;

    /// The records at `positions`, which ascend.
    ///
    /// # Errors
    /// When one of them is not there or is damaged.
    fn read(&self, positions: &[Position]) -> Result<Vec<Record>, Fault>;

    /// Shows every block from the first on, as the bytes that are stored and the Position at which
    /// it should begin, until `visit` breaks. It shows damaged blocks as they are.
    ///
    /// # Errors
    /// When the store itself cannot be read.
    fn scan(&self, visit: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>) -> Result<(), Fault> {
        self.scan_from(Position(1), visit)
    }

    /// The same from the block on that begins at `first`; behind the end of the log there is none.
    ///
    /// # Errors
    /// When no block begins there, and when the store itself cannot be read.
    fn scan_from(
        &self,
        first: Position,
        visit: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Fault>;

    /// Lets the fence catch up with the log. The runtime calls it when it is idle and at a stop;
    /// it does nothing when there is nothing to do.
    ///
    /// # Errors
    /// Closes the log, as for `append`.
    fn settle(&mut self) -> Result<(), Fault>;
}
