//! The verbs of `audit`.

use clap::{Args, Subcommand};
use schema::name::Name;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verify each log from its bytes; of a stopped node, on a copy
    Verify {
        /// The fingerprint that the space must have; choose the space with --space
        #[arg(long, value_name = "FINGERPRINT")]
        expect: Option<String>,
        /// Verify this archive instead, wherever it was carried; needs no node
        #[arg(long, value_name = "FILE")]
        archive: Option<PathBuf>,
        /// Verify this proof of a contradiction instead; needs nothing else
        #[arg(long, value_name = "FILE", conflicts_with = "archive")]
        proof: Option<PathBuf>,
    },
    /// Write the proof that a peer told two stories, for whoever else should know
    Proof {
        /// The peer, by its name here or its fingerprint
        peer: String,
        /// The file
        file: PathBuf,
        /// Look in this archive [default: in the log of the space]
        #[arg(long, value_name = "FILE")]
        archive: Option<PathBuf>,
    },
    /// Write the whole log of a space into a file that verifies anywhere
    Export {
        /// The file; it holds what the log holds, in the clear
        file: PathBuf,
    },
    /// Whom the space trusted at a moment, with what, and who decided it
    Trust {
        /// The moment: a day until its end, a time, or a Position [default: now]
        #[arg(long, value_name = "DAY|TIME|POSITION")]
        at: Option<String>,
        /// Only this peer, by its name or its fingerprint
        #[arg(long)]
        peer: Option<String>,
        /// Look in this archive [default: in the log of the space]
        #[arg(long, value_name = "FILE")]
        archive: Option<PathBuf>,
    },
    /// Why what runs in an environment runs there
    Trail(Trail),
}

/// Of what the trail is asked.
#[derive(Debug, Args)]
pub(crate) struct Trail {
    /// The environment, or `SPACE: ENVIRONMENT` for another space's
    #[arg(long = "in", value_name = "PLACE")]
    pub(crate) place: String,
    /// The tenant, where it is for one
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<Name>,
    /// The project
    #[arg(long)]
    pub(crate) project: Name,
    /// The space that owns the project, where several have one of this name
    #[arg(long, value_name = "SPACE")]
    pub(crate) owner: Option<Name>,
}
