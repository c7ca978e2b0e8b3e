//! What is measured of one space, all of it in one look between two turns.

use engine::engine::Engine;
use engine::step::Now;
use engine::views::links::LinkView;
use schema::latest::Outcome;

/// How deployments end.
pub(super) const OUTCOMES: [Outcome; 3] =
    [Outcome::Succeeded, Outcome::Failed, Outcome::Interrupted];

/// One link.
#[derive(Debug)]
pub(super) struct Link {
    /// The peer, by the name it has here.
    pub(super) peer: String,
    /// How far it is.
    pub(super) view: LinkView,
    /// Milliseconds since the peer was last heard; none before it was heard at all.
    pub(super) heard_ago_ms: Option<u64>,
    /// Whether the peer contradicted itself.
    pub(super) frozen: bool,
}

/// One space.
#[derive(Debug)]
pub(super) struct Measured {
    /// Records in its log.
    pub(super) entries: u64,
    /// Its links.
    pub(super) links: Vec<Link>,
    /// Refused envelopes by reason, since the start.
    pub(super) refused: Vec<(&'static str, u64)>,
    /// Packages that are being fetched.
    pub(super) fetches: u64,
    /// Bytes that are missing of these.
    pub(super) missing_bytes: u64,
    /// Deployments that run.
    pub(super) running: u64,
    /// Deployments that ended, in the order of [`OUTCOMES`].
    pub(super) finished: [u64; OUTCOMES.len()],
}

/// Measures a space.
pub(super) fn measure(engine: &Engine, now: Now) -> Measured {
    let state = engine.state();
    let links = engine.links(now).into_iter().filter_map(|view| {
        let peer = state.links.peer(&view.peer)?;
        Some(Link {
            peer: peer.name.to_string(),
            heard_ago_ms: view.heard_ms.map(|heard_ms| now.wall_ms.saturating_sub(heard_ms)),
            frozen: peer.frozen,
            view,
        })
    });
    let missing = engine.fetches().missing_bytes();
    let (fetches, missing_bytes) =
        missing.fold((0, 0_u64), |(count, sum), bytes| (count + 1, sum.saturating_add(bytes)));
    let mut finished = [0; OUTCOMES.len()];
    for (_, deployment) in state.cells.deployments() {
        let outcome = deployment.proof.as_ref().map(|proof| proof.receipt.outcome);
        if let Some(at) = OUTCOMES.iter().position(|known| Some(*known) == outcome) {
            finished[at] += 1;
        }
    }
    Measured {
        entries: engine.checkpoint().0,
        links: links.collect(),
        refused: engine.quarantine().counts().iter().map(|(code, count)| (*code, *count)).collect(),
        fetches,
        missing_bytes,
        running: state.cells.running().count() as u64,
        finished,
    }
}
