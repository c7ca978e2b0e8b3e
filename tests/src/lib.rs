//! A world of spaces, and stories told in it.

pub mod blocks;
pub mod contract;
pub mod network;
pub mod pipeline;
pub mod runner;
pub mod sequence;
pub mod site;
pub mod store;
pub mod world;
