//! Runs the steps of a deployment as processes under a guard.
//!
//! One run, in this order: [`Runner::run`] proves the packages, checks the variables, enters the
//! environment (its folder and its lock), and looks which of its targets are up (see `targets`).
//! Then come the steps, one after the other (see `course`), each of them
//!
//! * if its condition is met by what happened so far (see `condition`),
//! * once for each target with one of its roles, or once for the environment where it names none,
//! * as often as it has to be tried (see `attempts`), or until a person says how it went (see
//!   `manual`),
//! * with the variables, secrets and packages that it may see (see the table in `variables`),
//! * and what it writes into the file of its outputs is seen by the steps behind it (see `passed`).
//!
//! A program is started by a *guard*: this same executable with a hidden subcommand, see [`guard`].
//! The guard starts it, adopts whatever it leaves behind, and ends all of that when the program is
//! over, runs out of time, is stopped or cancelled (see [`Control`]), or when the node is gone.
//!
//! There is one guard at a time. It has the descriptors 0, 1 and 2 and nothing else:
//!
//! | descriptor | is | so that |
//! | --- | --- | --- |
//! | 0 | a socket to the runner | order in, status out; its closing tells that the node is gone |
//! | 1 | a pipe to the runner | the step writes its output and errors there, in order |
//! | 2 | the lock of the environment | runner *and* guard hold it, until both are gone |
//!
//! The lock belongs to the open file, which runner and guard share: a deployment holds it from its
//! first step to its last, and after a node was killed the guard holds it until it has ended the
//! step. The step gets none of the three but the pipe.
//!
//! Values of secrets go into the environment of the step and nowhere else: where one appears in
//! what the step writes or passes on, or in the reason why it failed, as it is or encoded, three
//! asterisks stand in its place before anything of it is kept or hashed (see `mask`).
//!
//! What this cannot do: end a process that has become another user's (`sudo`); end what was
//! started on the step's behalf by someone else (`systemd-run`, `at`, a container daemon); keep
//! descriptors from a step that the node itself was handed open at its own start. When node and
//! guard are killed at once, the step lives on until the environment is next entered, and is ended
//! then, before anything else happens (see `leftovers`). Under systemd the node wants
//! `KillMode=mixed`, so that an orderly stop reaches the node and not its guards.

mod attempts;
mod condition;
mod control;
mod course;
mod environment;
mod family;
pub mod guard;
mod halt;
mod leftovers;
mod listener;
mod manual;
mod mask;
mod order;
mod output;
mod packages;
mod passed;
mod report;
mod runner;
mod status;
mod step;
mod targets;
mod variables;

pub use control::Control;
pub use listener::Listener;
pub use runner::{Runner, Settings};
