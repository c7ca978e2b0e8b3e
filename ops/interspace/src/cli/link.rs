//! The options of commands about certificates, links and invitations.

use super::people::life;
use clap::{Args, Subcommand};
use schema::id::{InvitationId, SpaceId};
use schema::name::Name;
use schema::v1::model::Disclosure;
use std::path::PathBuf;

const INVITING: &str = "\
Examples:
  interspace link invite --name 'Prod EU' --accept-results
  interspace link accept isp-invite-1-... --accept-releases '*' --send-results full --wait 60

Whoever has the token may use it until then: pass it on as you would a password, and compare the
fingerprints of both sides aloud afterwards: `interspace link list`. It works where both spaces are
on one node or reach each other over a server; certificate files need neither.";

#[derive(Debug, Subcommand)]
pub(crate) enum Certificate {
    /// The fingerprint, for comparing aloud
    Show,
    /// Write the certificate for another space
    Export {
        /// Where to [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// As X.509 in PEM, for tools that know nothing else; no space imports it
        #[arg(long)]
        x509: bool,
    },
    /// Trust the space that a certificate is of
    Import {
        /// The certificate
        file: PathBuf,
        /// What to call the space here [default: its own name]
        #[arg(long, value_name = "NAME")]
        name: Option<Name>,
        #[command(flatten)]
        grants: Grants,
    },
}

/// What may flow over a link, as this side decides.
#[derive(Debug, Clone, Args)]
pub(crate) struct Grants {
    /// Accept releases of these projects of the peer; `*` stands for any run of characters; may be
    /// repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) accept_releases: Vec<Name>,
    /// Accept the peer's results
    #[arg(long)]
    pub(crate) accept_results: bool,
    /// Send our results to the peer, this much of them
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) send_results: Option<Disclosure>,
    /// Let the peer bring what others signed, and pass on what we send it to whom it concerns
    #[arg(long)]
    pub(crate) relay: bool,
}

fn level(text: &str) -> Result<Disclosure, String> {
    match text {
        "status" => Ok(Disclosure::Status),
        "summary" => Ok(Disclosure::Summary),
        "full" => Ok(Disclosure::Full),
        _ => Err("one of: status, summary, full".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Link {
    /// All links and how far they are
    List,
    /// One link
    Show {
        /// The peer
        peer: Name,
    },
    /// Set what may flow; what is not named is revoked
    Grant {
        /// The peer
        peer: Name,
        #[command(flatten)]
        grants: Grants,
    },
    /// End the link to a peer: nothing comes in or goes out any more
    Revoke {
        /// The peer
        peer: Name,
    },
    /// Make a token that links whoever accepts it, once; it is shown this once
    #[command(after_long_help = INVITING)]
    Invite {
        /// Who alone may accept it, by the fingerprint; needed over a server with allow-lists
        #[arg(long = "for", value_name = "FINGERPRINT", value_parser = fingerprint)]
        guest: Option<SpaceId>,
        /// What to call the space here [default: its own name; where that is taken, or phases and
        /// roles here speak of it already, with its id behind]
        #[arg(long, value_name = "NAME")]
        name: Option<Name>,
        #[command(flatten)]
        grants: Grants,
        /// How long it is good: `10m`, `1h`, up to `7d`
        #[arg(long, value_name = "TIME", default_value = "1h", value_parser = life_s)]
        valid_for: u64,
    },
    /// Accept the token of another space: trust it, and ask it to be let in
    Accept {
        /// The token; `-` reads it from standard input
        token: String,
        /// What to call the space here [default: its own name]
        #[arg(long, value_name = "NAME")]
        name: Option<Name>,
        #[command(flatten)]
        grants: Grants,
    },
    /// All invitations of this space, and what became of them
    Invitations,
    /// End an invitation that nobody used yet
    Uninvite {
        /// Its id, as `link invitations` shows it
        invitation: InvitationId,
    },
}

/// The whole id of a space. Case, spaces and dashes between groups do not count.
fn fingerprint(text: &str) -> Result<SpaceId, String> {
    let joined: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let id = joined.to_lowercase().parse();
    id.map_err(|_| "the whole fingerprint, as `interspace certificate show` says first".to_owned())
}

/// Seconds for which an invitation is good.
fn life_s(text: &str) -> Result<u64, String> {
    let life = life(text).ok().and_then(|life| life.0);
    life.ok_or_else(|| "a number and d, h, m or s, such as 30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_people_pass_it_on_and_only_whole() {
        let id = SpaceId([7; 32]);
        let groups: Vec<String> = id
            .to_string()
            .as_bytes()
            .chunks(4)
            .map(|it| String::from_utf8_lossy(it).into())
            .collect();
        for text in [groups.concat(), groups.join(" "), groups.join("-").to_uppercase()] {
            assert_eq!(fingerprint(&text), Ok(id), "{text}");
        }
        for text in [groups[0].as_str(), "", "abandon abandon"] {
            assert!(fingerprint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_invitation_never_lives_for_ever() {
        assert_eq!(life_s("90s"), Ok(90));
        assert_eq!(life_s("1h"), Ok(3_600));
        assert!(life_s("never").is_err() && life_s("0h").is_err());
    }
}
