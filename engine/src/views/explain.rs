//! Why a release is where it is: for every place of its lifecycle, whether it is there, what holds
//! it up, and what comes next.

use crate::decide::values::seen;
use crate::gates::{Gate, Obstacle, Way, left_alone, obstacles_among};
use crate::progress::{Place, Standing, standings};
use crate::state::State;
use crate::state::cells::Slot;
use crate::state::releases::Release;
use schema::latest::Actor;
use schema::name::Name;
use schema::v1::model::ReleaseId;

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The phase that it is in.
    pub phase: Name,
    /// The place.
    pub place: Place,
    /// How the release stands there.
    pub standing: Standing,
    /// Whether policy acts by itself when nothing holds it up.
    pub automatic: bool,
    /// Whether the next phase is reached without this one.
    pub optional: bool,
    /// Whether the place counts for its phase.
    pub skipped: bool,
    /// What holds it up, the weightiest first; for a place of another space, nothing of its own.
    pub obstacles: Vec<Obstacle>,
    /// Why policy leaves it alone, if it does.
    pub left_alone: Option<String>,
    /// Of a promotion: whether the peer has it durably, once it was sent.
    pub sent: Option<bool>,
}

/// What holds for each place of the lifecycle of a release, in its order, for a tenant or for
/// nobody apart. Empty where it has no lifecycle here: it waits in the inbox, or was rejected.
#[must_use]
pub fn of(
    state: &State,
    id: &ReleaseId,
    tenant: Option<&Name>,
    actor: &Actor,
    now_ms: u64,
) -> Vec<Explained> {
    let Some(release) = state.releases.get(id) else { return Vec::new() };
    let mut explained = Vec::new();
    let phases = standings(state, id, tenant, now_ms);
    for phase in &phases {
        for (place, standing) in &phase.places {
            let way = Way { id, place, tenant, actor, now_ms };
            let mut shut = match place {
                Place::Remote { .. } => Vec::new(),
                Place::Environment(_) | Place::Space(_) => obstacles_among(state, &way, &phases),
            };
            // What is not accepted has no values yet.
            let early = |it: &Obstacle| matches!(it.gate, Gate::Acceptance | Gate::Tenant);
            if !shut.iter().any(early) {
                shut.extend(values(state, &way, release));
            }
            let sent = match place {
                Place::Space(name) => promoted(state, release, name),
                Place::Environment(_) | Place::Remote { .. } => None,
            };
            explained.push(Explained {
                phase: phase.phase.clone(),
                standing: standing.clone(),
                automatic: phase.automatic,
                optional: phase.optional,
                skipped: state.skips(place),
                obstacles: shut,
                left_alone: left_alone(state, &way),
                sent,
                place: place.clone(),
            });
        }
    }
    explained
}

/// A value that is missing.
fn values(state: &State, way: &Way<'_>, release: &Release) -> Option<Obstacle> {
    let Place::Environment(environment) = way.place else { return None };
    let slot = Slot { environment: environment.clone(), tenant: way.tenant.cloned() };
    let rejection = seen(state, way.id, release, &slot, None).err()?;
    Some(Obstacle { gate: Gate::Value, rejection, opens_ms: None })
}

/// Whether a promotion to a peer was answered, once it was made.
fn promoted(state: &State, release: &Release, name: &Name) -> Option<bool> {
    let (space, _) = state.links.named(name)?;
    Some(release.promotions.get(&space)?.answer.is_some())
}
