//! `link`: who is trusted, what may flow, and how far it is.

mod invitation;

use crate::cli::Link as Verb;
use crate::client::Client;
use crate::commands::{or_dash, yes};
use crate::failure::{Failure, code};
use crate::output::{Output, table};
use api_http::shape::command::{Ask, Did, Grants};
use api_http::shape::link::{Life, Link};
use schema::name::Name;
use serde::Serialize;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let links: Vec<Link> = client.get(&client.path("links")?)?;
            out.value(&links, || {
                let rows = links.iter().map(row).collect();
                let head = [
                    "peer",
                    "fingerprint",
                    "this side",
                    "the other",
                    "over",
                    "head",
                    "acknowledged",
                    "applied",
                    "received",
                    "held",
                    "refused",
                    "heard",
                ];
                table(&head, rows, NO_LINKS)
            });
        }
        Verb::Show { peer } => {
            let link = find(peer, client)?;
            out.value(&link, || show(&link));
        }
        Verb::Grant { peer, grants } => {
            // Whether there is such a peer, and who may grant it anything, the node says.
            let before = find(peer, client).map(|link| link.grants).unwrap_or_default();
            let grants = super::certificate::shape(grants);
            let did = client.ask(Ask::Grant { peer: peer.clone(), grants })?;
            let after = find(peer, client)?;
            let changed = Granted { did, before, after: after.grants };
            out.value(&changed, || changed.text());
        }
        Verb::Revoke { peer } => {
            let did = client.ask(Ask::Revoke { peer: peer.clone() })?;
            out.value(&did, || {
                "revoked: nothing comes in or goes out any more; certificates that you exported \
                 and nobody has answered yet must be exported again; open invitations stay good \
                 for others: `interspace link invitations`"
                    .to_owned()
            });
        }
        Verb::Invite { .. } | Verb::Accept { .. } | Verb::Invitations | Verb::Uninvite { .. } => {
            invitation::run(verb, client, out)?;
        }
    }
    Ok(())
}

const NO_LINKS: &str =
    "no links yet: `interspace link invite`, or `interspace certificate import FILE`";

/// A change of grants, with what they were before and after it.
#[derive(Serialize)]
struct Granted {
    #[serde(flatten)]
    did: Did,
    before: Grants,
    after: Grants,
}

impl Granted {
    fn text(&self) -> String {
        let what = if self.did.positions.is_empty() { "nothing changed" } else { "granted" };
        format!("{what}\nbefore   {}\nafter    {}", granted(&self.before), granted(&self.after))
    }
}

/// The link to a peer.
fn find(peer: &Name, client: &Client) -> Result<Link, Failure> {
    let links: Vec<Link> = client.get(&client.path("links")?)?;
    links.into_iter().find(|link| link.peer == peer.as_str()).ok_or_else(|| {
        let what = format!("no space is called {peer} here");
        Failure::new(code::NOT_FOUND, what, "`interspace link list` shows all links")
    })
}

fn row(link: &Link) -> Vec<String> {
    let heard = match (&link.trouble, &link.heard_at) {
        (Some(trouble), _) => trouble.clone(),
        (None, _) if link.asks_until.is_some() => "asks to be let in".to_owned(),
        (None, Some(at)) if link.fresh => format!("{at}, fresh"),
        (None, Some(at)) => format!("not since {at}"),
        (None, None) => "never since the node started".to_owned(),
    };
    let heard = [Some(heard), link.clock(), link.awaits()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ");
    let theirs = link.theirs.as_ref().map_or_else(|| "-".to_owned(), short);
    // Names are this side's choice and may look alike: who it is, the fingerprint says.
    let who = [link.peer.clone(), link.fingerprint_hex.clone()];
    let mut row = who.to_vec();
    row.extend([short(&link.grants), theirs, link.carried.clone()]);
    row.extend(
        [link.head, link.acknowledged, link.applied, link.received, link.held, link.refused]
            .map(|count| count.to_string()),
    );
    row.push(heard);
    row
}

fn show(link: &Link) -> String {
    format!(
        "{}\nfingerprint   {}\n  in words    {}\n  in hex      {}\nlink          {}\n\
         made of       {}\nthis side     {}\nthe other     {}\n\
         to it         {} entries, {} acknowledged, {} applied\n\
         from it       {} entries, {} held, {} refused\n\
         reached       {}\nfresh         {}\nheard         {}\nclock         {}\n\
         understands   {}\nlives         {}\nawaits        {}\ntrouble       {}",
        link.peer,
        link.fingerprint,
        link.fingerprint_words,
        link.fingerprint_hex,
        link.link,
        made_of(link),
        granted(&link.grants),
        link.theirs.as_ref().map_or_else(|| "has not said yet".to_owned(), granted),
        link.head,
        link.acknowledged,
        link.applied,
        link.received,
        link.held,
        link.refused,
        over(&link.carried),
        yes(link.fresh),
        or_dash(link.heard_at.as_ref()),
        link.clock().unwrap_or_else(|| "near ours, as far as that can be told".to_owned()),
        understands(link),
        lives(link),
        link.awaits().unwrap_or_else(|| "nothing".to_owned()),
        or_dash(link.trouble.as_ref()),
    )
}

/// What both sides exchanged, and whether it is over.
fn made_of(link: &Link) -> String {
    match &link.asks_until {
        Some(until) => format!("an invitation; asks until {until} to be let in"),
        None if link.invited => "an invitation".to_owned(),
        None => "certificates".to_owned(),
    }
}

/// The lives of the peer's log, in words.
fn lives(link: &Link) -> String {
    let life = |life: &Life| format!("{} ({} entries here)", life.incarnation, life.entries);
    match link.lives.as_slice() {
        [] => "nothing came yet".to_owned(),
        lives => lives.iter().map(life).collect::<Vec<_>>().join(", then "),
    }
}

/// What the peer's build can read.
fn understands(link: &Link) -> String {
    match link.understands {
        0 => "it has not said yet".to_owned(),
        schema => format!("schema {schema}"),
    }
}

/// How a peer is reached, as a sentence ends.
fn over(carried: &str) -> &str {
    match carried {
        "here" => "on this node",
        "nothing" => "by nothing: `interspace up --nats URL`",
        over => over,
    }
}

/// Grants in a cell of a table.
fn short(grants: &Grants) -> String {
    let releases = (!grants.accept_releases.is_empty()).then_some("+releases");
    let results = grants.accept_results.then_some("+results");
    let sends = grants.send_results.map(|_| "sends results");
    let relay = grants.relay.then_some("relays");
    let all: Vec<&str> = [releases, results, sends, relay].into_iter().flatten().collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(" ") }
}

/// Grants in words.
pub(super) fn granted(grants: &Grants) -> String {
    let mut all: Vec<String> = grants
        .accept_releases
        .iter()
        .map(|project| format!("accept releases of {project}"))
        .collect();
    if grants.accept_results {
        all.push("accept results".to_owned());
    }
    if let Some(level) = grants.send_results {
        all.push(format!("send results ({})", format!("{level:?}").to_lowercase()));
    }
    if grants.relay {
        all.push("let it relay".to_owned());
    }
    if all.is_empty() { "none: nothing flows".to_owned() } else { all.join(", ") }
}
