//! Hostile tests: what can go wrong on purpose, one file for each threat.

mod alteration;
mod bombs;
mod clocks;
mod confusion;
mod contradiction;
mod downgrade;
mod forgery;
mod forwarding;
mod grants;
mod guests;
mod invited;
mod keys;
mod lookalikes;
mod objects;
mod ownership;
mod proof;
mod reorder;
mod replay;
mod restored;
mod scene;
mod secrets;
mod session;
mod stolen;
