//! Keeps a space's log in memory; fails, tears and forgets on demand.
//!
//! Two things, as with a real store: a [`Device`], which outlives a process, and a [`LogMemory`],
//! which is what a process has open on it. A simulator keeps the device, plans its mishaps, drops
//! the log to crash and opens it again.
//!
//! ```text
//!   simulator ── Device ── plan, forget, alter, image
//!                  │
//!   engine ──── LogMemory (one at a time)
//! ```

mod device;
mod log;

pub use device::{Device, Image, Mishap};
pub use log::LogMemory;
