//! A running node: its folder, its keys, and an owner thread for each space.

pub(crate) mod carriage;
pub(crate) mod config;
pub(crate) mod courier;
pub(crate) mod custodian;
pub(crate) mod directory;
pub(crate) mod feed;
pub(crate) mod folder;
pub(crate) mod keys;
pub(crate) mod outputs;
pub(crate) mod owner;
pub(crate) mod passphrase;
pub(crate) mod pem;
pub(crate) mod recovery;
mod rest;
pub(crate) mod runs;
pub(crate) mod stopped;
pub(crate) mod store;
pub(crate) mod tokens;
pub(crate) mod x509;
