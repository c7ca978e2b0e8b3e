//! What is deployed where: one cell for each project and environment, local and remote alike.

use crate::state::At;
use schema::id::{EntryId, Incarnation, Position, ReleaseDigest, SpaceId};
use schema::latest::{Actor, Document, Kind, Outcome, Receipt};
use schema::name::{Name, Text, Version};
use schema::v1::document::receipt::DeployedBy;
use schema::v1::event::{
    DeploymentCancelled, DeploymentFinished, DeploymentReported, DeploymentStarted,
    ManualStepAnswered, ManualStepReached,
};
use schema::v1::model::{Bound, ProjectId, ReleaseId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Where inside a space something is deployed: for a tenant, or for nobody apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The environment.
    pub environment: Name,
    /// The tenant, if it is for one.
    pub tenant: Option<Name>,
}

impl Slot {
    /// An environment, for nobody apart.
    #[must_use]
    pub const fn of(environment: Name) -> Self {
        Self { environment, tenant: None }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tenant {
            Some(tenant) => write!(f, "{} for {tenant}", self.environment),
            None => write!(f, "{}", self.environment),
        }
    }
}

/// Which cell: whose environment, and which project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId {
    /// The project.
    pub project: ProjectId,
    /// The space whose environment it is.
    pub space: SpaceId,
    /// Where in that space.
    pub slot: Slot,
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
    pub digest: ReleaseDigest,
    /// How often it had been tried before, after interruptions.
    pub restarts: u32,
    /// The values that its steps see.
    pub variables: Vec<Bound>,
    /// The manual step that waits for a person, if one does.
    pub awaits: Option<Name>,
    /// Who began it; who began it first where policy began it again after an interruption.
    pub by: Actor,
}

/// A deployment that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What was deployed.
    pub release: ReleaseId,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// The space that deployed.
    pub space: SpaceId,
    /// Where in it.
    pub slot: Slot,
    /// The receipt.
    pub receipt: Document,
    /// When this log had it, by this space's clock, milliseconds since 1970.
    pub here_ms: u64,
}

impl Attempt {
    fn of(proof: &Proof, at: &At<'_>) -> Self {
        Self::told(&proof.receipt, &proof.document, at)
    }

    /// What a receipt tells, that came with something else.
    pub(super) fn told(receipt: &Receipt, document: &Document, at: &At<'_>) -> Self {
        Self {
            release: receipt.release.clone(),
            digest: receipt.digest,
            space: receipt.space,
            slot: slot(receipt),
            receipt: document.clone(),
            here_ms: at.here_ms,
        }
    }
}

fn slot(receipt: &Receipt) -> Slot {
    Slot { environment: receipt.environment.clone(), tenant: receipt.tenant.clone() }
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
    /// Who asked to end it and why, if somebody did.
    pub cancelled: Option<(Actor, Text)>,
    /// Where the approvals stand that counted when it began; none where that gate was gone past.
    pub approved: Vec<Position>,
}

impl Deployment {
    /// The release that was deployed.
    #[must_use]
    pub fn release_id(&self) -> ReleaseId {
        ReleaseId { project: self.cell.project.clone(), version: self.version.clone() }
    }
}

/// All cells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    cells: BTreeMap<CellId, Cell>,
    /// Those in which a deployment runs: few, and asked for often.
    running: BTreeSet<CellId>,
    deployments: BTreeMap<Position, Deployment>,
    /// The newest version that was ever tried in an environment of this space, by project.
    tried: BTreeMap<ProjectId, BTreeMap<Name, Version>>,
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

    /// The newest version of a project that was ever tried in an environment of this space, for
    /// whomever, however it ended.
    #[must_use]
    pub fn newest_tried(&self, project: &ProjectId, environment: &Name) -> Option<&Version> {
        self.tried.get(project)?.get(environment)
    }

    fn try_out(&mut self, release: &ReleaseId, environment: &Name) {
        let there = self.tried.entry(release.project.clone()).or_default();
        let newest = there.entry(environment.clone()).or_insert_with(|| release.version.clone());
        if *newest < release.version {
            newest.clone_from(&release.version);
        }
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
        self.running.iter().filter_map(|id| Some((id, self.cells.get(id)?.running.as_ref()?)))
    }

    pub(super) fn started(&mut self, me: SpaceId, at: &At<'_>, event: &DeploymentStarted) {
        let slot = Slot { environment: event.environment.clone(), tenant: event.tenant.clone() };
        let id = CellId { project: event.release.project.clone(), space: me, slot };
        let deployment = Deployment {
            cell: id.clone(),
            version: event.release.version.clone(),
            proof: None,
            cancelled: None,
            approved: Vec::new(),
        };
        self.deployments.insert(at.position, deployment);
        self.running.insert(id.clone());
        self.try_out(&event.release, &event.environment);
        let cell = self.cells.entry(id).or_default();
        // What is begun again is still what somebody began.
        let first = cell.last.as_ref().filter(|_| event.restarts > 0);
        let by = first.map(|proof| deployer(&proof.receipt));
        cell.running = Some(Running {
            deployment: at.id,
            started_ms: at.header.time_ms,
            release: event.release.clone(),
            digest: event.digest,
            restarts: event.restarts,
            variables: event.variables.clone(),
            awaits: None,
            by: by.unwrap_or_else(|| at.header.actor.clone()),
        });
    }

    /// Where the approvals stand that counted when a deployment began.
    pub(super) fn approved(&mut self, deployment: Position, approved: Vec<Position>) {
        if let Some(known) = self.deployments.get_mut(&deployment) {
            known.approved = approved;
        }
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
        let attempt = Attempt::of(&proof, at);
        let outcome = proof.receipt.outcome;
        let project = proof.receipt.release.project.clone();
        self.running.remove(&CellId { project, space: me, slot: attempt.slot.clone() });
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
        let attempt = Attempt::of(&proof, at);
        let outcome = proof.receipt.outcome;
        self.try_out(&attempt.release, &attempt.slot.environment);
        let cell = self.cell_of(me, &proof.receipt);
        if outcome == Outcome::Succeeded && older(&cell.installed) {
            cell.installed = Some(Arc::clone(&proof));
        }
        if older(&cell.last) {
            cell.last = Some(proof);
        }
        Some((attempt, outcome))
    }

    /// Another space told the end of a deployment of its own, itself or through a relay. What is
    /// older than what is known of that place, by where that space's log has it, changes nothing.
    pub(super) fn reported(
        &mut self,
        at: &At<'_>,
        event: &DeploymentReported,
    ) -> Option<(Attempt, Outcome)> {
        let proof = read_proof(at, &event.receipt)?;
        let attempt = Attempt::of(&proof, at);
        let outcome = proof.receipt.outcome;
        let cell = self.cell_of(attempt.space, &proof.receipt);
        let stale = cell.last.as_ref().is_some_and(|last| {
            let (new, known) = (place(&proof.receipt), place(&last.receipt));
            new.zip(known)
                .is_some_and(|((life, new), (before, known))| life == before && new < known)
        });
        if !stale {
            cell.end(proof);
        }
        Some((attempt, outcome))
    }

    /// The running deployment that began at `position`, and its cell.
    #[must_use]
    pub fn running_at(&self, position: Position) -> Option<(&CellId, &Running)> {
        let cell = &self.deployments.get(&position)?.cell;
        let running = self.cells.get(cell)?.running.as_ref()?;
        (running.deployment.position == position).then_some((cell, running))
    }

    /// [`Cells::running_at`], to be changed.
    fn running_mut(&mut self, position: Position) -> Option<&mut Running> {
        let cell = self.deployments.get(&position)?.cell.clone();
        let running = self.cells.get_mut(&cell)?.running.as_mut()?;
        (running.deployment.position == position).then_some(running)
    }

    /// A manual step waits for a person.
    pub(super) fn awaits(&mut self, event: &ManualStepReached) {
        if let Some(running) = self.running_mut(event.deployment) {
            running.awaits = Some(event.step.clone());
        }
    }

    /// A person said how a manual step went.
    pub(super) fn answered(&mut self, event: &ManualStepAnswered) {
        if let Some(running) = self.running_mut(event.deployment) {
            running.awaits = None;
        }
    }

    /// Somebody asked to end a deployment.
    pub(super) fn cancelled(&mut self, at: &At<'_>, event: &DeploymentCancelled) {
        if let Some(deployment) = self.deployments.get_mut(&event.deployment) {
            deployment.cancelled = Some((at.header.actor.clone(), event.reason.clone()));
        }
    }

    fn cell_of(&mut self, space: SpaceId, receipt: &Receipt) -> &mut Cell {
        let project = receipt.release.project.clone();
        self.cells.entry(CellId { project, space, slot: slot(receipt) }).or_default()
    }
}

/// Who began a deployment, as its receipt says it; its space alone where that is not disclosed.
#[must_use]
pub fn deployer(receipt: &Receipt) -> Actor {
    match &receipt.by {
        DeployedBy::Person(name) => Actor::Person(name.clone()),
        DeployedBy::Policy => Actor::Policy,
        DeployedBy::Undisclosed => Actor::Space(receipt.space),
    }
}

/// Where the log of the deploying space has a deployment: in which life, at which Position.
fn place(receipt: &Receipt) -> Option<(&str, u64)> {
    let (life, position) = receipt.deployment.rsplit_once('/')?;
    Some((life, position.parse().ok()?))
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
