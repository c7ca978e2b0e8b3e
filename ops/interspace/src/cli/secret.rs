//! The options of commands about secrets.

use clap::Subcommand;
use schema::name::Name;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Set the value of a secret: from standard input, without the end of its last line
    #[command(after_long_help = "The value is never an argument: those show in the list of \
        processes and in the history of the shell. A release that was created keeps the value that \
        it was created with. A value of several lines comes from a file or through a pipe.")]
    Set {
        /// The project
        project: Name,
        /// The secret, as space.toml declares it: a variable with `secret = true` and no value
        name: Name,
        /// Read the value from this file instead
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// All secrets: which are set, when and by whom, and no value
    List,
    /// Use the value of a secret no more; releases that have it keep it
    #[command(after_long_help = "The log keeps what it ever held, sealed: a value that somebody \
        may have seen is replaced where it is used, not here alone.")]
    Unset {
        /// The project
        project: Name,
        /// The secret
        name: Name,
    },
}
