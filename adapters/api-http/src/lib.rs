//! The interface of a node on loopback: JSON for the command line, live pages for people.
//!
//! [`port`] is what a node must be able to do, [`shape`] is what is said over HTTP, `routes` joins
//! the two, and [`pages`] shows the same to people. Who acts comes from the token and from nothing
//! else; what each route asks of them is stated at its [`gate`].

mod authority;
pub mod custody;
pub mod gate;
mod observability;
pub mod pages;
pub mod port;
pub mod problem;
mod routes;
pub mod server;
pub mod shape;
mod throttle;
