//! Both logs keep the contract, and what each of them promises beyond it.

mod audit;
mod child;
mod crash;
mod damage;
mod full;
mod memory;
mod rollback;
mod sled;
