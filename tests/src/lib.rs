//! A world of spaces, and stories told in it.

pub mod blocks;
pub mod contract;
