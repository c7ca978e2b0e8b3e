//! Whom a space trusted at a moment, and every decision that led there: from the log alone.

use super::archive::Readable;
use crate::cli::Options;
use crate::commands::link::granted;
use crate::failure::{Failure, code};
use crate::output::{Output, moment, table};
use api_http::shape::command::Grants;
use api_http::shape::time;
use engine::log::decisions::{Bond, Decision, Decisions, Until};
use engine::log::verify::Intact;
use engine::trust::certificate::fingerprint;
use engine::trust::fingerprint::{Fit, fit, hex, words};
use schema::id::Position;
use schema::latest::Actor;
use serde::Serialize;
use std::path::Path;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The moment, as people write it; none for the end of the log.
    pub(super) at: Option<&'a str>,
    /// Only this peer.
    pub(super) peer: Option<&'a str>,
}

/// The answer.
#[derive(Serialize)]
struct Trust {
    space: String,
    fingerprint: String,
    /// The moment that was asked about; none for the end of the log.
    at: Option<String>,
    /// Records in the log that was read, all of which verified.
    size: u64,
    peers: Vec<Peer>,
    decisions: Vec<Decided>,
}

/// A peer at that moment.
#[derive(Serialize)]
struct Peer {
    peer: String,
    fingerprint: String,
    fingerprint_words: String,
    fingerprint_hex: String,
    link: String,
    /// `open`, `frozen` or `revoked`.
    state: &'static str,
    trusted_at: String,
    frozen_at: Option<String>,
    revoked_at: Option<String>,
    /// The number of its newest key statement.
    keys: u32,
    grants: Grants,
}

/// A decision until then.
#[derive(Serialize)]
struct Decided {
    position: u64,
    at: String,
    /// Who; none for policy.
    by: Option<String>,
    event: &'static str,
    peer: Option<String>,
    /// What may flow from then on, where the decision says that.
    grants: Option<Grants>,
    detail: String,
}

/// Answers from the log of a space, or from an archive.
pub(super) fn show(
    options: &Options,
    asked: Asked<'_>,
    archive: Option<&Path>,
    out: &mut Output,
) -> Result<(), Failure> {
    let until = asked.at.map_or(Ok(Until::End), until)?;
    let mut decisions = Decisions::new(until);
    let intact = Readable::of(options, archive)?.read(|block| decisions.block(block))?;
    let (mut bonds, mut decided) = decisions.finish();
    if let Some(peer) = asked.peer {
        bonds.retain(|bond| bond.name == peer || fit(&bond.peer, peer) != Fit::Not);
        if bonds.is_empty() {
            let what = format!("no space called {peer} was trusted then");
            let hint = "`interspace audit trust` without --peer shows all of them";
            return Err(Failure::new(code::NOT_FOUND, what, hint));
        }
        let names: Vec<&str> = bonds.iter().map(|bond| bond.name.as_str()).collect();
        decided.retain(|one| one.peer.as_deref().is_some_and(|peer| names.contains(&peer)));
    }
    let trust = Trust::of(&intact, until, &bonds, decided);
    out.value(&trust, || trust.text());
    Ok(())
}

/// A moment as people write it: a day is asked about as it ended.
fn until(text: &str) -> Result<Until, Failure> {
    if let Ok(position) = text.parse() {
        return Ok(Until::Position(Position(position)));
    }
    let end = format!("{text}T23:59:59.999Z");
    let time = api_http::shape::moment(text).or_else(|| api_http::shape::moment(&end));
    let time = time.ok_or_else(|| {
        let what = format!("{text} is neither a day nor a time nor a Position");
        let hint = "write it so: 2026-03-03, or 2026-03-03T12:00:00Z (UTC), or 120";
        Failure::new(code::USAGE, what, hint)
    })?;
    Ok(Until::TimeMs(time))
}

impl Trust {
    fn of(intact: &Intact, until: Until, bonds: &[Bond], decided: Vec<Decision>) -> Self {
        Self {
            space: intact.name.clone(),
            fingerprint: fingerprint(&intact.space),
            at: match until {
                Until::End => None,
                Until::Position(position) => Some(format!("Position {position}")),
                Until::TimeMs(ms) => Some(time(ms)),
            },
            size: intact.size,
            peers: bonds.iter().map(Peer::of).collect(),
            decisions: decided.into_iter().map(Decided::of).collect(),
        }
    }

    fn text(&self) -> String {
        let when = self.at.as_deref().unwrap_or("the end of its log");
        let head = ["peer", "fingerprint", "trusted since", "state", "keys", "grants"];
        let rows = self.peers.iter().map(Peer::row).collect();
        let peers = table(&head, rows, "it trusted nobody");
        let head = ["Position", "at", "by", "decision", "peer", ""];
        let rows = self.decisions.iter().map(Decided::row).collect();
        let decisions = table(&head, rows, "nothing was decided");
        format!(
            "{} at {when}, as its {} records say\n\n{peers}\n\n{decisions}",
            self.space, self.size
        )
    }
}

impl Peer {
    fn of(bond: &Bond) -> Self {
        Self {
            peer: bond.name.clone(),
            fingerprint: fingerprint(&bond.peer),
            fingerprint_words: words(&bond.peer),
            fingerprint_hex: hex(&bond.peer),
            link: bond.link.to_string(),
            state: match (bond.revoked_ms, bond.frozen_ms) {
                (Some(_), _) => "revoked",
                (None, Some(_)) => "frozen",
                (None, None) => "open",
            },
            trusted_at: time(bond.trusted_ms),
            frozen_at: bond.frozen_ms.map(time),
            revoked_at: bond.revoked_ms.map(time),
            keys: bond.keys.newest().number,
            grants: Grants::from(bond.grants.as_slice()),
        }
    }

    fn row(&self) -> Vec<String> {
        let since = self.revoked_at.as_ref().or(self.frozen_at.as_ref());
        let since = since.map(|at| format!(" since {}", moment(at))).unwrap_or_default();
        vec![
            self.peer.clone(),
            self.fingerprint_hex.clone(),
            moment(&self.trusted_at),
            format!("{}{since}", self.state),
            self.keys.to_string(),
            granted(&self.grants),
        ]
    }
}

impl Decided {
    fn of(decision: Decision) -> Self {
        Self {
            position: decision.position.0,
            at: time(decision.time_ms),
            by: match decision.actor {
                Actor::Policy => None,
                Actor::Person(name) => Some(name.to_string()),
                Actor::Space(space) => Some(space.short()),
            },
            event: decision.event,
            peer: decision.peer,
            grants: decision.grants.as_deref().map(Grants::from),
            detail: decision.detail,
        }
    }

    fn row(&self) -> Vec<String> {
        let detail = match &self.grants {
            Some(grants) => format!("{}; {}", granted(grants), self.detail),
            None => self.detail.clone(),
        };
        vec![
            self.position.to_string(),
            moment(&self.at),
            self.by.clone().unwrap_or_else(|| "policy".to_owned()),
            self.event.to_owned(),
            self.peer.clone().unwrap_or_else(|| "-".to_owned()),
            detail,
        ]
    }
}
