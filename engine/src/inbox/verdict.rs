//! Whether one entry of a peer is folded: the signer must own what it is about, and a grant must
//! let it in. A verdict depends on the log before the entry alone, so that replay judges the same.

use crate::state::State;
use crate::state::links::Peer;
use crate::trust::certificate::Disbelief;
use crate::trust::refusal::EntryRefusal;
use schema::id::SpaceId;
use schema::latest::{
    Actor, Audience, Bundle, Document, Entry, Event, Kind, Mirrored, Recall, Receipt,
};
use schema::v1::event::{
    Crossing, DeploymentReported, PromotionAnswered, ReleasePromoted, ReleaseRecalled,
};
use serde::de::DeserializeOwned;

/// What to do with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Fold it.
    Fold(Entry, Box<Event>),
    /// Keep it and go on: this build does not know it and need not.
    Skip(Entry),
    /// Keep it and fold nothing more of this link: this build must know it and does not.
    Hold,
    /// Keep it, go on, and judge it again once another space has stated the key under which it
    /// signed what is passed on here: a relay may be faster than the signer's own link.
    Await {
        /// Who says that it signed.
        signer: SpaceId,
        /// Under which of its keys.
        key: u32,
    },
    /// Keep it, never fold it, go on.
    Refuse(EntryRefusal),
}

/// Judges one mirrored entry of `peer`.
#[must_use]
pub fn judge(state: &State, peer: &Peer, mirrored: &Mirrored) -> Verdict {
    let Ok(entry) = Entry::read(&mirrored.entry) else {
        return Verdict::Refuse(EntryRefusal::Malformed);
    };
    let header = entry.header();
    if header.audience != Audience::Link(peer.link) {
        return Verdict::Refuse(EntryRefusal::WrongAudience);
    }
    if let Actor::Space(space) = &header.actor
        && *space != peer.keys.space()
    {
        return Verdict::Refuse(EntryRefusal::NotItsOwn);
    }
    // Before anything of it is decoded: what an older form could not say cannot be unsaid by it.
    if peer.has_written_newer(header) {
        return Verdict::Refuse(EntryRefusal::Downgraded);
    }
    let Ok(event) = entry.event() else {
        return Verdict::Refuse(EntryRefusal::Malformed);
    };
    Case { state, peer, let_in: false }.judge(entry, event)
}

/// Judges once more what was awaiting a key. Its form was right when it came, and in which version
/// the peer has written since then does not count. A result or a recall that grants let in when it
/// came counts whatever is granted now, as if its key had been known; a release is one that may be
/// deployed from now on, and is let in by what is granted now.
#[must_use]
pub fn judge_again(state: &State, peer: &Peer, mirrored: &Mirrored) -> Verdict {
    let entry = Entry::read(&mirrored.entry);
    match entry.and_then(|entry| entry.event().map(|event| (entry, event))) {
        Ok((entry, event)) => Case { state, peer, let_in: true }.judge(entry, event),
        Err(_) => Verdict::Refuse(EntryRefusal::Malformed),
    }
}

/// What keeps an entry from being folded.
enum Obstacle {
    /// This build does not know events of its kind.
    Unknown { must_understand: bool },
    /// Another space signed what it brings, under a key that it has not stated here yet.
    Unstated { signer: SpaceId, key: u32 },
    /// It is not right, and never will be.
    Refused(EntryRefusal),
}

impl From<EntryRefusal> for Obstacle {
    fn from(refusal: EntryRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What an entry is judged by.
#[derive(Clone, Copy)]
struct Case<'a> {
    state: &'a State,
    /// Who brings it.
    peer: &'a Peer,
    /// Whether grants let it in when it came, so that they are not asked again.
    let_in: bool,
}

impl<'a> Case<'a> {
    fn judge(&self, entry: Entry, event: Event) -> Verdict {
        match self.permitted(&event) {
            Ok(()) => Verdict::Fold(entry, Box::new(event)),
            Err(Obstacle::Unknown { must_understand: true }) => Verdict::Hold,
            Err(Obstacle::Unknown { must_understand: false }) => Verdict::Skip(entry),
            Err(Obstacle::Unstated { signer, key }) => Verdict::Await { signer, key },
            Err(Obstacle::Refused(refusal)) => Verdict::Refuse(refusal),
        }
    }

    fn permitted(&self, event: &Event) -> Result<(), Obstacle> {
        if let Event::Unknown { must_understand, .. } = event {
            return Err(Obstacle::Unknown { must_understand: *must_understand });
        }
        match event.crossing().ok_or(EntryRefusal::DoesNotCross)? {
            Crossing::ReleasePromoted(promoted) => {
                Case { let_in: false, ..*self }.promotion(promoted)
            }
            Crossing::ReleaseRecalled(recalled) => self.recall(recalled),
            // What it names was compared when the envelope was admitted.
            Crossing::IncarnationBegan(_) => Ok(()),
            Crossing::PromotionAnswered(answered) => self.answer(answered),
            Crossing::EnvironmentsPublished(_) => self.granted(self.peer.may_report()),
            // What it accepts and sends is its own to say.
            Crossing::GrantsPublished(_) => Ok(()),
            Crossing::DeploymentReported(reported) => self.report(reported),
        }
    }

    /// Whether the entry is let in, where grants are asked at all; `grants` says what they answer.
    fn granted(&self, grants: bool) -> Result<(), Obstacle> {
        if grants || self.let_in { Ok(()) } else { Err(EntryRefusal::NotGranted.into()) }
    }

    /// A promotion to us, of the peer's own project, or one that it may bring of a space that we
    /// trust; granted, and its bundle is what it says.
    fn promotion(&self, event: &ReleasePromoted) -> Result<(), Obstacle> {
        let (peer, me) = (self.peer, self.state.me());
        if event.target != me {
            return Err(EntryRefusal::NotItsOwn.into());
        }
        let owner = self.signer(&event.release.project.space)?;
        self.granted(owner.may_release(&event.release.project.name))?;
        let document = Document::read(&event.bundle).map_err(|_| EntryRefusal::BadDocument)?;
        let claims = |bundle: &Bundle| (bundle.release.project.space, bundle.key);
        let bundle: Bundle = self.signed(owner, &document, Kind::Bundle, claims)?;
        let about_it = |receipt: Option<Receipt>| {
            receipt.is_some_and(|receipt| {
                receipt.release == bundle.release && receipt.digest == bundle.digest
            })
        };
        // What the sender of another's bundle did with it, it signs itself; who owns it says so
        // inside.
        let relayed = self.is_relayed(owner);
        // Who sends it on must be one for whom it was meant, and it is not signed with a key that
        // its owner took back: only over its own link can be told what was signed before.
        let taken_back = relayed && owner.keys.is_revoked(bundle.key);
        let meant = !relayed || bundle.targets.contains(&peer.keys.space());
        let own = |json: &String| {
            relayed
                && Document::read(json).is_ok_and(|document| about_it(believed(peer, &document)))
        };
        let same = bundle.release == event.release
            && bundle.digest == event.digest
            && bundle.targets.contains(&me)
            && meant
            && !taken_back
            && bundle.is_of_its_digest()
            && bundle.receipts.iter().all(|receipt| about_it(believed(owner, receipt)))
            && event.receipts.iter().all(own);
        if same { Ok(()) } else { Err(EntryRefusal::BadDocument.into()) }
    }

    /// Whose signature counts for what the peer brings of `space`: its own, or that of another
    /// space that is trusted, where the peer may relay.
    fn signer(&self, space: &SpaceId) -> Result<&'a Peer, Obstacle> {
        if *space == self.peer.keys.space() {
            return Ok(self.peer);
        }
        let known = self.relayed_for(space).ok_or(EntryRefusal::NotItsOwn)?;
        if !known.is_open() || known.frozen {
            return Err(EntryRefusal::NotGranted.into());
        }
        Ok(known)
    }

    /// Another space of which the peer may bring something, if this one trusts it.
    fn relayed_for(&self, space: &SpaceId) -> Option<&'a Peer> {
        self.state.links.peer(space).filter(|_| self.let_in || self.peer.may_relay())
    }

    fn is_relayed(&self, signer: &Peer) -> bool {
        signer.keys.space() != self.peer.keys.space()
    }

    /// What `document` says: signed by `signer`, the peer itself or another. Who speaks over its
    /// own link states its keys there before it uses them; what is passed on of others may be here
    /// before they have said what their keys are.
    fn signed<T: DeserializeOwned>(
        &self,
        signer: &Peer,
        document: &Document,
        kind: Kind,
        claims: impl FnOnce(&T) -> (SpaceId, u32),
    ) -> Result<T, Obstacle> {
        signer.keys.document(document, kind, claims).map_err(|disbelief| match disbelief {
            Disbelief::Unstated(key) if self.is_relayed(signer) => {
                Obstacle::Unstated { signer: signer.keys.space(), key }
            }
            Disbelief::Unstated(_)
            | Disbelief::Malformed(_)
            | Disbelief::Empty
            | Disbelief::Broken(_)
            | Disbelief::WeakKey(_)
            | Disbelief::BadSignature(_)
            | Disbelief::Foreign => EntryRefusal::BadDocument.into(),
        })
    }

    /// A recall: signed by the space that owns the release.
    fn recall(&self, event: &ReleaseRecalled) -> Result<(), Obstacle> {
        let document = Document::read(&event.recall).map_err(|_| EntryRefusal::BadDocument)?;
        let claimed: Recall =
            document.payload(Kind::Recall).map_err(|_| EntryRefusal::BadDocument)?;
        // It only ever blocks: it is let in also where nothing else is of that owner any more.
        let space = claimed.release.project.space;
        let own = (space == self.peer.keys.space()).then_some(self.peer);
        let owner = own.or_else(|| self.relayed_for(&space)).ok_or(EntryRefusal::NotItsOwn)?;
        let claims = |recall: &Recall| (recall.release.project.space, recall.key);
        let _: Recall = self.signed(owner, &document, Kind::Recall, claims)?;
        Ok(())
    }

    /// An answer: to a promotion that was made to this peer.
    fn answer(&self, event: &PromotionAnswered) -> Result<(), Obstacle> {
        let release = self.state.releases.get(&event.release);
        let peer = self.peer.keys.space();
        if release.is_some_and(|release| release.was_promoted(&peer, &event.bundle)) {
            Ok(())
        } else {
            Err(EntryRefusal::NotItsOwn.into())
        }
    }

    /// A result: the receipt of the peer itself, or one that it may bring of a space that we trust,
    /// for a release that was promoted for whoever signed it.
    fn report(&self, event: &DeploymentReported) -> Result<(), Obstacle> {
        self.granted(self.peer.may_report())?;
        let document = Document::read(&event.receipt).map_err(|_| EntryRefusal::BadDocument)?;
        let claimed: Receipt =
            document.payload(Kind::Receipt).map_err(|_| EntryRefusal::BadDocument)?;
        let signer = self.signer(&claimed.space)?;
        self.granted(signer.may_report())?;
        let claims = |receipt: &Receipt| (receipt.space, receipt.key);
        let receipt: Receipt = self.signed(signer, &document, Kind::Receipt, claims)?;
        if self.is_relayed(signer) && signer.keys.is_revoked(receipt.key) {
            return Err(EntryRefusal::BadDocument.into());
        }
        let release = self.state.releases.get(&receipt.release);
        let sent = release.is_some_and(|release| {
            release.is_for(&signer.keys.space()) && release.had(&receipt.digest)
        });
        if sent { Ok(()) } else { Err(EntryRefusal::NotItsOwn.into()) }
    }
}

/// The receipt, if it is of this peer and signed by it.
fn believed(peer: &Peer, document: &Document) -> Option<Receipt> {
    let claims = |receipt: &Receipt| (receipt.space, receipt.key);
    peer.keys.document(document, Kind::Receipt, claims).ok()
}
