//! Both logs keep the contract, and what each of them promises beyond it.

mod memory;
