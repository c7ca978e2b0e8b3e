//! Links and how far they are.

use crate::port::Node;
use crate::shape::command::Grants;
use engine::engine::Engine;
use engine::state::State;
use engine::state::awaiting::Counted;
use engine::step::Now;
use engine::trust::certificate::fingerprint;
use engine::trust::fingerprint::{hex, words};
use schema::id::SpaceId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One link, seen from one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The peer, by the name it has here.
    pub peer: String,
    /// The peer's id in groups of four.
    pub fingerprint: String,
    /// The same in short, as words.
    pub fingerprint_words: String,
    /// The same in short, as hex.
    pub fingerprint_hex: String,
    /// The id of the link.
    pub link: String,
    /// What may flow, as this side decided.
    pub grants: Grants,
    /// What may flow, as the other side last said; none where it said nothing yet.
    pub theirs: Option<Grants>,
    /// Since when nothing flows any more, because this side ended the link.
    pub revoked_at: Option<String>,
    /// Entries for the peer.
    pub head: u64,
    /// Of those, durable at the peer.
    pub acknowledged: u64,
    /// Of those, folded at the peer.
    pub applied: u64,
    /// Entries from the peer that are here.
    pub received: u64,
    /// Ranges that the peer has for us and that are not here, first and last.
    #[serde(default)]
    pub missing: Vec<(u64, u64)>,
    /// Of those, waiting for a newer build.
    pub held: u64,
    /// Of those, passed on for other spaces under keys that these have not stated here yet: they
    /// count once that is done. By the space.
    #[serde(default)]
    pub awaiting: Vec<Awaiting>,
    /// Of those, kept and never folded.
    pub refused: u64,
    /// Whether the peer was heard from lately.
    pub fresh: bool,
    /// When it was last heard.
    pub heard_at: Option<String>,
    /// By how much the peer's clock is ahead of this node's, at least, in milliseconds; below zero,
    /// behind it. None while they are near each other, as far as that can be told.
    #[serde(default)]
    pub skew_ms: Option<i64>,
    /// The newest schema that the peer said it understands; 0 before it answered.
    #[serde(default)]
    pub understands: u16,
    /// The lives of the peer's log, oldest first; the last one is followed.
    pub lives: Vec<Life>,
    /// How the peer is reached: `here`, `NATS`, or `nothing`.
    pub carried: String,
    /// Until when this space asks to be let in, where it accepted an invitation and was not heard
    /// to be let in yet.
    #[serde(default)]
    pub asks_until: Option<String>,
    /// Whether an invitation made the link: no certificate file holds what it is made of.
    #[serde(default)]
    pub invited: bool,
    /// What is wrong with it, if anything.
    pub trouble: Option<String>,
    /// Whether nothing is let in any more, because the peer contradicted itself.
    #[serde(default)]
    pub frozen: bool,
    /// Whether the peer has entries that this log has lost.
    #[serde(default)]
    pub rolled_back: bool,
}

impl Link {
    /// What to say of what waits for keys of other spaces, if anything does.
    #[must_use]
    pub fn awaits(&self) -> Option<String> {
        let told: Vec<String> = self
            .awaiting
            .iter()
            .map(|Awaiting { space, entries, turned_away }| {
                let waits = match entries {
                    1 => format!("1 entry awaits newer keys of {space}"),
                    many => format!("{many} entries await newer keys of {space}"),
                };
                match turned_away {
                    0 => waits,
                    more => format!("{waits}, and for {more} more there was no room"),
                }
            })
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// What to say of the peer's clock, where it is far from this node's. Which of the two is wrong
    /// is for people to find out; nothing here goes by either of them.
    #[must_use]
    pub fn clock(&self) -> Option<String> {
        let skew_ms = self.skew_ms?;
        let minutes = skew_ms.unsigned_abs() / 60_000;
        let (count, unit) = match minutes {
            0..120 => (minutes, "minutes"),
            120..2_880 => (minutes / 60, "hours"),
            _ => (minutes / 1_440, "days"),
        };
        let way = if skew_ms > 0 { "ahead of" } else { "behind" };
        Some(format!("its clock is {count} {unit} {way} ours"))
    }
}

/// What a peer passed on for another space, whose newer keys are not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaiting {
    /// What the space is called here.
    pub space: String,
    /// Entries.
    pub entries: u64,
    /// Entries that were refused because there was no room for more.
    pub turned_away: u64,
}

/// One life of a peer's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Its incarnation.
    pub incarnation: String,
    /// Entries of it that are here.
    pub entries: u64,
}

/// Says how each peer is reached, and what is wrong with that.
pub fn carried(links: &mut [Link], node: &dyn Node, space: &SpaceId) {
    let here: Vec<String> = node.spaces().iter().map(|(id, _)| fingerprint(id)).collect();
    let carriage = node.carriage(space);
    for link in links {
        if link.revoked_at.is_some() {
            continue;
        }
        if here.contains(&link.fingerprint) {
            link.carried = "here".to_owned();
        } else if let Some(carriage) = &carriage {
            link.carried = carriage.over.to_owned();
            link.trouble = link.trouble.take().or_else(|| carriage.trouble.clone());
        }
    }
}

/// Shows every link.
#[must_use]
pub fn show(engine: &Engine, now: Now) -> Vec<Link> {
    let state = engine.state();
    let shown = engine.links(now).into_iter().filter_map(|link| {
        let peer = state.links.peer(&link.peer)?;
        let trouble = if peer.frozen {
            Some("frozen: the peer contradicted itself".to_owned())
        } else if link.rolled_back {
            Some("rolled back: the peer has entries that this log has lost".to_owned())
        } else {
            None
        };
        let joining = peer.joining.as_ref().filter(|_| engine.asks(&link.link));
        Some(Link {
            peer: peer.name.to_string(),
            fingerprint: fingerprint(&link.peer),
            fingerprint_words: words(&link.peer),
            fingerprint_hex: hex(&link.peer),
            link: link.link.to_string(),
            grants: Grants::from(peer.grants.as_slice()),
            theirs: peer.theirs.as_deref().map(Grants::from),
            revoked_at: None,
            head: link.head,
            acknowledged: link.acknowledged,
            applied: link.applied,
            received: link.received,
            missing: link.missing,
            held: link.held,
            awaiting: awaiting(state, &link.awaiting),
            refused: link.refused,
            fresh: link.fresh,
            heard_at: link.heard_ms.map(super::time),
            skew_ms: link.skew_ms,
            understands: link.understands,
            lives: link
                .lives
                .iter()
                .map(|(life, entries)| Life { incarnation: life.to_string(), entries: *entries })
                .collect(),
            carried: "nothing".to_owned(),
            asks_until: joining.map(|joining| super::time(joining.ends_ms)),
            invited: peer.invitation.is_some(),
            trouble,
            frozen: peer.frozen,
            rolled_back: link.rolled_back,
        })
    });
    shown.chain(revoked(engine)).collect()
}

fn awaiting(state: &State, counts: &BTreeMap<SpaceId, Counted>) -> Vec<Awaiting> {
    let waits = |(space, counted): (&SpaceId, &Counted)| {
        // Who is no peer any more states nothing.
        let known = state.links.peer(space).filter(|peer| peer.is_open())?;
        let Counted { entries, turned_away } = *counted;
        Some(Awaiting { space: known.name.to_string(), entries, turned_away })
    };
    counts.iter().filter_map(waits).collect()
}

/// Links that were ended: who it was, and since when.
fn revoked(engine: &Engine) -> impl Iterator<Item = Link> {
    engine.state().links.all().filter_map(|(space, peer)| {
        let revoked_at = super::time(peer.revoked_ms?);
        Some(Link {
            peer: peer.name.to_string(),
            fingerprint: fingerprint(space),
            fingerprint_words: words(space),
            fingerprint_hex: hex(space),
            link: peer.link.to_string(),
            grants: Grants::default(),
            theirs: None,
            revoked_at: Some(revoked_at.clone()),
            head: 0,
            acknowledged: 0,
            applied: 0,
            received: 0,
            lives: Vec::new(),
            missing: Vec::new(),
            held: 0,
            awaiting: Vec::new(),
            refused: 0,
            fresh: false,
            heard_at: None,
            skew_ms: None,
            understands: 0,
            carried: "nothing".to_owned(),
            asks_until: None,
            invited: peer.invitation.is_some(),
            trouble: Some(format!("revoked since {revoked_at}")),
            frozen: false,
            rolled_back: false,
        })
    })
}
