//! The flow: pure, synchronous, deterministic.

pub mod log;
pub mod run;
