//! The flow: pure, synchronous, deterministic.

pub mod log;
