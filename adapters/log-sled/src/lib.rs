//! Keeps a space's log in sled, durably.
//!
//! ```text
//! FOLDER/
//!   FORMAT            one line: what this is, and which form of it
//!   lock              held by the one process that has the log open
//!   running           there while the log is open; left behind by an unclean stop
//!   closed            what sled's files were when the log was closed; not there while it is open
//!   fence             what the log had at least, beside it and not in it
//!   sled/             the records: every block cut into rows
//!   before-recovery/  a copy of all that as it was after the last unclean stop or damage
//! ```
//!
//! A block is durable when its rows were applied as one atomic batch, sled was flushed and the
//! database file was synced through a descriptor of our own: sled's flush alone does not sync.
//! Whatever sled answers or panics with becomes a [`Fault`](engine::log::Fault) at one place, and
//! closes the log.

mod audit;
mod begin;
mod closed;
mod copy;
mod fence;
mod folder;
mod key;
mod log;
mod recent;
mod rows;
mod store;
mod tip;

pub use audit::audit_copy;
pub use fence::FenceMark;
pub use log::LogSled;
