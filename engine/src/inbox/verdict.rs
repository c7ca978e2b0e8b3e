//! Whether one entry of a peer is folded: the signer must own what it is about, and a grant must
//! let it in. A verdict depends on the log before the entry alone, so that replay judges the same.

use crate::state::State;
use crate::state::links::Peer;
use crate::trust::refusal::EntryRefusal;
use schema::id::SpaceId;
use schema::latest::{
    Actor, Audience, Bundle, Document, Entry, Event, Kind, Mirrored, Recall, Receipt,
};
use schema::v1::event::{
    Crossing, DeploymentReported, PromotionAnswered, ReleasePromoted, ReleaseRecalled,
};

/// What to do with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Fold it.
    Fold(Entry, Box<Event>),
    /// Keep it and go on: this build does not know it and need not.
    Skip(Entry),
    /// Keep it and fold nothing more of this link: this build must know it and does not.
    Hold,
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
    match permitted(state, peer, &event) {
        Ok(Known::Yes) => Verdict::Fold(entry, Box::new(event)),
        Ok(Known::NotYet { must_understand: true }) => Verdict::Hold,
        Ok(Known::NotYet { must_understand: false }) => Verdict::Skip(entry),
        Err(refusal) => Verdict::Refuse(refusal),
    }
}

enum Known {
    Yes,
    NotYet { must_understand: bool },
}

fn permitted(state: &State, peer: &Peer, event: &Event) -> Result<Known, EntryRefusal> {
    if let Event::Unknown { must_understand, .. } = event {
        return Ok(Known::NotYet { must_understand: *must_understand });
    }
    match event.crossing().ok_or(EntryRefusal::DoesNotCross)? {
        Crossing::ReleasePromoted(promoted) => promotion(state, peer, promoted)?,
        Crossing::ReleaseRecalled(recalled) => recall(state, peer, recalled)?,
        // What it names was compared when the envelope was admitted.
        Crossing::IncarnationBegan(_) => {}
        Crossing::PromotionAnswered(answered) => answer(state, peer, answered)?,
        Crossing::EnvironmentsPublished(_) => {
            if !peer.may_report() {
                return Err(EntryRefusal::NotGranted);
            }
        }
        // What it accepts and sends is its own to say.
        Crossing::GrantsPublished(_) => {}
        Crossing::DeploymentReported(reported) => report(state, peer, reported)?,
    }
    Ok(Known::Yes)
}

/// A promotion to us, of the peer's own project, or one that it may bring of a space that we trust;
/// granted, and its bundle is what it says.
fn promotion(state: &State, peer: &Peer, event: &ReleasePromoted) -> Result<(), EntryRefusal> {
    let me = state.me();
    if event.target != me {
        return Err(EntryRefusal::NotItsOwn);
    }
    let owner = signer(state, peer, &event.release.project.space)?;
    if !owner.may_release(&event.release.project.name) {
        return Err(EntryRefusal::NotGranted);
    }
    let document = Document::read(&event.bundle).map_err(|_| EntryRefusal::BadDocument)?;
    let bundle: Bundle = owner
        .keys
        .document(&document, Kind::Bundle, |bundle: &Bundle| {
            (bundle.release.project.space, bundle.key)
        })
        .map_err(|_| EntryRefusal::BadDocument)?;
    let about_it = |receipt: Option<Receipt>| {
        receipt.is_some_and(|receipt| {
            receipt.release == bundle.release && receipt.digest == bundle.digest
        })
    };
    // What the sender of another's bundle did with it, it signs itself; who owns it says so inside.
    let relayed = owner.keys.space() != peer.keys.space();
    // Who sends it on must be one for whom it was meant, and it is not signed with a key that its
    // owner took back: only over its own link can be told what was signed before.
    let taken_back = relayed && owner.keys.is_revoked(bundle.key);
    let meant = !relayed || bundle.targets.contains(&peer.keys.space());
    let own = |json: &String| {
        relayed && Document::read(json).is_ok_and(|document| about_it(believed(peer, &document)))
    };
    let same = bundle.release == event.release
        && bundle.digest == event.digest
        && bundle.targets.contains(&me)
        && meant
        && !taken_back
        && bundle.is_of_its_digest()
        && bundle.receipts.iter().all(|receipt| about_it(believed(owner, receipt)))
        && event.receipts.iter().all(own);
    if same { Ok(()) } else { Err(EntryRefusal::BadDocument) }
}

/// Whose signature counts for what `peer` brings of `space`: its own, or that of another space that
/// is trusted, where the peer may relay.
fn signer<'a>(state: &'a State, peer: &'a Peer, space: &SpaceId) -> Result<&'a Peer, EntryRefusal> {
    if *space == peer.keys.space() {
        return Ok(peer);
    }
    let known = state.links.peer(space).filter(|_| peer.may_relay());
    let known = known.ok_or(EntryRefusal::NotItsOwn)?;
    if !known.is_open() || known.frozen {
        return Err(EntryRefusal::NotGranted);
    }
    Ok(known)
}

/// A recall: signed by the space that owns the release.
fn recall(state: &State, peer: &Peer, event: &ReleaseRecalled) -> Result<(), EntryRefusal> {
    let document = Document::read(&event.recall).map_err(|_| EntryRefusal::BadDocument)?;
    let claimed: Recall = document.payload(Kind::Recall).map_err(|_| EntryRefusal::BadDocument)?;
    // It only ever blocks: it is let in also where nothing else is of that owner any more.
    let space = claimed.release.project.space;
    let own = (space == peer.keys.space()).then_some(peer);
    let known = own.or_else(|| state.links.peer(&space).filter(|_| peer.may_relay()));
    let owner = known.ok_or(EntryRefusal::NotItsOwn)?;
    let claims = |recall: &Recall| (recall.release.project.space, recall.key);
    let read: Result<Recall, _> = owner.keys.document(&document, Kind::Recall, claims);
    read.map(|_| ()).map_err(|_| EntryRefusal::BadDocument)
}

/// An answer: to a promotion that was made to this peer.
fn answer(state: &State, peer: &Peer, event: &PromotionAnswered) -> Result<(), EntryRefusal> {
    let release = state.releases.get(&event.release);
    if release.is_some_and(|release| release.was_promoted(&peer.keys.space(), &event.bundle)) {
        Ok(())
    } else {
        Err(EntryRefusal::NotItsOwn)
    }
}

/// A result: the receipt of the peer itself, or one that it may bring of a space that we trust, for
/// a release that was promoted for whoever signed it.
fn report(state: &State, peer: &Peer, event: &DeploymentReported) -> Result<(), EntryRefusal> {
    if !peer.may_report() {
        return Err(EntryRefusal::NotGranted);
    }
    let document = Document::read(&event.receipt).map_err(|_| EntryRefusal::BadDocument)?;
    let claimed: Receipt =
        document.payload(Kind::Receipt).map_err(|_| EntryRefusal::BadDocument)?;
    let signer = signer(state, peer, &claimed.space)?;
    if !signer.may_report() {
        return Err(EntryRefusal::NotGranted);
    }
    let receipt = believed(signer, &document).ok_or(EntryRefusal::BadDocument)?;
    let relayed = signer.keys.space() != peer.keys.space();
    if relayed && signer.keys.is_revoked(receipt.key) {
        return Err(EntryRefusal::BadDocument);
    }
    let release = state.releases.get(&receipt.release);
    let sent = release.is_some_and(|release| {
        release.is_for(&signer.keys.space()) && release.had(&receipt.digest)
    });
    if sent { Ok(()) } else { Err(EntryRefusal::NotItsOwn) }
}

/// The receipt, if it is of this peer and signed by it.
fn believed(peer: &Peer, document: &Document) -> Option<Receipt> {
    let claims = |receipt: &Receipt| (receipt.space, receipt.key);
    peer.keys.document(document, Kind::Receipt, claims).ok()
}
