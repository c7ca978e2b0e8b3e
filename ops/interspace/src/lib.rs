//! The one binary: a node, and the command line that speaks to it.
//!
//! As a library it is there for measurements alone, which run the very node that is shipped.

mod archive;
mod cli;
mod client;
mod commands;
mod demo;
mod failure;
mod node;
mod output;
mod wire;

pub use failure::Failure;
pub use node::config::Config;
pub use wire::{GUARD, Running, guard};

use clap::Parser as _;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};
use std::io::IsTerminal as _;
use std::process::ExitCode;

/// The command line as it is declared: every command with its options.
#[must_use]
pub fn command_line() -> clap::Command {
    <cli::Cli as clap::CommandFactory>::command()
}

/// What the binary does, with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    // The guard of a step holds what the step gets, so that it comes after this.
    keep_from_cores();
    let mut arguments = std::env::args_os().skip(1);
    // The guard of a step is this binary under a hidden name; it reads no other options.
    if arguments.next().is_some_and(|first| first == GUARD) {
        return guard(arguments);
    }
    let cli = cli::Cli::parse();
    trace_to_standard_error();
    let mut out = output::Output::to_terminal(cli.options.output);
    match commands::run(&cli, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out.failure(&failure);
            ExitCode::from(failure.code)
        }
    }
}

/// Keys and tokens are in the memory of this process: no core dump shows it, and no other process
/// of this user looks into it. Where the system does not do that, everything else goes on.
fn keep_from_cores() {
    let none = Rlimit { current: Some(0), maximum: getrlimit(Resource::Core).maximum };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Diagnostics go to standard error; `INTERSPACE_TRACE` says which, in the usual form.
fn trace_to_standard_error() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("INTERSPACE_TRACE")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let tracing = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // Somebody who traces already goes on doing so.
    let _ = tracing.try_init();
}
