//! Both logs keep the contract, and what each of them promises beyond it.

#![allow(clippy::unwrap_used, reason = "all of this is tests, and what they are made of")]

mod audit;
mod child;
mod crash;
mod damage;
mod full;
mod memory;
mod rollback;
mod sled;
