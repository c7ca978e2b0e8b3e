//! Carries envelopes between spaces as files on a medium that somebody brings, and trusts neither.
//!
//! A medium may be lost, copied, cut, mixed with others and written to by anybody. So what lies on
//! it are sealed and signed envelopes, the same as on a wire, in parts whose form is
//! [`schema::v1::part`]; and what is read from it is worth no more than any other envelope until it
//! was opened. Here nothing is opened: this crate knows files and the headers of envelopes.
//!
//! ```text
//! envelopes -> Export::add -> parts under temporary names -> Export::finish -> *.isp
//! *.isp -> read -> Look: what is there, what is refused and why, what is missing
//!                  Found::open -> one part, checked again, whole or not at all
//! ```
//!
//! Names on a medium:
//!
//! ```text
//! interspace-<from>-to-<to>-<set>-0001.isp              a part
//! interspace-<from>-to-<to>-<set>-0001.isp-unfinished   the same, still being written
//! medium-1, medium-2, ...                               folders, each for a medium of a given size
//! ```
//!
//! Every call works on files and may take as long as the medium does: call from a thread that may
//! block. Never more than one part is in memory, as its file and as its envelopes.

mod direction;
mod draft;
mod export;
mod fault;
mod found;
mod look;
mod medium;
mod ranges;
mod search;
mod set;

pub use direction::{Direction, inspect};
pub use export::{Export, Head, Sizes, Written, WrittenPart};
pub use fault::Fault;
pub use found::{Found, Refused, Summary};
pub use look::{Look, read};
pub use ranges::{Ranges, missing};
pub use set::Set;

/// How the name of a part ends.
const ENDING: &str = "isp";

/// How it ends while the part is being written.
const UNFINISHED: &str = "isp-unfinished";

/// How the name of a folder for one medium begins; its number follows.
const MEDIUM: &str = "medium-";
