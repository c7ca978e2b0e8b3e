//! The binary as people run it: through its command line, killed, starved and lied to.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

mod airgap;
mod apart;
mod archive;
mod audit;
mod bits;
mod broker;
mod chaos;
mod command;
mod contradiction;
mod courier;
mod demo;
mod disk;
mod edited;
mod errors;
mod examples;
mod feeds;
mod folder;
mod hidden;
mod interface;
mod invited;
mod keys;
mod kills;
mod metrics;
mod node;
mod outcome;
mod pages;
mod permissions;
mod planned;
mod processes;
mod protected;
mod restored;
mod rotation;
mod runbooks;
mod secrets;
mod space;
mod stop;
mod story;
mod sum;
mod trusted;
mod two;
