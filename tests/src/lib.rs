//! A world of spaces, and stories told in it.

pub mod base64;
pub mod blocks;
pub mod broker;
pub mod bundles;
pub mod carriers;
pub mod chance;
pub mod contract;
pub mod draw;
pub mod faults;
pub mod guests;
pub mod network;
pub mod pipeline;
pub mod reference;
pub mod runner;
pub mod sequence;
pub mod simulation;
pub mod site;
pub mod stick;
pub mod store;
pub mod stranger;
pub mod thief;
pub mod visitor;
pub mod world;
