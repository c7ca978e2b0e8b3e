//! The JSON interface of a node on loopback, for the command line and other tools.
//!
//! [`port`] is what a node must be able to do, [`shape`] is what is said over HTTP, `routes` joins
//! the two. Who acts comes from the token and from nothing else.

mod authority;
mod observability;
pub mod port;
pub mod problem;
mod routes;
pub mod server;
pub mod shape;
