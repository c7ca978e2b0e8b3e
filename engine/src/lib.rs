//! The flow: pure, synchronous, deterministic.
//!
//! ```text
//! command -> decide -> events -> log -> outbox -> seal -> transport
//!                                                             |
//! view/SSE <- fold <- log <- inbox <- admit <- verify <- open <- transport
//! ```
//!
//! The modules stand in the order in which data takes this road, not in that of the alphabet.
//! There is no clock here, no randomness, no socket and no thread: times and random bytes are
//! arguments, and what others can see is handed out only after the block it depends on is durable.

// A command becomes events.
pub mod argument;
pub mod command;
pub mod decide;
pub mod gates;
pub mod policy;
pub mod progress;
pub mod state;
pub mod window;
// Events become entries, durable.
pub mod log;
// Entries leave, sealed.
pub mod outbox;
pub mod signals;
pub mod trust;
// Entries arrive, opened, verified, admitted.
pub mod fetch;
pub mod inbox;
pub mod quarantine;
pub mod retraction;
pub mod traffic;
// Entries are folded and shown.
pub mod run;
pub mod views;
// All of it turns.
pub mod engine;
pub mod entropy;
pub mod space;
pub mod step;
