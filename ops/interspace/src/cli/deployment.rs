//! The options of commands about deployments.

use super::Meant;
use clap::{Args, Subcommand};
use schema::name::{Name, Text};

/// What to run where.
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    #[command(flatten)]
    pub(crate) release: Meant,
    /// The environment
    #[arg(long, value_name = "ENVIRONMENT")]
    pub(crate) to: Name,
    /// For this tenant
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<Name>,
    /// Do not wait for freezes, windows and approvals: why; it is written down
    #[arg(long, value_name = "REASON")]
    pub(crate) bypass: Option<Text>,
    /// Do not wait for its end
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Deployment {
    /// All deployments, newest first
    List,
    /// One deployment with its steps, and what it waits for
    Show {
        /// Its number
        deployment: u64,
    },
    /// The output of its steps
    Logs {
        /// Its number
        deployment: u64,
    },
    /// End one that runs; steps that always run still do
    Cancel {
        /// Its number
        deployment: u64,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Text,
    },
    /// Say that the manual step for which it waits was done
    Confirm {
        /// Its number
        deployment: u64,
        /// The step that is meant: do nothing if it waits at another by now
        #[arg(long, value_name = "NAME")]
        step: Option<Name>,
        /// What there is to say about it
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: Text,
    },
    /// Say that the manual step for which it waits cannot be done: it has failed then
    Refuse {
        /// Its number
        deployment: u64,
        /// The step that is meant: do nothing if it waits at another by now
        #[arg(long, value_name = "NAME")]
        step: Option<Name>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        note: Text,
    },
}
