//! The options of commands about secrets.

use clap::{Args, Subcommand};
use schema::name::Name;
use schema::v1::event::Pattern;
use std::path::PathBuf;

/// Which secret, as space.toml declares it.
#[derive(Debug, Args)]
pub(crate) struct Declared {
    /// The project
    pub(crate) project: Name,
    /// The secret: a variable with `secret = true` and no value
    pub(crate) name: Name,
    /// Of several with this name the one for this environment; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) environment: Vec<Pattern>,
    /// The one for this tenant; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Vec<Name>,
    /// The one for this channel; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Vec<Name>,
    /// The one for this step; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) step: Vec<Name>,
    /// The one that applies everywhere
    #[arg(long, conflicts_with_all = ["environment", "tenant", "channel", "step"])]
    pub(crate) everywhere: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Set the value of a secret: from standard input, without the end of its last line
    #[command(after_long_help = "The value is never an argument: those show in the list of \
        processes and in the history of the shell. A release that was created keeps the value that \
        it was created with. A value of several lines comes from a file or through a pipe.")]
    Set {
        #[command(flatten)]
        secret: Declared,
        /// Read the value from this file instead
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// All secrets: where they apply, which are set, when and by whom, and no value
    List,
    /// Use the value of a secret no more; releases that have it keep it
    #[command(after_long_help = "The log keeps what it ever held, sealed: a value that somebody \
        may have seen is replaced where it is used, not here alone.")]
    Unset {
        #[command(flatten)]
        secret: Declared,
    },
}
