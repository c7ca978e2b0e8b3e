//! Keeps a space's log in sled, durably.
