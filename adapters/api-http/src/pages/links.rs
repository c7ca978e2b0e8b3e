//! The links of a space: each peer, and how far it is.

use super::mark::Mark;
use super::moment::Clock;
use super::sheet::Parts;
use super::text::visible;
use super::way::Way;
use crate::shape::link::Link;
use maud::{Markup, html};

/// Writes them as a table.
pub(super) fn write(links: &[Link], way: &Way, clock: Clock, parts: &mut Parts) -> Markup {
    let inner = html! {
        @if links.is_empty() {
            p .empty { "No links yet: " code { "interspace certificate import FILE" } }
        } @else {
            (table(links, clock))
        }
    };
    html! {
        section aria-labelledby="links" {
            h2 #links { "Links" }
            (parts.add("l", "", &says(links, way), &inner))
        }
    }
}

/// Only what is wrong is announced; the rest would never be silent.
fn says(links: &[Link], way: &Way) -> String {
    let wrong = links.iter().filter_map(|link| Some((&link.peer, link.trouble.as_ref()?)));
    let wrong = wrong.filter(|(_, what)| !way.is_trouble(what));
    let said: Vec<String> = wrong.map(|(peer, what)| format!("link to {peer}: {what}")).collect();
    visible(&said.join("; "))
}

fn table(links: &[Link], clock: Clock) -> Markup {
    html! {
        div .wide role="group" aria-labelledby="links" tabindex="0" {
            table .plain.counts role="table" {
                thead role="rowgroup" { tr role="row" {
                    th scope="col" role="columnheader" { "Peer" }
                    th scope="col" role="columnheader" { "Reached" }
                    th scope="col" role="columnheader" { "Last heard" }
                    @for (name, what) in COUNTS {
                        th scope="col" role="columnheader" title=(what) { (name) }
                    }
                    th scope="col" role="columnheader" { "Trouble" }
                } }
                tbody role="rowgroup" { @for link in links { (row(link, clock)) } }
            }
        }
    }
}

/// The counts, and what each of them is.
const COUNTS: [(&str, &str); 6] = [
    ("Head", "entries for the peer"),
    ("Acknowledged", "of those, durable at the peer"),
    ("Applied", "of those, folded at the peer"),
    ("Received", "entries from the peer that are here"),
    ("Held", "of those, waiting for a newer build"),
    ("Refused", "of those, kept and never folded"),
];

fn row(link: &Link, clock: Clock) -> Markup {
    let counts =
        [link.head, link.acknowledged, link.applied, link.received, link.held, link.refused];
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                bdi { (visible(&link.peer)) } small .id { (link.fingerprint) }
                small .id { (link.fingerprint_words) }
            }
            td role="cell" data-label="Reached" { (reached(link)) }
            td role="cell" data-label="Last heard" {
                (heard(link, clock))
                @if let Some(clock) = link.clock() { small { (clock) } }
                @if let Some(waits) = link.awaits() { small { (visible(&waits)) } }
            }
            @for ((name, _), count) in COUNTS.iter().zip(counts) {
                td .number role="cell" data-label=(name) { (count) }
            }
            td role="cell" data-label="Trouble" {
                @match &link.trouble {
                    Some(what) => span .attempt.failed { (Mark::Failed.beside()) (visible(what)) },
                    None => "none"
                }
            }
        }
    }
}

/// How a peer is reached, in words.
fn reached(link: &Link) -> String {
    match link.carried.as_str() {
        "here" => "on this node".to_owned(),
        "nothing" => "not from this node".to_owned(),
        over => format!("over {over}"),
    }
}

fn heard(link: &Link, clock: Clock) -> Markup {
    let ms = link.heard_at.as_deref().and_then(super::moment::read);
    html! {
        @match (ms, link.fresh) {
            (Some(ms), true) => (clock.ago(ms)),
            (Some(ms), false) => b .silent { "not fresh; heard " (clock.at(ms)) },
            (None, _) => b .silent { "not heard since this node started" }
        }
    }
}
