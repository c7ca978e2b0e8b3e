//! Why a release is where it is, and why not further, place by place.

use super::release::words;
use engine::gates::Obstacle;
use engine::state::State;
use engine::views::explain;
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::model::ReleaseId;
use serde::{Deserialize, Serialize};

/// One place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The phase that it is in.
    pub phase: String,
    /// The place.
    pub place: String,
    /// How the release stands there, in words.
    pub standing: String,
    /// Whether it is there.
    pub done: bool,
    /// Whether policy acts by itself when nothing holds it up.
    pub automatic: bool,
    /// Whether the place does not count for its phase.
    pub skipped: bool,
    /// What holds it up, the weightiest first; empty where it is there already.
    pub held_up: Vec<Held>,
    /// Why policy leaves it alone, if it does.
    pub left_alone: Option<String>,
    /// Of a promotion: whether the peer has answered, once it was sent.
    pub answered: Option<bool>,
}

/// Something that holds a release up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What: `recall`, `acceptance`, `tenant`, `phase`, `freeze`, `window`, `approval`, `turn`,
    /// `package` or `value`.
    pub gate: String,
    /// Why.
    pub why: String,
    /// What to do.
    pub next: String,
    /// When it is gone by itself; none if it is not.
    pub opens_at: Option<String>,
    /// Whether somebody who may do so may go past it.
    pub can_be_bypassed: bool,
}

impl Held {
    fn of(obstacle: &Obstacle) -> Self {
        Self {
            gate: obstacle.gate.as_str().to_owned(),
            why: obstacle.rejection.what.clone(),
            next: obstacle.rejection.hint.clone(),
            opens_at: obstacle.opens_ms.map(super::time),
            can_be_bypassed: obstacle.gate.can_be_bypassed(),
        }
    }
}

/// Explains a release to somebody, for a tenant or for nobody apart, as it is at `now_ms`,
/// milliseconds since 1970.
#[must_use]
pub fn show(
    state: &State,
    id: &ReleaseId,
    tenant: Option<&Name>,
    actor: &Actor,
    now_ms: u64,
) -> Vec<Explained> {
    let show = |it: explain::Explained| {
        let done = it.standing.is_done();
        let held = it.obstacles.iter().filter(|_| !done);
        Explained {
            phase: it.phase.to_string(),
            place: it.place.to_string(),
            standing: words(&it.place, &it.standing),
            done,
            automatic: it.automatic,
            skipped: it.skipped,
            held_up: held.map(Held::of).collect(),
            left_alone: it.left_alone.filter(|_| !done),
            answered: it.sent,
        }
    };
    explain::of(state, id, tenant, actor, now_ms).into_iter().map(show).collect()
}
