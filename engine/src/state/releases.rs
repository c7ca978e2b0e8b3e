//! Releases: created here, or received from a peer and accepted, rejected or waiting.

use crate::state::At;
use crate::state::cells::{Attempt, Slot};
use schema::id::{CommandId, DocumentId, EntryId, Position, ReleaseDigest, SpaceId};
use schema::latest::{
    Actor, Approval, Bundle, Document, HandedSecret, KeptSecret, Kind, Outcome, Recall, Receipt,
};
use schema::name::{Name, Text, Version};
use schema::v1::event::{
    ApprovalGiven, DeploymentReported, DeploymentStarted, PromotionAnswered, ReleaseAccepted,
    ReleaseCreated, ReleasePromoted, ReleaseRecalled, ReleaseRejected,
};
use schema::v1::model::{Outline, ProjectId, ReleaseId, Snapshot, TemplateValue};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a release comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It was created here.
    Local,
    /// It came in a bundle.
    Imported(Box<Import>),
}

/// A bundle that a peer sent, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The id of the bundle.
    pub bundle: DocumentId,
    /// The signed document, for who wants to check it again.
    pub document: Document,
    /// What it says.
    pub content: Arc<Bundle>,
    /// The peer that sent it: the space that owns the project, or one that sent it on.
    pub from: SpaceId,
    /// The receipts of the sender, where it sent it on.
    pub receipts: Vec<Document>,
    /// The values of its secrets, as they came.
    pub handed: Vec<HandedSecret>,
    /// The answer.
    pub answer: Answer,
}

/// What was answered to a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    Waiting,
    /// It goes through this lifecycle with these values.
    Accepted {
        /// The lifecycle.
        lifecycle: Name,
        /// The values of this space's environments and tenants.
        values: Vec<TemplateValue>,
    },
    /// It does not.
    Rejected {
        /// Why.
        reason: Text,
    },
}

/// How far a release came in one environment of this space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The newest deployment.
    pub deployment: Position,
    /// How it ended; none while it runs.
    pub outcome: Option<Outcome>,
    /// Whether any deployment there succeeded.
    pub succeeded: bool,
    /// How often it was interrupted in a row.
    pub restarts: u32,
}

/// A receipt that a deployment of a release succeeded somewhere, here or in another space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success {
    /// The receipt.
    pub document: Document,
    /// When this log first had one of that place, by this space's clock, milliseconds since 1970.
    pub since_ms: u64,
}

/// What a person said about a release and an environment of this space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// What the space signed.
    pub content: Approval,
    /// The signed document.
    pub document: Document,
    /// Where in the log.
    pub position: Position,
}

/// A promotion to one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The bundle that was sent.
    pub bundle: DocumentId,
    /// The spaces that the bundle is for.
    pub targets: Vec<SpaceId>,
    /// When it was sent, by this space's clock, milliseconds since 1970.
    pub at_ms: u64,
    /// The peer's answer: none yet, accepted, or rejected with a reason.
    pub answer: Option<Result<(), Text>>,
}

/// A revision of a release that was replaced by a newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Which.
    pub revision: u32,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// Its notes.
    pub notes: Text,
    /// What it was made of.
    pub snapshot: Snapshot,
    /// To whom it was promoted.
    pub promotions: BTreeMap<SpaceId, Promotion>,
}

/// That a release was found bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// What the space that owns it says.
    pub content: Recall,
    /// The signed document.
    pub document: Document,
    /// When this log first had it, by this space's clock, milliseconds since 1970.
    pub at_ms: u64,
    /// The entry that first had it.
    pub entry: EntryId,
    /// The peers that this space has told.
    pub told: BTreeSet<SpaceId>,
}

/// One release, in its newest revision that counts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Where it comes from.
    pub source: Source,
    /// The entry that made it known here.
    pub entry: EntryId,
    /// The command with which its story began.
    pub correlation: CommandId,
    /// Who made it known.
    pub by: Actor,
    /// Its revision, from 1.
    pub revision: u32,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// Its notes.
    pub notes: Text,
    /// What it is made of, as far as this space has it.
    pub snapshot: Snapshot,
    /// All its parts, those that this space does not have too.
    pub outline: Outline,
    /// The values of its secrets, where it was created here and they were not lost.
    pub secrets: Vec<KeptSecret>,
    /// How far it came in this space's environments.
    pub progress: BTreeMap<Slot, Progress>,
    /// To whom it was promoted.
    pub promotions: BTreeMap<SpaceId, Promotion>,
    /// The newest receipts of its successes, here and elsewhere.
    pub successes: BTreeMap<(SpaceId, Slot), Success>,
    /// How its newest deployment in other spaces ended, as they reported.
    pub reported: BTreeMap<(SpaceId, Slot), Outcome>,
    /// Results of third spaces that are to be passed on to the space that sent it here, each with
    /// the entry that brought it.
    pub to_pass: BTreeMap<DocumentId, (Document, EntryId)>,
    /// What people said about it for environments of this space, oldest first.
    pub approvals: Vec<Approved>,
    /// Its revisions before this one, oldest first.
    pub earlier: Vec<Earlier>,
    /// A newer revision that waits in the inbox, or was rejected there, while this one counts.
    pub offered: Option<Box<Self>>,
}

impl Release {
    /// What waits in the inbox, or waited there last: a newer revision, or the release itself.
    #[must_use]
    pub fn newest(&self) -> &Self {
        self.offered.as_deref().unwrap_or(self)
    }

    /// The bundle that it came in; none if it was created here.
    #[must_use]
    pub fn import(&self) -> Option<&Import> {
        match &self.source {
            Source::Imported(import) => Some(import),
            Source::Local => None,
        }
    }

    /// Whether this digest is its own or that of a revision before.
    #[must_use]
    pub fn had(&self, digest: &ReleaseDigest) -> bool {
        self.digest == *digest || self.earlier.iter().any(|one| one.digest == *digest)
    }

    /// Whether it, or a revision before, was promoted to `peer` as this bundle.
    #[must_use]
    pub fn was_promoted(&self, peer: &SpaceId, bundle: &DocumentId) -> bool {
        let before = self.earlier.iter().filter_map(|one| one.promotions.get(peer));
        let mut all = self.promotions.get(peer).into_iter().chain(before);
        all.any(|promotion| promotion.bundle == *bundle)
    }

    /// Whether it, or a revision before, was promoted in a bundle that is for `space`.
    #[must_use]
    pub fn is_for(&self, space: &SpaceId) -> bool {
        let before = self.earlier.iter().flat_map(|one| one.promotions.values());
        let mut all = self.promotions.values().chain(before);
        all.any(|promotion| promotion.targets.contains(space))
    }

    fn fresh(source: Source, at: &At<'_>, parts: Parts) -> Self {
        let Parts { revision, digest, notes, snapshot, outline, secrets } = parts;
        Self {
            source,
            entry: at.id,
            correlation: at.header.correlation,
            by: at.header.actor.clone(),
            revision,
            digest,
            notes,
            snapshot,
            outline,
            secrets,
            progress: BTreeMap::new(),
            promotions: BTreeMap::new(),
            successes: BTreeMap::new(),
            reported: BTreeMap::new(),
            to_pass: BTreeMap::new(),
            approvals: Vec::new(),
            earlier: Vec::new(),
            offered: None,
        }
    }

    /// Puts a newer revision into the place of this one: what this one reached is not its own.
    fn replace(&mut self, newer: Self) {
        let before = std::mem::replace(self, newer);
        self.earlier = before.earlier;
        self.earlier.push(Earlier {
            revision: before.revision,
            digest: before.digest,
            notes: before.notes,
            snapshot: before.snapshot,
            promotions: before.promotions,
        });
        self.offered = None;
    }
}

/// What is told apart in one revision of a release.
struct Parts {
    revision: u32,
    digest: ReleaseDigest,
    notes: Text,
    snapshot: Snapshot,
    outline: Outline,
    secrets: Vec<KeptSecret>,
}

/// All releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Releases {
    known: BTreeMap<ProjectId, BTreeMap<Version, (ReleaseId, Release)>>,
    /// What was recalled, whether it ever came here or not.
    recalls: BTreeMap<ReleaseId, Recalled>,
    /// What ended, as peers gave it back, of releases that are not known again yet.
    ends: BTreeMap<ReleaseId, Vec<(Position, Attempt, Outcome)>>,
}

impl Releases {
    /// One release.
    #[must_use]
    pub fn get(&self, id: &ReleaseId) -> Option<&Release> {
        self.known.get(&id.project)?.get(&id.version).map(|(_, release)| release)
    }

    fn get_mut(&mut self, id: &ReleaseId) -> Option<&mut Release> {
        self.known.get_mut(&id.project)?.get_mut(&id.version).map(|(_, release)| release)
    }

    /// All of them, by project and version.
    pub fn all(&self) -> impl Iterator<Item = (&ReleaseId, &Release)> {
        self.known.values().flat_map(BTreeMap::values).map(|(id, release)| (id, release))
    }

    /// The releases of one project, oldest version first.
    pub fn of(
        &self,
        project: &ProjectId,
    ) -> impl DoubleEndedIterator<Item = (&ReleaseId, &Release)> {
        let known = self.known.get(project).into_iter().flat_map(BTreeMap::values);
        known.map(|(id, release)| (id, release))
    }

    /// This release and the newer ones of its project, oldest version first.
    pub fn from<'a>(
        &'a self,
        id: &'a ReleaseId,
    ) -> impl Iterator<Item = (&'a ReleaseId, &'a Release)> {
        let known = self.known.get(&id.project);
        let from = known.into_iter().flat_map(|known| known.range(&id.version..));
        from.map(|(_, (id, release))| (id, release))
    }

    /// The projects that have releases.
    pub fn projects(&self) -> impl Iterator<Item = &ProjectId> {
        self.known.keys()
    }

    /// What is recalled, by project and version.
    pub fn recalls(&self) -> impl Iterator<Item = (&ReleaseId, &Recalled)> {
        self.recalls.iter()
    }

    /// The recall of a release, whichever of its revisions it is about.
    #[must_use]
    pub fn recall_of(&self, id: &ReleaseId) -> Option<&Recalled> {
        self.recalls.get(id)
    }

    /// The recall that holds for this revision of a release; none if there is none.
    #[must_use]
    pub fn recalled(&self, id: &ReleaseId, revision: u32) -> Option<&Recalled> {
        self.recalls.get(id).filter(|recalled| recalled.content.revision >= revision)
    }

    /// A release was found bad. `told` is the peer that this entry of the own log is for.
    pub(super) fn recall(
        &mut self,
        at: &At<'_>,
        event: &ReleaseRecalled,
        told: Option<SpaceId>,
    ) -> Option<ReleaseId> {
        let document = Document::read(&event.recall).ok()?;
        let content: Recall = document.payload(Kind::Recall).ok()?;
        let id = content.release.clone();
        let (entry, at_ms) = (at.id, at.here_ms);
        let fresh = Recalled { content, document, at_ms, entry, told: BTreeSet::new() };
        let known = self.recalls.entry(id.clone()).or_insert_with(|| fresh.clone());
        if known.content.revision < fresh.content.revision {
            *known = fresh;
        }
        known.told.extend(told);
        Some(id)
    }

    pub(super) fn create(&mut self, me: SpaceId, at: &At<'_>, event: &ReleaseCreated) {
        let project = ProjectId { space: me, name: event.project.clone() };
        let id = ReleaseId { project, version: event.version.clone() };
        let parts = Parts {
            revision: event.revision,
            digest: event.digest,
            notes: event.notes.clone(),
            snapshot: event.snapshot.clone(),
            outline: event.snapshot.outline(&event.blind),
            secrets: event.secrets.clone(),
        };
        let release = Release::fresh(Source::Local, at, parts);
        match self.get_mut(&id) {
            Some(known) if known.revision < event.revision => known.replace(release),
            Some(_) => {}
            None => self.know(id, release),
        }
    }

    pub(super) fn received(&mut self, at: &At<'_>, event: &ReleasePromoted) {
        let Ok(document) = Document::read(&event.bundle) else {
            return;
        };
        let Ok(content) = document.payload::<Bundle>(Kind::Bundle) else {
            return;
        };
        let receipts = event.receipts.iter().filter_map(|json| Document::read(json).ok());
        let parts = parts(&content);
        let import = Import {
            bundle: document.id(),
            document,
            content: Arc::new(content),
            from: at.id.origin,
            receipts: receipts.collect(),
            handed: event.secrets.clone(),
            answer: Answer::Waiting,
        };
        let release = Release::fresh(Source::Imported(Box::new(import)), at, parts);
        let Some(known) = self.get_mut(&event.release) else {
            self.know(event.release.clone(), release);
            return;
        };
        // A bundle that comes again, or an older revision, changes nothing that was decided.
        if known.newest().revision >= release.revision {
            return;
        }
        match known.import().map(|import| &import.answer) {
            Some(Answer::Accepted { .. }) => known.offered = Some(Box::new(release)),
            Some(Answer::Waiting | Answer::Rejected { .. }) => known.replace(release),
            None => {}
        }
    }

    fn know(&mut self, id: ReleaseId, release: Release) {
        let project = self.known.entry(id.project.clone()).or_default();
        project.entry(id.version.clone()).or_insert((id.clone(), release));
        for (position, attempt, outcome) in self.ends.remove(&id).unwrap_or_default() {
            self.ended(position, attempt, outcome);
        }
    }

    /// A promotion of this space that a peer gave back: the release is known again, with the
    /// receipts that its bundle holds, which are returned.
    pub(super) fn recovered(
        &mut self,
        me: SpaceId,
        at: &At<'_>,
        event: &ReleasePromoted,
    ) -> Vec<String> {
        let document = Document::read(&event.bundle).ok();
        let bundle = document.and_then(|document| document.payload::<Bundle>(Kind::Bundle).ok());
        let Some(bundle) = bundle.filter(|bundle| bundle.release.project.space == me) else {
            return Vec::new();
        };
        let receipts = bundle.receipts.iter().map(Document::write).collect();
        // A peer gives back what it was told: the values of secrets, and what stayed at home, are
        // not its to read.
        let release = Release::fresh(Source::Local, at, parts(&bundle));
        match self.get_mut(&event.release) {
            Some(known) if known.revision < release.revision => known.replace(release),
            Some(_) => {}
            None => self.know(event.release.clone(), release),
        }
        receipts
    }

    /// A deployment of this space ended in a life whose end was lost.
    pub(super) fn ended(&mut self, position: Position, attempt: Attempt, outcome: Outcome) {
        let Some(release) = self.get_mut(&attempt.release) else {
            self.ends
                .entry(attempt.release.clone())
                .or_default()
                .push((position, attempt, outcome));
            return;
        };
        if release.digest == attempt.digest {
            release.progress.entry(attempt.slot.clone()).or_insert(Progress {
                deployment: position,
                outcome: None,
                succeeded: false,
                restarts: 0,
            });
        }
        self.finished(&attempt, outcome);
    }

    pub(super) fn promoted(&mut self, at: &At<'_>, event: &ReleasePromoted) {
        let Ok(document) = Document::read(&event.bundle) else {
            return;
        };
        let bundle = document.payload::<Bundle>(Kind::Bundle).ok();
        let promotion = Promotion {
            bundle: document.id(),
            targets: bundle.map_or_else(|| vec![event.target], |bundle| bundle.targets),
            at_ms: at.here_ms,
            answer: None,
        };
        if let Some(release) = self.get_mut(&event.release) {
            release.promotions.insert(event.target, promotion);
        }
    }

    pub(super) fn approved(&mut self, at: &At<'_>, event: &ApprovalGiven) {
        let Ok(document) = Document::read(&event.approval) else { return };
        let Ok(content) = document.payload::<Approval>(Kind::Approval) else { return };
        let position = at.position;
        if let Some(release) = self.get_mut(&content.release)
            && release.digest == content.digest
        {
            release.approvals.push(Approved { content, document, position });
        }
    }

    pub(super) fn accepted(&mut self, event: &ReleaseAccepted) {
        let (lifecycle, values) = (event.lifecycle.clone(), event.values.clone());
        self.answer(&event.release, &event.bundle, Answer::Accepted { lifecycle, values });
        if let Some(release) = self.get_mut(&event.release)
            && let Some(newer) = release.offered.take()
        {
            let counts = newer.import().is_some_and(|import| import.bundle == event.bundle);
            if counts {
                release.replace(*newer);
            } else {
                release.offered = Some(newer);
            }
        }
    }

    pub(super) fn rejected(&mut self, event: &ReleaseRejected) {
        let answer = Answer::Rejected { reason: event.reason.clone() };
        self.answer(&event.release, &event.bundle, answer);
    }

    fn answer(&mut self, release: &ReleaseId, bundle: &DocumentId, answer: Answer) {
        let Some(release) = self.get_mut(release) else { return };
        let all = [Some(&mut release.source), release.offered.as_mut().map(|it| &mut it.source)];
        for source in all.into_iter().flatten() {
            if let Source::Imported(import) = source
                && import.bundle == *bundle
            {
                import.answer = answer.clone();
            }
        }
    }

    pub(super) fn answered(&mut self, from: SpaceId, event: &PromotionAnswered) {
        let promotion = self
            .get_mut(&event.release)
            .and_then(|release| release.promotions.get_mut(&from))
            .filter(|promotion| promotion.bundle == event.bundle);
        if let Some(promotion) = promotion {
            promotion.answer = Some(event.rejected.clone().map_or(Ok(()), Err));
        }
    }

    pub(super) fn started(&mut self, at: &At<'_>, event: &DeploymentStarted) {
        let Some(release) = self.get_mut(&event.release) else {
            return;
        };
        if release.digest != event.digest {
            return;
        }
        let slot = Slot { environment: event.environment.clone(), tenant: event.tenant.clone() };
        let before = release.progress.get(&slot);
        let progress = Progress {
            deployment: at.position,
            outcome: None,
            succeeded: before.is_some_and(|before| before.succeeded),
            restarts: event.restarts,
        };
        release.progress.insert(slot, progress);
    }

    pub(super) fn finished(&mut self, attempt: &Attempt, outcome: Outcome) {
        let Some(release) = self.get_mut(&attempt.release) else {
            return;
        };
        if release.digest != attempt.digest {
            return;
        }
        if let Some(progress) = release.progress.get_mut(&attempt.slot) {
            progress.outcome = Some(outcome);
            progress.succeeded |= outcome == Outcome::Succeeded;
        }
        if outcome == Outcome::Succeeded {
            release.succeed(attempt);
        }
    }

    /// A result was passed on to the space that sent the release here.
    pub(super) fn passed(&mut self, event: &DeploymentReported) {
        let Ok(document) = Document::read(&event.receipt) else { return };
        let Ok(receipt) = document.payload::<Receipt>(Kind::Receipt) else { return };
        if let Some(release) = self.get_mut(&receipt.release) {
            release.to_pass.remove(&document.id());
        }
    }

    /// Another space reported the end of a deployment. `passes` tells whether that is to be passed
    /// on to the space that sent the release here.
    pub(super) fn reported(
        &mut self,
        entry: EntryId,
        attempt: &Attempt,
        outcome: Outcome,
        passes: bool,
    ) {
        let Some(release) = self.get_mut(&attempt.release) else {
            return;
        };
        if passes {
            let document = attempt.receipt.clone();
            release.to_pass.insert(document.id(), (document, entry));
        }
        if release.digest != attempt.digest {
            return;
        }
        release.reported.insert((attempt.space, attempt.slot.clone()), outcome);
        if outcome == Outcome::Succeeded {
            release.succeed(attempt);
        }
    }
}

impl Release {
    fn succeed(&mut self, attempt: &Attempt) {
        let place = (attempt.space, attempt.slot.clone());
        let before = self.successes.get(&place);
        let since_ms = before.map_or(attempt.here_ms, |before| before.since_ms);
        let document = attempt.receipt.clone();
        self.successes.insert(place, Success { document, since_ms });
    }
}

fn parts(bundle: &Bundle) -> Parts {
    Parts {
        revision: bundle.revision,
        digest: bundle.digest,
        notes: bundle.notes.clone(),
        snapshot: bundle.snapshot.clone(),
        outline: bundle.outline.clone(),
        secrets: Vec::new(),
    }
}
