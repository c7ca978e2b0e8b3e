//! Audit: whether a log is intact, and why something runs where it runs.

use super::deployment::by;
use engine::engine::Engine;
use engine::log::verify::Intact;
use engine::state::State;
use engine::state::cells::{CellId, Proof, Slot};
use engine::state::releases::{Approved, Import, Release, Source};
use engine::trust::certificate::fingerprint;
use engine::views::dashboard::proves;
use engine::views::proofs;
use schema::id::{DocumentId, SpaceId};
use schema::latest::{Approval, Bundle, Document, Kind, Receipt};
use schema::name::Name;
use schema::v1::block::Damage;
use serde::{Deserialize, Serialize};

/// What an audit of one log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The space.
    pub space: String,
    /// Its id in groups of four.
    pub fingerprint: Option<String>,
    /// Records in the log, as far as they are intact.
    pub entries: u64,
    /// Of those, own entries, mirrored entries, and envelopes that prove them.
    pub counts: (u64, u64, u64),
    /// The root over all of them, hex.
    pub root: Option<String>,
    /// Whether all of it is intact.
    pub verified: bool,
    /// The first Position that cannot be trusted.
    pub damaged_at: Option<u64>,
    /// What is wrong there.
    pub damage: Option<String>,
}

impl Verified {
    /// Of an intact log.
    #[must_use]
    pub fn intact(intact: &Intact) -> Self {
        Self {
            space: intact.name.clone(),
            fingerprint: Some(fingerprint(&intact.space)),
            entries: intact.size,
            counts: intact.counts,
            root: Some(schema::id::hex(&intact.root)),
            verified: true,
            damaged_at: None,
            damage: None,
        }
    }

    /// Of a damaged log.
    #[must_use]
    pub fn damaged(space: &str, damage: &Damage) -> Self {
        Self {
            space: space.to_owned(),
            fingerprint: None,
            entries: damage.position.0.saturating_sub(1),
            counts: (0, 0, 0),
            root: None,
            verified: false,
            damaged_at: Some(damage.position.0),
            damage: Some(damage.what.clone()),
        }
    }
}

/// One link in the chain of reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// Who; none for policy and for who is not disclosed.
    pub who: Option<String>,
    /// The document that proves it.
    pub document: String,
    /// Who signed it.
    pub signer: String,
    /// Whether the signature was just checked.
    pub verified: bool,
}

/// Why what runs at `slot` of `space` runs there: the newest reason first. None when
/// nothing is installed there.
#[must_use]
pub fn trail(
    engine: &Engine,
    space: SpaceId,
    slot: &Slot,
    project: &Name,
    owner: Option<&Name>,
) -> Option<Vec<Reason>> {
    let state = engine.state();
    let (cell, proof) = state.cells.all().find_map(|(id, cell)| {
        let here = id.space == space && id.slot == *slot;
        let owned = owner.is_none_or(|owner| state.name_of(&id.project.space) == owner.as_str());
        (here && owned && id.project.name == *project).then_some((id, cell.installed.as_ref()?))
    })?;
    let mut reasons = vec![deployed(state, proof)];
    let release = state.releases.get(&proof.receipt.release)?;
    reasons.extend(approved(state, release, proof));
    let earlier = earlier(release, cell, proof);
    reasons.extend(earlier.into_iter().filter_map(|document| inner(state, document)));
    if let Source::Imported(import) = &release.source {
        reasons.extend(bundled(state, import));
    }
    Some(reasons)
}

fn deployed(state: &State, proof: &Proof) -> Reason {
    let receipt = &proof.receipt;
    let verified = state.keys_of(&receipt.space).is_some_and(|keys| proves(keys, proof));
    Reason {
        at: super::time(receipt.finished_ms),
        what: format!(
            "{} {} was deployed to {}: {}{}: {}",
            receipt.release.project.name,
            receipt.release.version,
            state.name_of(&receipt.space),
            receipt.environment,
            receipt.tenant.as_ref().map(|tenant| format!(" for {tenant}")).unwrap_or_default(),
            receipt.outcome.as_str()
        ),
        who: by(receipt),
        document: format!("receipt {}", proof.document.id()),
        signer: state.name_of(&receipt.space),
        verified,
    }
}

/// The other places in which this space knows that this revision of the release succeeded before,
/// whatever is installed there now; but for what its bundle brought along, which is told with that.
fn earlier<'a>(release: &'a Release, cell: &CellId, newest: &Proof) -> Vec<&'a Document> {
    let here = (cell.space, &cell.slot);
    // What a third space did is no reason for what this one runs.
    let counts = |space: SpaceId| space == cell.space || space == cell.project.space;
    let import = release.import().into_iter();
    let brought: Vec<DocumentId> =
        import.flat_map(Import::all_receipts).map(Document::id).collect();
    let all = release.successes.iter().filter(|((space, slot), success)| {
        let other = (*space, slot) != here && !brought.contains(&success.document.id());
        counts(*space) && other && release.digest == newest.receipt.digest
    });
    let known = all.filter_map(|(_, success)| {
        let receipt: Receipt = success.document.payload(Kind::Receipt).ok()?;
        let before = receipt.finished_ms <= newest.receipt.finished_ms;
        before.then_some((receipt.finished_ms, &success.document))
    });
    let mut found: Vec<(u64, &Document)> = known.collect();
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found.into_iter().map(|(_, document)| document).collect()
}

/// Who approved what is installed in an environment of this space.
fn approved(state: &State, release: &Release, newest: &Proof) -> Vec<Reason> {
    if release.digest != newest.receipt.digest {
        return Vec::new();
    }
    let all = proofs::approvals_for(state, release, &newest.receipt);
    let reason = |it: &Approved| {
        let proof = proofs::approval(state, release, it);
        let Approval { release, environment, by, time_ms, .. } = &it.content;
        Reason {
            at: super::time(*time_ms),
            what: format!(
                "{} {} was approved for {environment}",
                release.project.name, release.version
            ),
            who: Some(by.to_string()),
            document: format!("approval {}", proof.document),
            signer: state.name_of(&proof.signer),
            verified: proof.verified,
        }
    };
    all.into_iter().rev().map(reason).collect()
}

/// The bundle, and the receipts inside it.
fn bundled(state: &State, import: &Import) -> Vec<Reason> {
    // Who sent it may only have passed it on: who owns the release signed it.
    let owner = import.content.release.project.space;
    let source = state.name_of(&owner);
    let bundle = &import.content;
    let claims = |bundle: &Bundle| (bundle.release.project.space, bundle.key);
    let verified = state
        .keys_of(&owner)
        .is_some_and(|keys| keys.document(&import.document, Kind::Bundle, claims).is_ok());
    let mut reasons = vec![Reason {
        at: super::time(bundle.time_ms),
        what: format!(
            "{} {} was promoted by {source}, digest {}",
            bundle.release.project.name,
            bundle.release.version,
            bundle.digest.short()
        ),
        who: Some("not disclosed".to_owned()),
        document: format!("bundle {}", import.bundle),
        signer: source,
        verified,
    }];
    let mut inside: Vec<Reason> = import.all_receipts().filter_map(|it| inner(state, it)).collect();
    inside.sort_by(|one, other| other.at.cmp(&one.at));
    reasons.extend(inside);
    reasons
}

fn inner(state: &State, document: &Document) -> Option<Reason> {
    let claimed: Receipt = document.payload(Kind::Receipt).ok()?;
    let verified = state.keys_of(&claimed.space).is_some_and(|keys| {
        let claims = |receipt: &Receipt| (receipt.space, receipt.key);
        keys.document(document, Kind::Receipt, claims).is_ok()
    });
    let entry = schema::id::EntryId {
        origin: claimed.space,
        incarnation: schema::id::Incarnation([0; 16]),
        position: schema::id::Position(0),
    };
    let proof = Proof { document: document.clone(), receipt: claimed, entry };
    Some(Reason { verified, ..deployed(state, &proof) })
}
