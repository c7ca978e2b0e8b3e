//! Sticks: written, carried, damaged, mixed up and lied about.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

mod bombs;
mod damage;
mod full;
mod media;
mod names;
mod reading;
mod scene;
mod writing;
