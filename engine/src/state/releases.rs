//! Releases: created here, or received from a peer and accepted, rejected or waiting.

use crate::state::At;
use crate::state::cells::Attempt;
use schema::id::{CommandId, DocumentId, EntryId, Position, ReleaseDigest, SpaceId};
use schema::latest::{Bundle, Document, HandedSecret, KeptSecret, Kind, Outcome};
use schema::name::{Name, Text};
use schema::v1::event::{
    DeploymentStarted, PromotionAnswered, ReleaseAccepted, ReleaseCreated, ReleasePromoted,
    ReleaseRejected,
};
use schema::v1::model::{ProjectId, ReleaseId, Snapshot, TemplateValue};
use std::collections::BTreeMap;
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
    /// The peer that sent it.
    pub from: SpaceId,
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
        /// The values of this space's environments.
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

/// A promotion to one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The bundle that was sent.
    pub bundle: DocumentId,
    /// The peer's answer: none yet, accepted, or rejected with a reason.
    pub answer: Option<Result<(), Text>>,
    /// How the release did in each of the peer's environments, as it reported.
    pub reported: BTreeMap<Name, Outcome>,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Where it comes from.
    pub source: Source,
    /// The entry that made it known here.
    pub entry: EntryId,
    /// The command with which its story began.
    pub correlation: CommandId,
    /// Its digest.
    pub digest: ReleaseDigest,
    /// Its notes.
    pub notes: Text,
    /// What it is made of.
    pub snapshot: Snapshot,
    /// The values of its secrets, where it was created here and they were not lost.
    pub secrets: Vec<KeptSecret>,
    /// How far it came in this space's environments.
    pub progress: BTreeMap<Name, Progress>,
    /// To whom it was promoted.
    pub promotions: BTreeMap<SpaceId, Promotion>,
    /// The newest receipts of successful deployments here, by environment.
    pub receipts: BTreeMap<Name, Document>,
}

/// All releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Releases {
    known: BTreeMap<ReleaseId, Release>,
    /// What ended, as peers gave it back, of releases that are not known again yet.
    ends: BTreeMap<ReleaseId, Vec<(Position, Attempt, Outcome)>>,
}

impl Releases {
    /// One release.
    #[must_use]
    pub fn get(&self, id: &ReleaseId) -> Option<&Release> {
        self.known.get(id)
    }

    /// All of them, by project and version.
    pub fn all(&self) -> impl Iterator<Item = (&ReleaseId, &Release)> {
        self.known.iter()
    }

    /// The releases of one project, oldest version first.
    pub fn of<'a>(
        &'a self,
        project: &'a ProjectId,
    ) -> impl Iterator<Item = (&'a ReleaseId, &'a Release)> {
        self.known.iter().filter(move |(id, _)| id.project == *project)
    }

    pub(super) fn create(&mut self, me: SpaceId, at: &At<'_>, event: &ReleaseCreated) {
        let project = ProjectId { space: me, name: event.project.clone() };
        let id = ReleaseId { project, version: event.version.clone() };
        let release = Release {
            source: Source::Local,
            entry: at.id,
            correlation: at.header.correlation,
            digest: event.digest,
            notes: event.notes.clone(),
            snapshot: event.snapshot.clone(),
            secrets: event.secrets.clone(),
            progress: BTreeMap::new(),
            promotions: BTreeMap::new(),
            receipts: BTreeMap::new(),
        };
        self.known.entry(id).or_insert(release);
    }

    pub(super) fn received(&mut self, at: &At<'_>, event: &ReleasePromoted) {
        let Ok(document) = Document::read(&event.bundle) else {
            return;
        };
        let Ok(content) = document.payload::<Bundle>(Kind::Bundle) else {
            return;
        };
        let import = Import {
            bundle: document.id(),
            document,
            content: Arc::new(content),
            from: at.id.origin,
            handed: event.secrets.clone(),
            answer: Answer::Waiting,
        };
        let release = Release {
            entry: at.id,
            correlation: at.header.correlation,
            digest: event.digest,
            notes: import.content.notes.clone(),
            snapshot: import.content.snapshot.clone(),
            secrets: Vec::new(),
            source: Source::Imported(Box::new(import)),
            progress: BTreeMap::new(),
            promotions: BTreeMap::new(),
            receipts: BTreeMap::new(),
        };
        // A bundle that comes again under the same release changes nothing that was decided.
        self.know(event.release.clone(), release);
    }

    fn know(&mut self, id: ReleaseId, release: Release) {
        self.known.entry(id.clone()).or_insert(release);
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
        let release = Release {
            source: Source::Local,
            entry: at.id,
            correlation: at.header.correlation,
            digest: event.digest,
            notes: bundle.notes,
            snapshot: bundle.snapshot,
            // A peer gives back what it was told, and that is not its to read.
            secrets: Vec::new(),
            progress: BTreeMap::new(),
            promotions: BTreeMap::new(),
            receipts: BTreeMap::new(),
        };
        self.know(event.release.clone(), release);
        bundle.receipts.iter().map(Document::write).collect()
    }

    /// A deployment of this space ended in a life whose end was lost.
    pub(super) fn ended(&mut self, position: Position, attempt: Attempt, outcome: Outcome) {
        let Some(release) = self.known.get_mut(&attempt.release) else {
            self.ends
                .entry(attempt.release.clone())
                .or_default()
                .push((position, attempt, outcome));
            return;
        };
        release.progress.entry(attempt.environment.clone()).or_insert(Progress {
            deployment: position,
            outcome: None,
            succeeded: false,
            restarts: 0,
        });
        self.finished(&attempt, outcome);
    }

    pub(super) fn promoted(&mut self, event: &ReleasePromoted) {
        let Ok(document) = Document::read(&event.bundle) else {
            return;
        };
        let promotion =
            Promotion { bundle: document.id(), answer: None, reported: BTreeMap::new() };
        if let Some(release) = self.known.get_mut(&event.release) {
            release.promotions.insert(event.target, promotion);
        }
    }

    pub(super) fn accepted(&mut self, event: &ReleaseAccepted) {
        self.answer(
            &event.release,
            Answer::Accepted { lifecycle: event.lifecycle.clone(), values: event.values.clone() },
        );
    }

    pub(super) fn rejected(&mut self, event: &ReleaseRejected) {
        self.answer(&event.release, Answer::Rejected { reason: event.reason.clone() });
    }

    fn answer(&mut self, release: &ReleaseId, answer: Answer) {
        if let Some(Release { source: Source::Imported(import), .. }) = self.known.get_mut(release)
        {
            import.answer = answer;
        }
    }

    pub(super) fn answered(&mut self, from: SpaceId, event: &PromotionAnswered) {
        let promotion = self
            .known
            .get_mut(&event.release)
            .and_then(|release| release.promotions.get_mut(&from))
            .filter(|promotion| promotion.bundle == event.bundle);
        if let Some(promotion) = promotion {
            promotion.answer = Some(event.rejected.clone().map_or(Ok(()), Err));
        }
    }

    pub(super) fn started(&mut self, at: &At<'_>, event: &DeploymentStarted) {
        let Some(release) = self.known.get_mut(&event.release) else {
            return;
        };
        let before = release.progress.get(&event.environment);
        let progress = Progress {
            deployment: at.position,
            outcome: None,
            succeeded: before.is_some_and(|before| before.succeeded),
            restarts: event.restarts,
        };
        release.progress.insert(event.environment.clone(), progress);
    }

    pub(super) fn finished(&mut self, attempt: &Attempt, outcome: Outcome) {
        let Some(release) = self.known.get_mut(&attempt.release) else {
            return;
        };
        if let Some(progress) = release.progress.get_mut(&attempt.environment) {
            progress.outcome = Some(outcome);
            progress.succeeded |= outcome == Outcome::Succeeded;
        }
        if outcome == Outcome::Succeeded {
            release.receipts.insert(attempt.environment.clone(), attempt.receipt.clone());
        }
    }

    pub(super) fn reported(
        &mut self,
        from: SpaceId,
        release: &ReleaseId,
        environment: Name,
        outcome: Outcome,
    ) {
        if let Some(promotion) =
            self.known.get_mut(release).and_then(|release| release.promotions.get_mut(&from))
        {
            promotion.reported.insert(environment, outcome);
        }
    }
}
