//! The dashboard: every project in every environment, local and remote, with its proof.

use crate::state::State;
use crate::state::cells::{Cell, CellId, Proof, Slot};
use crate::trust::certificate::Keys;
use schema::id::{DocumentId, SpaceId};
use schema::latest::{Kind, Outcome, Receipt};
use schema::name::{Name, Version};
use schema::v1::model::ProjectId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One deployment in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The version.
    pub version: Version,
    /// Its revision; none where that is not known here.
    pub revision: Option<u32>,
    /// Whether it was recalled.
    pub recalled: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// The receipt.
    pub receipt: DocumentId,
    /// When it ended, milliseconds since 1970.
    pub at_ms: u64,
    /// Whether the signature of the receipt was checked, just now.
    pub proven: bool,
}

/// One cell as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The project.
    pub project: ProjectId,
    /// The space whose environment it is.
    pub space: SpaceId,
    /// The environment.
    pub environment: Name,
    /// For which tenant, if for one.
    pub tenant: Option<Name>,
    /// What is installed, if anything.
    pub installed: Option<Deployed>,
    /// The newest deployment that ended, if any.
    pub last: Option<Deployed>,
    /// The version that is being deployed now; only known for this space's environments.
    pub running: Option<Version>,
    /// The space that passed the newest result on, where it did not come from its own.
    pub through: Option<SpaceId>,
}

/// Every cell: this space's projects in its own environments and in those of the peers to which
/// they go, and the peers' projects here. Each receipt's signature is checked again.
#[must_use]
pub fn cells(state: &State) -> Vec<Shown> {
    let me = state.me();
    let mut ids: BTreeSet<CellId> = state.cells.all().map(|(id, _)| id.clone()).collect();
    for (project, environments) in projects(state) {
        for (space, environment) in environments {
            let slot = Slot::of(environment);
            ids.insert(CellId { project: project.clone(), space, slot });
        }
    }
    let empty = Cell::default();
    let mut shown: Vec<Shown> = ids
        .into_iter()
        .map(|id| show(state, &id, state.cells.get(&id).unwrap_or(&empty)))
        .collect();
    // By name, so that the order says nothing and changes nothing.
    shown.sort_by_cached_key(|cell| {
        let space = (cell.space != me, state.name_of(&cell.space));
        (cell.project.clone(), space, order(state, cell))
    });
    shown
}

/// Every project with the environments that it may appear in.
fn projects(state: &State) -> Vec<(ProjectId, Vec<(SpaceId, Name)>)> {
    let me = state.me();
    let own: Vec<(SpaceId, Name)> =
        state.configuration.environments().map(|name| (me, name.clone())).collect();
    let mut found = Vec::new();
    for name in state.configuration.projects() {
        let mut places = own.clone();
        for (space, peer) in
            state.links.all().filter(|(_, peer)| peer.may_report() || !peer.is_open())
        {
            places.extend(peer.environments.iter().map(|name| (*space, name.clone())));
        }
        found.push((ProjectId { space: me, name: name.clone() }, places));
    }
    let imported: BTreeSet<ProjectId> = state
        .releases
        .all()
        .filter(|(id, _)| id.project.space != me)
        .map(|(id, _)| id.project.clone())
        .collect();
    found.extend(imported.into_iter().map(|project| (project, own.clone())));
    found
}

/// Environments in the order in which their space deploys to them, as far as that is known, then
/// by name: this space's own by the first lifecycle that names them, a peer's as it told them.
fn order(state: &State, cell: &Shown) -> (usize, Name, Option<Name>) {
    let place = if cell.space == state.me() {
        state.configuration.place(&cell.environment)
    } else {
        let peer = state.links.peer(&cell.space);
        peer.and_then(|peer| peer.environments.iter().position(|name| *name == cell.environment))
    };
    (place.unwrap_or(usize::MAX), cell.environment.clone(), cell.tenant.clone())
}

fn show(state: &State, id: &CellId, cell: &Cell) -> Shown {
    let keys = state.keys_of(&id.space);
    let revision = |receipt: &Receipt| {
        let release = state.releases.get(&receipt.release);
        release.and_then(|release| release.revision_of(&receipt.digest))
    };
    let recalled = |receipt: &Receipt| {
        let known = |revision| state.releases.recalled(&receipt.release, revision).is_some();
        revision(receipt).is_some_and(known)
    };
    let deployed = |proof: &Proof| Deployed {
        version: proof.receipt.release.version.clone(),
        revision: revision(&proof.receipt),
        recalled: recalled(&proof.receipt),
        outcome: proof.receipt.outcome,
        receipt: proof.document.id(),
        at_ms: proof.receipt.finished_ms,
        proven: keys.is_some_and(|keys| proves(keys, proof)),
    };
    let installed = cell.installed.as_deref().map(deployed);
    // Mostly the newest is what is installed: its signature is checked once.
    let same = cell.installed.as_ref().zip(cell.last.as_ref());
    let last = match same {
        Some((installed, last)) if Arc::ptr_eq(installed, last) => None,
        _ => cell.last.as_deref().map(deployed),
    };
    let last = last.or_else(|| cell.last.as_ref().and(installed.clone()));
    Shown {
        project: id.project.clone(),
        space: id.space,
        environment: id.slot.environment.clone(),
        tenant: id.slot.tenant.clone(),
        installed,
        last,
        running: cell.running.as_ref().map(|running| running.release.version.clone()),
        through: cell
            .last
            .as_ref()
            .map(|proof| proof.entry.origin)
            .filter(|origin| ![id.space, state.me()].contains(origin)),
    }
}

/// Whether the document is signed by this space and says what the cell shows.
#[must_use]
pub fn proves(keys: &Keys, proof: &Proof) -> bool {
    keys.document(&proof.document, Kind::Receipt, |receipt: &Receipt| (receipt.space, receipt.key))
        .is_ok_and(|receipt| receipt == proof.receipt)
}
