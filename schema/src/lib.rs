//! The language: what spaces say to each other and to their future selves.
//!
//! Plain data and its bytes. There are no keys here, no clocks and no I/O; hashes appear only as
//! names for bytes. `PROTOCOL.md` beside this crate is the same content for people and for other
//! implementations; the vectors under `vectors/` hold both to it.
//!
//! Read in this order: what a thing is called ([`id`], [`name`]), how large it may be
//! ([`limits`]), how it becomes bytes ([`bytes`], [`codec`], [`hash`]), and then the objects of
//! version 1 ([`v1`]), which the rest of the product imports through [`latest`].

mod base64;
pub mod bytes;
pub mod codec;
pub mod hash;
pub mod id;
pub mod latest;
pub mod limits;
pub mod name;
pub mod pattern;
pub mod v1;
