//! Keeps a space's log in memory; fails, tears and forgets on demand.
