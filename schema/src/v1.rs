//! Version 1 of every object, one file for each format.

pub mod archive;
pub mod block;
pub mod document;
pub mod entry;
pub mod envelope;
pub mod event;
pub mod invitation;
pub mod join;
pub mod model;
pub mod part;
pub mod piece;
pub mod proof;
pub mod reclaim;
pub mod record;
pub mod secret;
pub mod signal;
pub mod statements;
