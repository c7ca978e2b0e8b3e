//! The pages over a world: what a machine could not show in time, and what strangers write.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

mod carrier;
mod silence;
mod stage;
mod strangers;
