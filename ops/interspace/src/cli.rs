//! The command line: `interspace <noun> <verb>`.

mod approval;
mod audit;
mod broker;
mod courier;
mod deployment;
mod freeze;
mod inbox;
pub(crate) mod keys;
mod link;
mod node;
mod people;
mod policy;
mod release;
mod secret;

pub(crate) use approval::{Approve, Reject};
pub(crate) use audit::{Audit, Trail};
pub(crate) use broker::Broker;
pub(crate) use courier::Courier;
pub(crate) use deployment::{Deploy, Deployment};
pub(crate) use freeze::Freeze;
pub(crate) use inbox::Inbox;
pub(crate) use keys::Key;
pub(crate) use link::{Certificate, Grants, Link};
pub(crate) use node::{Doctor, Up};
pub(crate) use people::{Scope, Token, User};
pub(crate) use policy::{Paused, Policy};
pub(crate) use release::{Release, Revision};
pub(crate) use secret::{Declared, Secret};

use crate::output::Form;
use clap::{Args, Parser, Subcommand};
use schema::id::ReleaseDigest;
use schema::name::{Name, PackageName, Version};
use std::path::PathBuf;

/// Lets releases travel between spaces that share no network, and their results travel back.
#[derive(Debug, Parser)]
#[command(name = "interspace", version, propagate_version = false, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 denied, \
    5 conflict, 6 unreachable, 7 verification failed.\nBegin with: interspace demo")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) noun: Noun,
}

/// What every command has.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// The node's folder [default: ~/.local/share/interspace]
    #[arg(long, global = true, env = "INTERSPACE_DIR", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The space, by name; needed where the node has several
    #[arg(short, long, global = true, env = "INTERSPACE_SPACE", value_name = "NAME")]
    pub(crate) space: Option<Name>,
    /// The form of standard output
    #[arg(short, long, global = true, value_enum, default_value = "table")]
    pub(crate) output: Form,
    /// Act as this person, with the token file in the space's folder [default: the operator]
    #[arg(long = "as", global = true, value_name = "PERSON")]
    pub(crate) person: Option<Name>,
    /// Act as whose token this file holds
    #[arg(long, global = true, env = "INTERSPACE_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Name this command, so that repeating it does nothing twice
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) command_id: Option<String>,
    /// Seconds to wait for what is not there yet
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u64,
    /// Never ask; fail instead
    #[arg(long, global = true)]
    pub(crate) no_prompt: bool,
}

/// What a command is about.
#[derive(Debug, Subcommand)]
pub(crate) enum Noun {
    /// The whole story on this machine: a release goes out, its results come back
    Demo {
        /// Which story
        #[arg(long, value_enum, default_value = "tour", value_name = "NAME")]
        story: crate::demo::Story,
        /// Stop when the story is told
        #[arg(long)]
        once: bool,
        /// Keep the node's folder here; it must not exist yet
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
        /// Run each space in a node process of its own; they meet on this NATS server
        #[arg(long, value_name = "URL")]
        nats: Option<String>,
    },
    /// What is wrong here, and what to do: folder, clock, keys, links, broker
    Doctor(Doctor),
    /// A NATS server between spaces: its plan, logins, and whether it is narrow enough
    #[command(subcommand)]
    Broker(Broker),
    /// Run a node until Ctrl-C
    #[command(after_long_help = node::UP_EXAMPLE)]
    Up(Up),
    /// A link to the node's pages that signs you in, once
    Open,
    /// The spaces of the node
    #[command(subcommand)]
    Space(Space),
    /// The certificate that other spaces import
    #[command(subcommand)]
    Certificate(Certificate),
    /// The keys of a space: replace them, revoke them, close their files
    #[command(subcommand)]
    Key(Key),
    /// Trusted spaces and what may flow
    #[command(subcommand)]
    Link(Link),
    /// Make the configuration what a file says
    Apply {
        /// The file
        #[arg(short, long, value_name = "FILE", default_value = "space.toml")]
        file: PathBuf,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the configuration as a file that `apply` reads: for review, versions, backup
    #[command(
        after_long_help = "The same configuration gives the same bytes, in whatever order it \
        came about. The file holds no tokens, and of secrets only that they are declared."
    )]
    Export {
        /// Where to [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// People who may act in the space
    #[command(subcommand)]
    User(User),
    /// Tokens that act for people: for pipelines and programs
    #[command(subcommand)]
    Token(Token),
    /// Values that steps see and nobody else does
    #[command(subcommand)]
    Secret(Secret),
    /// Packages
    #[command(subcommand)]
    Package(Package),
    /// Releases
    #[command(subcommand)]
    Release(Release),
    /// Bundles of other spaces
    #[command(subcommand)]
    Inbox(Inbox),
    /// Say that a release may be deployed to an environment
    #[command(after_long_help = approval::APPROVE)]
    Approve(Approve),
    /// Say that a release may not be deployed to an environment
    #[command(after_long_help = approval::REJECT)]
    Reject(Reject),
    /// Times in which nothing is deployed or promoted
    #[command(subcommand)]
    Freeze(Freeze),
    /// What happens by itself, and what is left to people
    #[command(subcommand)]
    Policy(Policy),
    /// Run a release in an environment
    Deploy(Deploy),
    /// Deployments of this space
    #[command(subcommand)]
    Deployment(Deployment),
    /// What is installed where, here and in other spaces
    Dashboard,
    /// Where a release has been, with the entry behind each step
    Journey {
        #[command(flatten)]
        release: Which,
    },
    /// What travels on a stick
    #[command(subcommand)]
    Courier(Courier),
    /// Prove it from the log
    #[command(subcommand)]
    Audit(Audit),
}

/// A release.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// The project
    pub(crate) project: Name,
    /// The version
    pub(crate) version: Version,
    /// The space that owns the project [default: whichever has such a release]
    #[arg(long, value_name = "SPACE")]
    pub(crate) owner: Option<Name>,
}

/// A release with which something is done.
#[derive(Debug, Clone, Args)]
pub(crate) struct Meant {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The digest of the revision that is meant: do nothing if it is another by now
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<ReleaseDigest>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Space {
    /// Found a space: keys, a log, nothing else
    Create {
        /// Its name
        name: Name,
    },
    /// All spaces of the node
    List,
    /// One space, with its fingerprint
    Show,
    /// Let a space whose log lost its end live on from what is here
    #[command(after_long_help = keys::RECOVERY)]
    Recover {
        /// Do it; without this it only says what would happen
        #[arg(long)]
        yes: bool,
        /// Also when nothing is known to be lost: for peers that are reached by hand
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Package {
    /// Put a file into the space's store
    Push {
        /// The package's id
        id: PackageName,
        /// Its version
        version: Version,
        /// The file
        file: PathBuf,
    },
    /// All packages
    List,
}
