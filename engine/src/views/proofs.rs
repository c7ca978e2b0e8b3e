//! For every gate that a release has passed, the document that satisfied it, who signed it, and
//! whether that is true.

use crate::progress::{Place, standings};
use crate::state::State;
use crate::state::cells::{Deployment, Slot};
use crate::state::releases::{Approved, Release};
use schema::id::{DocumentId, Position, SpaceId};
use schema::latest::{Approval, Bundle, Document, Kind, Outcome, Receipt};
use schema::v1::model::ReleaseId;

/// One gate that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The gate: a phase or an approval of this space, or what the bundle was sent with.
    pub gate: String,
    /// What kind of document satisfied it.
    pub kind: &'static str,
    /// The document.
    pub document: DocumentId,
    /// Who signed it.
    pub signer: SpaceId,
    /// Whether the signature was checked just now, and the document is about this very release.
    pub verified: bool,
}

/// Every gate that a release has passed as far as this space knows: what came with its bundle,
/// then the phases of its lifecycle here, with the approvals of their environments.
#[must_use]
pub fn of(state: &State, id: &ReleaseId, now_ms: u64) -> Vec<Proof> {
    let Some(release) = state.releases.get(id) else { return Vec::new() };
    let mut proofs = bundle(state, id, release);
    for phase in standings(state, id, None, now_ms) {
        let done = phase.places.iter().filter(|(_, standing)| standing.is_done());
        for (place, _) in done {
            let gate = format!("phase {}: {place}", phase.phase);
            proofs.extend(approved(state, release, place));
            proofs.extend(
                receipts(state, release, place)
                    .map(|document| receipt(state, release, &gate, document)),
            );
        }
    }
    proofs
}

/// What came with the release: its bundle, the receipts inside it, and those of who sent it on.
fn bundle(state: &State, id: &ReleaseId, release: &Release) -> Vec<Proof> {
    let Some(import) = release.import() else { return Vec::new() };
    let owner = id.project.space;
    let claims = |bundle: &Bundle| (bundle.release.project.space, bundle.key);
    let read =
        state.keys_of(&owner).map(|keys| keys.document(&import.document, Kind::Bundle, claims));
    let same = |read: &Bundle| read.digest == release.digest && read.is_of_its_digest();
    let mut proofs = vec![Proof {
        gate: format!("bundle of {}", state.name_of(&owner)),
        kind: "bundle",
        document: import.bundle,
        signer: owner,
        verified: read.and_then(Result::ok).as_ref().is_some_and(same),
    }];
    for document in import.all_receipts() {
        let known: Option<Receipt> = document.payload(Kind::Receipt).ok();
        let Some(known) = known else { continue };
        let slot = Slot { environment: known.environment, tenant: known.tenant };
        let gate = format!("sent on after {}: {slot}", state.name_of(&known.space));
        proofs.push(receipt(state, release, &gate, document));
    }
    proofs
}

/// The receipts of a release at a place.
fn receipts<'a>(
    state: &'a State,
    release: &'a Release,
    place: &Place,
) -> impl Iterator<Item = &'a Document> {
    let (space, environment) = match place {
        Place::Environment(name) => (Some(state.me()), Some(name.clone())),
        Place::Remote { space, environment } => {
            (state.links.named(space).map(|(space, _)| space), Some(environment.clone()))
        }
        Place::Space(_) => (None, None),
    };
    let there = release.successes.iter().filter(move |((of, slot), _)| {
        Some(*of) == space && Some(&slot.environment) == environment.as_ref()
    });
    there.map(|(_, success)| &success.document)
}

fn receipt(state: &State, release: &Release, gate: &str, document: &Document) -> Proof {
    let claimed: Option<Receipt> = document.payload(Kind::Receipt).ok();
    let signer = claimed.as_ref().map_or(SpaceId([0; 32]), |receipt| receipt.space);
    let claims = |receipt: &Receipt| (receipt.space, receipt.key);
    let read = state.keys_of(&signer).map(|keys| keys.document(document, Kind::Receipt, claims));
    let same = |read: &Receipt| read.digest == release.digest && read.outcome == Outcome::Succeeded;
    Proof {
        gate: gate.to_owned(),
        kind: "receipt",
        document: document.id(),
        signer,
        verified: read.and_then(Result::ok).as_ref().is_some_and(same),
    }
}

/// The approvals that let a release into an environment of this space, each time that it came
/// there with success.
fn approved(state: &State, release: &Release, place: &Place) -> Vec<Proof> {
    let receipts = receipts(state, release, place);
    let receipts = receipts.filter_map(|document| document.payload::<Receipt>(Kind::Receipt).ok());
    let mut all: Vec<&Approved> =
        receipts.flat_map(|receipt| approvals_for(state, release, &receipt)).collect();
    all.sort_by_key(|it| it.position);
    all.dedup_by_key(|it| it.position);
    all.into_iter().map(|it| approval(state, release, it)).collect()
}

/// The approvals that counted when a deployment of this space began. None where that gate was gone
/// past, and where the log lost its beginning.
#[must_use]
pub fn approvals_for<'a>(
    state: &State,
    release: &'a Release,
    receipt: &Receipt,
) -> Vec<&'a Approved> {
    let counted = began(state, receipt).map_or(&[][..], |began| &began.approved);
    release.approvals.iter().filter(|it| counted.contains(&it.position)).collect()
}

/// The deployment of this space that a receipt is of, as long as the log has it.
fn began<'a>(state: &'a State, receipt: &Receipt) -> Option<&'a Deployment> {
    let (_, at) = receipt.deployment.rsplit_once('/')?;
    let known = state.cells.deployment(Position(at.parse().ok()?))?;
    let same = known.proof.as_ref()?.receipt.deployment == receipt.deployment;
    same.then_some(known)
}

/// That somebody approved a release.
#[must_use]
pub fn approval(state: &State, release: &Release, it: &Approved) -> Proof {
    let claims = |approval: &Approval| (approval.space, approval.key);
    let keys = state.keys_of(&it.content.space);
    let read = keys.map(|keys| keys.document(&it.document, Kind::Approval, claims));
    let same = |read: &Approval| read.digest == release.digest;
    Proof {
        gate: format!("approval of {} for {}", it.content.by, it.content.environment),
        kind: "approval",
        document: it.document.id(),
        signer: it.content.space,
        verified: read.and_then(Result::ok).as_ref().is_some_and(same),
    }
}
