//! What is deployed where: one cell for each project and environment, local and remote alike.

use crate::state::At;
use schema::id::{EntryId, Incarnation, Position, SpaceId};
use schema::latest::{Document, Kind, Outcome, Receipt};
use schema::name::{Name, Version};
use schema::v1::event::{DeploymentFinished, DeploymentReported, DeploymentStarted};
use schema::v1::model::{ProjectId, ReleaseId, Variable};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which cell: whose environment, and which project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId {
    /// The project.
    pub project: ProjectId,
    /// The space whose environment it is.
    pub space: SpaceId,
    /// The environment.
    pub environment: Name,
}

/// A receipt as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The signed document.
    pub document: Document,
    /// What it says.
    pub receipt: Receipt,
    /// The entry that holds it.
    pub entry: EntryId,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What is installed: the newest deployment that succeeded.
    pub installed: Option<Arc<Proof>>,
    /// The newest deployment that ended.
    pub last: Option<Arc<Proof>>,
    /// The deployment that runs now; only known for this space's own environments.
    pub running: Option<Running>,
}

/// A deployment that began and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Where it began.
    pub deployment: EntryId,
    /// When, milliseconds since 1970.
    pub started_ms: u64,
    /// What.
    pub release: ReleaseId,
    /// Its digest.
    pub digest: schema::id::ReleaseDigest,
    /// How often it had been tried before, after interruptions.
    pub restarts: u32,
    /// The values that its steps see.
    pub variables: Vec<Variable>,
    /// Who began it.
    pub by: schema::latest::Actor,
}

/// A deployment that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What was deployed.
    pub release: ReleaseId,
    /// Where.
    pub environment: Name,
    /// The receipt.
    pub receipt: Document,
}

/// One deployment of this space, from its start on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Which cell.
    pub cell: CellId,
    /// What.
    pub version: Version,
    /// The receipt, once it ended.
    pub proof: Option<Arc<Proof>>,
}

/// All cells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    cells: BTreeMap<CellId, Cell>,
    deployments: BTreeMap<Position, Deployment>,
}

impl Cells {
    /// One cell.
    #[must_use]
    pub fn get(&self, id: &CellId) -> Option<&Cell> {
        self.cells.get(id)
    }

    /// Every cell.
    pub fn all(&self) -> impl Iterator<Item = (&CellId, &Cell)> {
        self.cells.iter()
    }

    /// One deployment of this space.
    #[must_use]
    pub fn deployment(&self, position: Position) -> Option<&Deployment> {
        self.deployments.get(&position)
    }

    /// Every deployment of this space, oldest first.
    pub fn deployments(&self) -> impl Iterator<Item = (&Position, &Deployment)> {
        self.deployments.iter()
    }

    /// The deployments that have not ended.
    pub fn running(&self) -> impl Iterator<Item = (&CellId, &Running)> {
        self.cells.iter().filter_map(|(id, cell)| Some((id, cell.running.as_ref()?)))
    }

    pub(super) fn started(&mut self, me: SpaceId, at: &At<'_>, event: &DeploymentStarted) {
        let id = CellId {
            project: event.release.project.clone(),
            space: me,
            environment: event.environment.clone(),
        };
        let deployment =
            Deployment { cell: id.clone(), version: event.release.version.clone(), proof: None };
        self.deployments.insert(at.position, deployment);
        self.cells.entry(id).or_default().running = Some(Running {
            deployment: at.id,
            started_ms: at.header.time_ms,
            release: event.release.clone(),
            digest: event.digest,
            restarts: event.restarts,
            variables: event.variables.clone(),
            by: at.header.actor.clone(),
        });
    }

    pub(super) fn finished(
        &mut self,
        me: SpaceId,
        at: &At<'_>,
        event: &DeploymentFinished,
    ) -> Option<(Attempt, Outcome)> {
        let proof = read_proof(at, &event.receipt)?;
        if let Some(deployment) = self.deployments.get_mut(&event.deployment) {
            deployment.proof = Some(Arc::clone(&proof));
        }
        let attempt = Attempt {
            release: proof.receipt.release.clone(),
            environment: proof.receipt.environment.clone(),
            receipt: proof.document.clone(),
        };
        let outcome = proof.receipt.outcome;
        let cell = self.cell_of(me, &proof.receipt);
        cell.running = None;
        cell.end(proof);
        Some((attempt, outcome))
    }

    /// A receipt of this space that a peer gave back. It changes nothing that is newer by where it
    /// stands in the lives of this log, oldest first in `lives`: clocks order nothing.
    pub(super) fn recovered(
        &mut self,
        me: SpaceId,
        lives: &[(Position, Incarnation)],
        at: &At<'_>,
        receipt: &str,
    ) -> Option<(Attempt, Outcome)> {
        let proof = read_proof(at, receipt).filter(|proof| proof.receipt.space == me)?;
        let rank = |entry: &EntryId| {
            let life = lives.iter().position(|(_, life)| *life == entry.incarnation);
            (life, entry.position)
        };
        let older = |known: &Option<Arc<Proof>>| {
            known.as_ref().is_none_or(|known| rank(&known.entry) < rank(&at.id))
        };
        let attempt = Attempt {
            release: proof.receipt.release.clone(),
            environment: proof.receipt.environment.clone(),
            receipt: proof.document.clone(),
        };
        let outcome = proof.receipt.outcome;
        let cell = self.cell_of(me, &proof.receipt);
        if outcome == Outcome::Succeeded && older(&cell.installed) {
            cell.installed = Some(Arc::clone(&proof));
        }
        if older(&cell.last) {
            cell.last = Some(proof);
        }
        Some((attempt, outcome))
    }

    pub(super) fn reported(
        &mut self,
        origin: SpaceId,
        at: &At<'_>,
        event: &DeploymentReported,
    ) -> Option<(ReleaseId, Name, Outcome)> {
        let proof = read_proof(at, &event.receipt)?;
        let Receipt { release, environment, outcome, .. } = proof.receipt.clone();
        self.cell_of(origin, &proof.receipt).end(proof);
        Some((release, environment, outcome))
    }

    fn cell_of(&mut self, space: SpaceId, receipt: &Receipt) -> &mut Cell {
        let id = CellId {
            project: receipt.release.project.clone(),
            space,
            environment: receipt.environment.clone(),
        };
        self.cells.entry(id).or_default()
    }
}

impl Cell {
    fn end(&mut self, proof: Arc<Proof>) {
        if proof.receipt.outcome == Outcome::Succeeded {
            self.installed = Some(Arc::clone(&proof));
        }
        self.last = Some(proof);
    }
}

/// The receipt in an event. Whoever let the event in has verified the signature.
fn read_proof(at: &At<'_>, json: &str) -> Option<Arc<Proof>> {
    let document = Document::read(json).ok()?;
    let receipt = document.payload(Kind::Receipt).ok()?;
    Some(Arc::new(Proof { document, receipt, entry: at.id }))
}
