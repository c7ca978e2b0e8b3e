//! What people see: read from what was folded, never written to the log, rebuilt at every start.

pub mod dashboard;
pub mod explain;
pub mod exposure;
pub mod inbox;
pub mod journey;
pub mod links;
pub mod proofs;
