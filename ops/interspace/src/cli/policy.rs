//! The options of commands about what happens by itself.

use super::Which;
use clap::{Args, Subcommand};
use schema::name::{Name, Text};
use schema::v1::event::Pattern;

const SKIP: &str = "\
It is not waited for: releases go on to the next phase without it. They are still sent there, so a
space that was down catches up when it is back. A phase of which everything is skipped is not
complete by that. End it with `interspace policy unskip`.";

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// What happens by itself, and what is left to people
    Show,
    /// Do nothing by itself: people still can
    Pause {
        #[command(flatten)]
        what: Paused,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// Go on, with what waits now
    Resume {
        #[command(flatten)]
        what: Paused,
    },
    /// Deploy no other version of a project to an environment by itself: people still can
    Pin {
        #[command(flatten)]
        release: Which,
        /// The environment
        #[arg(long = "in", value_name = "ENVIRONMENT")]
        environment: Name,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// Deploy newer versions again
    Unpin {
        /// The project
        project: Name,
        /// The environment
        #[arg(long = "in", value_name = "ENVIRONMENT")]
        environment: Name,
        /// The space that owns the project [default: whichever is pinned]
        #[arg(long, value_name = "SPACE")]
        owner: Option<Name>,
    },
    /// Let a place not count for its phase, as long as it is down
    #[command(after_long_help = SKIP)]
    Skip {
        /// The place: `ENVIRONMENT`, `SPACE: ENVIRONMENT`, or `SPACE: *` for all of a space
        place: Pattern,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// Let a place count again
    Unskip {
        /// The place, as it was skipped
        place: Pattern,
    },
}

/// What is paused.
#[derive(Debug, Clone, Args)]
pub(crate) struct Paused {
    /// Only with this project: `NAME`, `SPACE: NAME` or `SPACE: *`
    #[arg(long, value_name = "PROJECT", default_value = "*")]
    pub(crate) project: Pattern,
    /// Only at this place: `ENVIRONMENT`, or `SPACE: *` for promotions to a space
    #[arg(long, value_name = "PLACE", default_value = "*")]
    pub(crate) at: Pattern,
}
