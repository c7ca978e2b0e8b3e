//! A world of spaces, and stories told in it.
