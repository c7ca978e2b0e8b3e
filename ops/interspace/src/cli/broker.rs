//! The options of commands about a NATS server between spaces.

use super::Doctor;
use clap::Subcommand;
use std::path::PathBuf;

/// What there is to do about a server.
#[derive(Debug, Subcommand)]
pub(crate) enum Broker {
    /// Make a login in FILE, or read it there, and print its public half
    ///
    /// The seed stays in the file, which only its owner may read; node.toml names it: nkey =
    /// "FILE". The public half goes to the operator of the server.
    Login {
        /// The file with the seed
        file: PathBuf,
    },
    /// Print the configuration of a server, from a file that says who meets there
    #[command(after_long_help = PLAN_EXAMPLE)]
    Plan {
        /// The plan; `--help` shows an example
        #[arg(short, long, value_name = "FILE", default_value = "plan.toml")]
        file: PathBuf,
    },
    /// Make the streams and consumers of a plan, as the operator of the server
    Apply {
        /// The plan
        #[arg(short, long, value_name = "FILE", default_value = "plan.toml")]
        file: PathBuf,
        /// The server
        #[arg(long, value_name = "URL")]
        nats: String,
        /// The file with the seed of the operator's login
        #[arg(long, value_name = "FILE")]
        login: PathBuf,
        /// Certificates of the authorities that may have signed the server's
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
        /// The client's certificate, where the server asks for one
        #[arg(long, value_name = "FILE", requires = "key")]
        certificate: Option<PathBuf>,
        /// The key of that certificate
        #[arg(long, value_name = "FILE", requires = "certificate")]
        key: Option<PathBuf>,
    },
    /// Try at the server, as each space of the node, what must work and what must be denied
    ///
    /// Nothing is changed on the server, however wide it is. Exit code 0 means that all is as
    /// narrow as `interspace broker plan` makes it, 7 that it is not or that it cannot be told.
    Check(Doctor),
}

const PLAN_EXAMPLE: &str = r#"An example of a plan, with all that it may say:

  operator = "UDV6..."               # who makes streams: `interspace broker login operator.nkey`
  store = "/var/lib/nats"            # where the server stores
  links = [["Dev", "Prod"]]          # who has a link with whom; not needed with two spaces

  [tls]                              # files on the server
  certificate = "/etc/nats/server.pem"
  key = "/etc/nats/server.key"
  clients = "/etc/nats/clients.pem"  # only if clients must show a certificate of this authority

  [space."Dev"]                      # called as you like: names stay in comments
  certificate = "dev.json"           # `interspace certificate export`, relative to this file
  login = "UB3K..."                  # from its side: `interspace broker login dev.nkey`

  [space."Prod"]
  id = "aeaqcaibaeaqcai..."          # or the whole fingerprint, in one word
  login = "UAXC..."

Print it, include it in the server's own file, start the server, make the streams:

  interspace broker plan > interspace.conf
  interspace broker apply --nats tls://nats.example:4222 --login operator.nkey --ca ca.pem"#;
