//! Who is still exposed to a release that was recalled: where it is installed, and who was not
//! told yet.

use crate::state::State;
use crate::state::cells::Slot;
use crate::state::releases::Release;
use crate::traffic::Traffic;
use schema::id::{LinkId, SpaceId};
use schema::v1::model::ReleaseId;
use std::collections::BTreeMap;

/// What is known of one recalled release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exposure {
    /// Where it is installed, as far as this space is told.
    pub installed: Vec<(SpaceId, Slot)>,
    /// The peers that it was sent to, and whether everything that was sent to them until now is
    /// durable there: then the recall is.
    pub told: Vec<(SpaceId, bool)>,
}

/// Who is exposed to a release; none if it is not recalled.
#[must_use]
pub fn of(state: &State, traffic: &BTreeMap<LinkId, Traffic>, id: &ReleaseId) -> Option<Exposure> {
    let recalled = state.releases.recall_of(id)?;
    let revision = recalled.content.revision;
    let cells = state.cells.all().filter(|(cell, _)| cell.project == id.project);
    let installed = cells.filter(|(_, cell)| {
        let Some(proof) = &cell.installed else { return false };
        let known = state.releases.get(id);
        let known = known.and_then(|it| it.revision_of(&proof.receipt.digest));
        // A newer revision of the same version is another thing.
        proof.receipt.release == *id && known.is_none_or(|known| known <= revision)
    });
    let installed = installed.map(|(cell, _)| (cell.space, cell.slot.clone())).collect();
    let to = state.releases.get(id).map(Release::sent_to).unwrap_or_default();
    let told = to.into_iter().map(|space| {
        let link = state.links.peer(&space).map(|peer| peer.link);
        let durable = link
            .and_then(|link| traffic.get(&link))
            .is_some_and(|traffic| traffic.outbox.acknowledged() == traffic.outbox.newest());
        (space, durable && recalled.told.contains(&space))
    });
    Some(Exposure { installed, told: told.collect() })
}
