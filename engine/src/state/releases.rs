//! All releases: created here, or received from a peer and accepted, rejected or waiting.

pub(super) mod course;

use crate::state::At;
use crate::state::cells::Attempt;
use crate::state::release::Parts;
pub use crate::state::release::{
    Answer, Approved, Earlier, Import, Progress, Progresses, Promotion, Recalled, Release, Source,
    Success, Successes,
};
use schema::id::{DocumentId, Position, ReleaseDigest, SpaceId};
use schema::latest::{Approval, Bundle, Document, Kind, Outcome, Recall};
use schema::name::Version;
use schema::v1::event::{
    ApprovalGiven, PromotionAnswered, ReleaseAccepted, ReleaseCreated, ReleasePromoted,
    ReleaseRecalled, ReleaseRejected,
};
use schema::v1::model::{ProjectId, ReleaseId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Releases {
    known: BTreeMap<ProjectId, BTreeMap<Version, (ReleaseId, Release)>>,
    /// What was recalled, whether it ever came here or not.
    recalls: BTreeMap<ReleaseId, Recalled>,
    /// What ended, as peers gave it back, of releases that are not known again yet.
    ends: BTreeMap<ReleaseId, Vec<(Position, Attempt, Outcome)>>,
    /// What this space did with a release that it does not know: not yet again, because its owner
    /// took back a key or the end of a log was lost.
    apart: BTreeMap<ReleaseDigest, Apart>,
    /// By project and peer, the newest version that was ever promoted there, also of a release that
    /// is not known, or not yet again.
    sent: BTreeMap<ProjectId, BTreeMap<SpaceId, Version>>,
}

/// What this space did with a release, apart from that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Apart {
    promotions: BTreeMap<SpaceId, Promotion>,
    approvals: Vec<Approved>,
    progress: Progresses,
    successes: Successes,
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

    /// The newest version of a project that was ever promoted to a peer.
    #[must_use]
    pub fn newest_sent(&self, project: &ProjectId, peer: &SpaceId) -> Option<&Version> {
        self.sent.get(project)?.get(peer)
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

    /// A peer that is trusted anew has been told nothing over its new link.
    pub(super) fn trusted(&mut self, peer: &SpaceId) {
        self.recalls.values_mut().for_each(|recalled| {
            recalled.told.remove(peer);
        });
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
        self.add(id, Release::fresh(Source::Local, at, parts));
    }

    /// A release of this space's own, if it is newer than what is known of it.
    fn add(&mut self, id: ReleaseId, release: Release) {
        let known = self.get(&id).map(|known| known.revision);
        if known.is_some_and(|known| known >= release.revision) {
            return;
        }
        let release = self.complete(release);
        match self.get_mut(&id) {
            Some(known) => known.replace(release),
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
        if self.get(&event.release).is_some_and(|known| {
            let newest = known.newest();
            // What its owner sends is better than the same through somebody else, as long as it was
            // not accepted: who sent it on may have kept something back.
            let better = newest.revision == content.revision
                && newest.import().is_some_and(|import| {
                    let owner = event.release.project.space;
                    let accepted = matches!(import.answer, Answer::Accepted { .. });
                    import.from != owner && at.id.origin == owner && !accepted
                });
            // A bundle that comes again, or an older revision, changes nothing that was decided.
            newest.revision >= content.revision && !better
        }) {
            return;
        }
        let receipts = event.receipts.iter().filter_map(|json| Document::read(json).ok());
        let parts = Parts::of(&content);
        let import = Import {
            bundle: document.id(),
            document,
            content: Arc::new(content),
            from: at.id.origin,
            receipts: receipts.collect(),
            handed: event.secrets.clone(),
            answer: Answer::Waiting,
        };
        let mut release = Release::fresh(Source::Imported(Box::new(import)), at, parts);
        release.was_told(at);
        let release = self.complete(release);
        let Some(known) = self.get_mut(&event.release) else {
            self.know(event.release.clone(), release);
            return;
        };
        match known.import().map(|import| &import.answer) {
            Some(Answer::Accepted { .. }) => known.offered = Some(Box::new(release)),
            Some(Answer::Waiting | Answer::Rejected { .. }) => {
                let same = known.digest == release.digest;
                let release = if same { release.after(known) } else { release };
                known.replace(release);
            }
            None => {}
        }
    }

    /// Adds to a release what was said of it before it was known: see [`Apart`].
    fn complete(&mut self, release: Release) -> Release {
        let Apart { promotions, approvals, progress, successes } =
            self.apart.remove(&release.digest).unwrap_or_default();
        let mut release = Release { promotions, approvals, progress, ..release };
        release.successes.extend(successes);
        release
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
        let release = Release::fresh(Source::Local, at, Parts::of(&bundle));
        self.add(event.release.clone(), release);
        receipts
    }

    pub(super) fn promoted(&mut self, at: &At<'_>, event: &ReleasePromoted) {
        let Ok(document) = Document::read(&event.bundle) else {
            return;
        };
        let sent = self.sent.entry(event.release.project.clone()).or_default();
        let newest = sent.entry(event.target).or_insert_with(|| event.release.version.clone());
        if *newest < event.release.version {
            newest.clone_from(&event.release.version);
        }
        let bundle = document.payload::<Bundle>(Kind::Bundle).ok();
        let promotion = Promotion {
            bundle: document.id(),
            targets: bundle.map_or_else(|| vec![event.target], |bundle| bundle.targets),
            at_ms: at.here_ms,
            answer: None,
        };
        let release = self.get_mut(&event.release);
        // One that a peer gave back may be of an earlier revision.
        let promotions = release.and_then(|release| release.promotions_of(&event.digest));
        if let Some(promotions) = promotions {
            promotions.insert(event.target, promotion);
            return;
        }
        self.apart.entry(event.digest).or_default().promotions.insert(event.target, promotion);
    }

    pub(super) fn approved(&mut self, at: &At<'_>, event: &ApprovalGiven) {
        let Ok(document) = Document::read(&event.approval) else { return };
        let Ok(content) = document.payload::<Approval>(Kind::Approval) else { return };
        let (position, digest) = (at.position, content.digest);
        let approved = Approved { content, document, position };
        let release = self.get_mut(&approved.content.release);
        match release.filter(|release| release.digest == digest) {
            Some(release) => release.approvals.push(approved),
            None => self.apart.entry(digest).or_default().approvals.push(approved),
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
}
