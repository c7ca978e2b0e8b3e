//! The options of commands about keys.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Which statements there are, which keys are kept, and who knows of them
    Show,
    /// Replace the signing and the sealing key by fresh ones
    #[command(after_long_help = AWAY)]
    Rotate {
        /// Only if this statement is not in use yet: repeating it does nothing twice
        #[arg(long, value_name = "NUMBER")]
        to: Option<u32>,
        #[command(flatten)]
        root: Root,
        /// Go on under a statement that the root key has signed
        #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "root", "request"])]
        install: Option<PathBuf>,
    },
    /// Replace the keys, and say that a stolen key signs nothing any more
    Revoke {
        /// The number of its statement
        key: u32,
        /// What it signed up to here stays: a Position, or a time such as 2026-11-22T06:00:00Z
        #[arg(long, value_name = "PLACE")]
        since: String,
        /// Only say what stays, and what came after
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        root: Root,
    },
    /// Sign a statement with the root key; needs no node
    Sign {
        /// What `key rotate --request` or `key revoke --request` wrote
        request: PathBuf,
        /// The root key
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// Where the signed statement goes [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Close the key files of a stopped node with a passphrase
    #[command(after_long_help = PASSPHRASE)]
    Protect,
    /// Open the key files of a stopped node for good
    Unprotect,
}

/// Where the root key is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Root {
    /// The root key [default: keys/root.pem in the folder of the space]
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    /// Only write the statement that the root key has to sign
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    pub(crate) request: Option<PathBuf>,
}

const AWAY: &str = "\
The root key need not be on the node, and never is sent to it:

  interspace key rotate --request next.json            # on the node
  interspace key sign next.json --root root.pem -f signed.json   # where the root key is
  interspace key rotate --install signed.json          # on the node";

const PASSPHRASE: &str = "\
A node whose key files are closed takes the passphrase from the file that
INTERSPACE_PASSPHRASE_FILE names, from the credential interspace-passphrase of systemd
(LoadCredential=), or asks for it where it is started.";

pub(super) const RECOVERY: &str = "\
A log that was put back from an old copy has lost its end. It must not write again what its peers
have seen otherwise. In another life it may: what it told its peers comes back from them, signed;
what never left it stays lost. Put the newest copy back instead, if there is one.";
