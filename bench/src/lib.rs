//! One group per step of the road, and whole-road runs beside the peers.
//!
//! ```text
//! spread   median, least and greatest of some numbers
//! pair     two sides measured in turn, so that both meet the same noise
//! machine  what they were measured on
//! entries  entries of an exact size
//! party    a space's keys without a log, and its side of a link
//! singly   the peer that signs and seals every event by itself
//! history  a log of own and mirrored entries, as a space writes it
//! road     the steps: append, seal, open, replay
//! wire     the whole road between two processes, beside its peers
//! scale    very many projects, at two sizes
//! report   what is printed
//! ```
//!
//! A ratio is always ours divided by the other. Nothing here asserts a speed.

mod entries;
mod history;
mod machine;
mod pair;
mod party;
mod report;
pub mod road;
pub mod scale;
mod singly;
mod spread;
pub mod wire;

pub use machine::Machine;
pub use report::{Figure, Report};
pub use road::{Plan, Step};
pub use spread::Spread;

/// Why a measurement could not be made.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
