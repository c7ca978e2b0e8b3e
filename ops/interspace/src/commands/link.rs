//! `link`: who is trusted, what may flow, and how far it is.

use crate::cli::Link as Verb;
use crate::client::Client;
use crate::commands::{or_dash, yes};
use crate::failure::{Failure, code};
use crate::output::{Output, table};
use api_http::shape::command::{Ask, Grants};
use api_http::shape::link::{Life, Link};

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let links: Vec<Link> = client.get(&client.path("links")?)?;
            out.value(&links, || {
                let rows = links.iter().map(row).collect();
                let head = [
                    "peer",
                    "over",
                    "head",
                    "acknowledged",
                    "applied",
                    "received",
                    "held",
                    "refused",
                    "heard",
                ];
                table(&head, rows, "no links yet: `interspace certificate import FILE`")
            });
        }
        Verb::Show { peer } => {
            let links: Vec<Link> = client.get(&client.path("links")?)?;
            let link =
                links.into_iter().find(|link| link.peer == peer.as_str()).ok_or_else(|| {
                    let what = format!("no space is called {peer} here");
                    Failure::new(code::NOT_FOUND, what, "`interspace link list` shows all links")
                })?;
            out.value(&link, || show(&link));
        }
        Verb::Grant { peer, grants } => {
            let grants = super::certificate::shape(grants);
            let did = client.ask(Ask::Grant { peer: peer.clone(), grants })?;
            out.value(&did, || {
                if did.positions.is_empty() { "nothing changed" } else { "granted" }.to_owned()
            });
        }
    }
    Ok(())
}

fn row(link: &Link) -> Vec<String> {
    let heard = match (&link.trouble, &link.heard_at) {
        (Some(trouble), _) => trouble.clone(),
        (None, Some(at)) if link.fresh => format!("{at}, fresh"),
        (None, Some(at)) => format!("not since {at}"),
        (None, None) => "never since the node started".to_owned(),
    };
    let mut row = vec![link.peer.clone(), link.carried.clone()];
    row.extend(
        [link.head, link.acknowledged, link.applied, link.received, link.held, link.refused]
            .map(|count| count.to_string()),
    );
    row.push(heard);
    row
}

fn show(link: &Link) -> String {
    format!(
        "{}\nfingerprint   {}\n  in words    {}\n  in hex      {}\n\
         link          {}\ngrants        {}\nto it         {} entries, \
         {} acknowledged, {} applied\nfrom it       {} entries, {} held, {} refused\n\
         reached       {}\nfresh         {}\nheard         {}\nlives         {}\ntrouble       {}",
        link.peer,
        link.fingerprint,
        link.fingerprint_words,
        link.fingerprint_hex,
        link.link,
        granted(&link.grants),
        link.head,
        link.acknowledged,
        link.applied,
        link.received,
        link.held,
        link.refused,
        over(&link.carried),
        yes(link.fresh),
        or_dash(link.heard_at.as_ref()),
        lives(link),
        or_dash(link.trouble.as_ref()),
    )
}

/// The lives of the peer's log, in words.
fn lives(link: &Link) -> String {
    let life = |life: &Life| format!("{} ({} entries here)", life.incarnation, life.entries);
    match link.lives.as_slice() {
        [] => "nothing came yet".to_owned(),
        lives => lives.iter().map(life).collect::<Vec<_>>().join(", then "),
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

fn granted(grants: &Grants) -> String {
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
    if all.is_empty() { "none: nothing flows".to_owned() } else { all.join(", ") }
}
