//! The options of commands by which people say whether a release may go on.

use super::Meant;
use clap::Args;
use schema::name::{Name, Text};

/// How the two words that sound alike are told apart.
pub(crate) const APPROVE: &str = "\
It is bound to this very release: a new revision needs new approvals. Who made the release does
not approve it, and what somebody approved does not count when they deploy it themselves.
A bundle of another space is taken with `interspace inbox accept`.";

/// The same, of what is refused.
pub(crate) const REJECT: &str = "\
It holds for this very release, until the same person approves it.
A bundle of another space is turned away with `interspace inbox reject`.";

/// What is approved.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    pub(crate) release: Meant,
    /// For which environment
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    pub(crate) environment: Name,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: Text,
}

/// What is refused.
#[derive(Debug, Args)]
pub(crate) struct Reject {
    #[command(flatten)]
    pub(crate) release: Meant,
    /// For which environment
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    pub(crate) environment: Name,
    /// Why; whoever wants to deploy it sees it
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Text,
}
