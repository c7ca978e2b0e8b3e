//! The carrier against real servers: killed, frozen, emptied, cut off, and set to deny.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

mod check;
mod delivery;
mod doctor;
mod endings;
mod flood;
mod logins;
mod neighbour;
mod operated;
mod outages;
mod permissions;
mod planned;
mod proxy;
mod server;
mod signals;
mod space;
mod tls;
mod traps;
mod waiting;
