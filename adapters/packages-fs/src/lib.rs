//! Keeps packages in a folder, by their hash.
