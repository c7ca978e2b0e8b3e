//! The options of commands about a node itself.

use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How a node runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Up {
    /// The node's configuration; `--help` shows an example
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the interface listens; loopback only [default: any free port]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// The NATS server over which spaces on other nodes are reached
    #[arg(long, value_name = "URL")]
    pub(crate) nats: Option<String>,
    /// Stop when standard input ends: with whoever started this
    #[arg(long, hide = true)]
    pub(crate) until_closed: bool,
}

/// What `doctor` looks at beside the node's folder.
#[derive(Debug, Clone, Args)]
pub(crate) struct Doctor {
    /// The node's configuration [default: that of the node that runs]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The NATS server [default: that of the node that runs]
    #[arg(long, value_name = "URL")]
    pub(crate) nats: Option<String>,
}

pub(super) const UP_EXAMPLE: &str = r#"An example of a configuration, with all that it may say:

  dir = "/var/lib/interspace"        # the node's folder; --dir wins
  listen = "127.0.0.1:7400"          # its interface; --listen wins

  [nats]                             # without it, the spaces of a node reach only each other
  servers = ["tls://nats.example:4222"]
  credentials = "node.creds"         # or nkey, token, or user and password: files, mode 0600
  make_streams = false               # true, unless `interspace broker apply` has made them

  [nats.tls]
  required = true
  ca = "ca.pem"
  certificate = "client.pem"
  key = "client.key"

  [packages]                         # packages come from here, not from who sent the release
  url = "https://packages.example"   # or folder = "/srv/packages"
  file = "{id}/{version}"            # what a package is called there: {id}-{version} without it
  token = "feed.token"               # sent as a bearer token: a file, mode 0600
  ca = "ca.pem"                      # roots to trust instead of those of the system

  [space."Prod EU".nats]             # where one space has credentials of its own
  credentials = "prod-eu.creds"

  [space."Prod EU".packages]         # or a feed of its own
  folder = "/mnt/prod-eu"

Paths are relative to the file."#;
