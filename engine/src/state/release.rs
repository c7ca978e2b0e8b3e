//! One release: where it comes from, what it is made of, how far it came, and what was said about
//! it.

use crate::state::At;
use crate::state::cells::{Attempt, Slot};
use crate::state::releases::course::succeed;
use schema::id::{CommandId, DocumentId, EntryId, Position, ReleaseDigest, SpaceId};
use schema::latest::{
    Actor, Approval, Bundle, Document, HandedSecret, KeptSecret, Kind, Outcome, Recall, Receipt,
};
use schema::limits::INTERRUPTED_RESTARTS_MAX;
use schema::name::{Name, Text};
use schema::v1::model::{Outline, Package, Snapshot, TemplateValue};
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

impl Import {
    /// Every receipt that came along: inside the bundle, then those of who sent it on.
    pub fn all_receipts(&self) -> impl Iterator<Item = &Document> {
        self.content.receipts.iter().chain(&self.receipts)
    }
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
    /// Where the first began that this one begins again; its own where it begins none again.
    pub first: Position,
    /// Up to where approvals for one deployment were used up before that.
    pub used_before: Option<Position>,
}

impl Progress {
    /// Whether a stop of the node cut it short, and it is begun again by itself.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.outcome == Some(Outcome::Interrupted) && self.restarts < INTERRUPTED_RESTARTS_MAX
    }

    /// Up to where approvals for one deployment are used up: what was cut short is begun again with
    /// the same.
    #[must_use]
    pub fn used(&self) -> Option<Position> {
        let own = Some(self.first).filter(|_| !self.is_cut_short());
        own.max(self.used_before)
    }
}

/// How far a release came, by place.
pub type Progresses = BTreeMap<Slot, Progress>;

/// Where a release succeeded.
pub type Successes = BTreeMap<(SpaceId, Slot), Success>;

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
    pub progress: Progresses,
    /// To whom it was promoted.
    pub promotions: BTreeMap<SpaceId, Promotion>,
    /// The newest receipts of its successes, here and elsewhere.
    pub successes: Successes,
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

    /// The packages that were promoted to `peer`, with it or a revision before.
    pub fn packages_for<'a>(&'a self, peer: &'a SpaceId) -> impl Iterator<Item = &'a Package> {
        let own = [(&self.promotions, &self.snapshot)];
        let before = self.earlier.iter().map(|one| (&one.promotions, &one.snapshot));
        own.into_iter().chain(before).flat_map(move |(promotions, snapshot)| {
            let targets = promotions.get(peer).map(|promotion| promotion.targets.as_slice());
            targets.into_iter().flat_map(|targets| snapshot.packages_for(targets))
        })
    }

    /// Whether a deployment of it here was cut short and is to be begun again.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.progress.values().any(Progress::is_cut_short)
    }

    /// Whether this digest is its own or that of a revision before.
    #[must_use]
    pub fn had(&self, digest: &ReleaseDigest) -> bool {
        self.revision_of(digest).is_some()
    }

    /// Which of its revisions so far has this digest; none if none has.
    #[must_use]
    pub fn revision_of(&self, digest: &ReleaseDigest) -> Option<u32> {
        self.of_digest(digest).map(|(revision, _)| revision)
    }

    /// What the revision with this digest is made of; none if none has it.
    #[must_use]
    pub fn snapshot_of(&self, digest: &ReleaseDigest) -> Option<&Snapshot> {
        self.of_digest(digest).map(|(_, snapshot)| snapshot)
    }

    fn of_digest(&self, digest: &ReleaseDigest) -> Option<(u32, &Snapshot)> {
        let before = self.earlier.iter().map(|one| (one.digest, one.revision, &one.snapshot));
        let mut all = [(self.digest, self.revision, &self.snapshot)].into_iter().chain(before);
        let (_, revision, snapshot) = all.find(|(known, ..)| known == digest)?;
        Some((revision, snapshot))
    }

    /// Its promotions and those of the revisions before.
    fn all_promotions(&self) -> impl Iterator<Item = (&SpaceId, &Promotion)> {
        let before = self.earlier.iter().flat_map(|one| &one.promotions);
        self.promotions.iter().chain(before)
    }

    /// Whether it, or a revision before, was promoted to `peer` as this bundle.
    #[must_use]
    pub fn was_promoted(&self, peer: &SpaceId, bundle: &DocumentId) -> bool {
        self.all_promotions().any(|(to, promotion)| to == peer && promotion.bundle == *bundle)
    }

    /// To whom it was promoted, in whatever revision.
    #[must_use]
    pub fn sent_to(&self) -> BTreeSet<SpaceId> {
        self.all_promotions().map(|(to, _)| *to).collect()
    }

    /// Whether it, or a revision before, was promoted in a bundle that is for `space`.
    #[must_use]
    pub fn is_for(&self, space: &SpaceId) -> bool {
        self.all_promotions().any(|(_, promotion)| promotion.targets.contains(space))
    }

    /// The promotions of the revision that has this digest; none if none has.
    pub(super) fn promotions_of(
        &mut self,
        digest: &ReleaseDigest,
    ) -> Option<&mut BTreeMap<SpaceId, Promotion>> {
        if self.digest == *digest {
            return Some(&mut self.promotions);
        }
        let mut earlier = self.earlier.iter_mut();
        earlier.find(|one| one.digest == *digest).map(|one| &mut one.promotions)
    }

    pub(super) fn fresh(source: Source, at: &At<'_>, parts: Parts) -> Self {
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
    pub(super) fn replace(&mut self, newer: Self) {
        let mut before = std::mem::replace(self, newer);
        self.earlier = std::mem::take(&mut before.earlier);
        self.to_pass = std::mem::take(&mut before.to_pass);
        // What nobody ever accepted was nowhere, and need not be kept.
        let counted = match &before.source {
            Source::Local => true,
            Source::Imported(import) => matches!(import.answer, Answer::Accepted { .. }),
        };
        self.offered = None;
        if !counted {
            return;
        }
        self.earlier.push(Earlier {
            revision: before.revision,
            digest: before.digest,
            notes: before.notes,
            snapshot: before.snapshot,
            promotions: before.promotions,
        });
    }
}

/// What is told apart in one revision of a release.
pub(super) struct Parts {
    pub(super) revision: u32,
    pub(super) digest: ReleaseDigest,
    pub(super) notes: Text,
    pub(super) snapshot: Snapshot,
    pub(super) outline: Outline,
    pub(super) secrets: Vec<KeptSecret>,
}

impl Release {
    /// The receipts that came with it are good for gates here.
    pub(super) fn was_told(&mut self, at: &At<'_>) {
        let Source::Imported(import) = &self.source else { return };
        let attempts: Vec<Attempt> = import
            .all_receipts()
            .filter_map(|document| {
                let receipt: Receipt = document.payload(Kind::Receipt).ok()?;
                let succeeded = receipt.outcome == Outcome::Succeeded;
                succeeded.then(|| Attempt::told(&receipt, document, at))
            })
            .collect();
        attempts.iter().for_each(|attempt| self.succeed(attempt));
    }

    pub(super) fn succeed(&mut self, attempt: &Attempt) {
        succeed(&mut self.successes, attempt);
    }
}

impl Parts {
    /// What a bundle says.
    pub(super) fn of(bundle: &Bundle) -> Self {
        Self {
            revision: bundle.revision,
            digest: bundle.digest,
            notes: bundle.notes.clone(),
            snapshot: bundle.snapshot.clone(),
            outline: bundle.outline.clone(),
            secrets: Vec::new(),
        }
    }
}
