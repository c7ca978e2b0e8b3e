//! What an operator is told of a server before anything is sent over it.
