//! Proofs that a space contradicted itself, verified from nothing but themselves.
//!
//! An envelope's signature fixes c before its first entry and c after its last one; the entries'
//! incarnations, Positions and commitments between them are then fixed too, because no others lead
//! from the one to the other. So each signed run says what c is at each of its numbers, and an
//! honest space says the same at the same number, however often and with whatever boundaries it
//! sends.

use crate::trust::certificate::{Disbelief, Keys};
use schema::bytes::Malformed;
use schema::hash::{Hash, chain_next};
use schema::id::{Incarnation, LinkId, LinkSeq, SpaceId};
use schema::latest::{
    CheckpointsProof, Commitment, ContradictionProof, EnvelopeHeader, EnvelopeKind, Evidence,
    Proof, SignedRun,
};
use schema::v1::envelope::signed_bytes;
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unproven {
    /// It has another form.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// The certificate in it is not believed.
    #[error("its certificate is not believed: {0}")]
    Certificate(Disbelief),
    /// An envelope is of another space, link, incarnation or recipient than it says.
    #[error("an envelope is of another space, link, incarnation or recipient")]
    Foreign,
    /// An envelope is not signed by the space.
    #[error("an envelope is not signed by the space")]
    BadSignature,
    /// The entries do not lead from one end of a run to the other, or envelopes do not follow each
    /// other.
    #[error("the envelopes of one side do not follow from their entries")]
    BrokenChain,
    /// Both sides say the same.
    #[error("both sides say the same")]
    SameStory,
    /// They contradict each other elsewhere than it says.
    #[error("they contradict each other elsewhere")]
    Elsewhere,
}

/// What a proof proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The space that contradicted itself.
    pub space: SpaceId,
    /// The name that it gives itself.
    pub name: String,
    /// The incarnation of its log.
    pub incarnation: Incarnation,
    /// What it contradicted itself about.
    pub about: About,
    /// What it signed, in both ways: a hash each.
    pub signed: [Hash; 2],
}

/// What a contradiction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The entries up to a number of a link.
    Entries {
        /// The link.
        link: LinkId,
        /// To whom they were told.
        recipient: SpaceId,
        /// The number.
        at: LinkSeq,
    },
    /// The log at a size.
    Log {
        /// The size.
        size: u64,
    },
}

impl Unproven {
    /// A short stable word, for vectors and runbooks.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Certificate(_) => "bad-certificate",
            Self::Foreign => "another-link",
            Self::BadSignature => "bad-signature",
            Self::BrokenChain => "broken-chain",
            Self::SameStory => "same-story",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// Verifies a proof. Nothing else needs to be known.
///
/// # Errors
/// [`Unproven`] with the reason.
pub fn verify(proof: &Proof) -> Result<Proven, Unproven> {
    match proof {
        Proof::Contradiction(proof) => contradiction(proof),
        Proof::Checkpoints(proof) => checkpoints(proof),
    }
}

fn contradiction(proof: &ContradictionProof) -> Result<Proven, Unproven> {
    let keys = Keys::verify(&proof.certificate).map_err(Unproven::Certificate)?;
    let one = story(proof, &keys, &proof.one)?;
    let other = story(proof, &keys, &proof.other)?;
    let (at, signed) = parting(&one, &other).ok_or(Unproven::SameStory)?;
    if at != proof.at {
        return Err(Unproven::Elsewhere);
    }
    let (link, recipient) = (proof.link, proof.recipient);
    let about = About::Entries { link, recipient, at };
    Ok(proven(&keys, proof.incarnation, about, signed))
}

fn proven(keys: &Keys, incarnation: Incarnation, about: About, signed: [Hash; 2]) -> Proven {
    let (space, name) = (keys.space(), keys.name().to_string());
    Proven { space, name, incarnation, about, signed }
}

/// c at each number that one side speaks of.
type Story = BTreeMap<LinkSeq, Hash>;

/// The first number at which two stories differ, and what each says there.
fn parting(one: &Story, other: &Story) -> Option<(LinkSeq, [Hash; 2])> {
    one.iter().find_map(|(number, hash)| {
        let said = other.get(number).filter(|said| *said != hash)?;
        Some((*number, [*hash, *said]))
    })
}

/// What one side says: every envelope signed, and each going on where the one before it ended.
fn story(proof: &ContradictionProof, keys: &Keys, runs: &[SignedRun]) -> Result<Story, Unproven> {
    let mut story = Story::new();
    for run in runs {
        let header = signed(keys, &run.evidence, |header| {
            header.link == proof.link
                && header.recipient == proof.recipient
                && header.incarnation == proof.incarnation
        })?;
        let said = said(&header, &run.entries).ok_or(Unproven::BrokenChain)?;
        // The first of an envelope is the last of the one before it, and nothing more is shared.
        let follows =
            story.last_key_value().is_none_or(|last| said.first_key_value() == Some(last));
        if !follows {
            return Err(Unproven::BrokenChain);
        }
        story.extend(said);
    }
    Ok(story)
}

/// The header of something that the space of `keys` signed, and that is what it should be.
fn signed(
    keys: &Keys,
    evidence: &Evidence,
    fits: impl FnOnce(&EnvelopeHeader) -> bool,
) -> Result<EnvelopeHeader, Unproven> {
    let header = EnvelopeHeader::read(&evidence.header)?;
    if header.origin != keys.space() || !fits(&header) {
        return Err(Unproven::Foreign);
    }
    let message = signed_bytes(&evidence.header, &evidence.body_hash);
    let key = keys.signing(header.origin_key).ok_or(Unproven::BadSignature)?;
    key.verifies(&message, &evidence.signature).then_some(header).ok_or(Unproven::BadSignature)
}

/// c from before the first entry to after the last one; none when the entries are not those that
/// the header speaks of.
fn said(header: &EnvelopeHeader, entries: &[Commitment]) -> Option<Story> {
    let carried = header.kind == EnvelopeKind::Entries;
    if !carried || entries.len() != header.count as usize {
        return None;
    }
    let mut last = header.chain_before;
    let mut story = Story::from([(LinkSeq(header.first.0 - 1), last)]);
    for (entry, number) in entries.iter().zip((header.first.0..).map(LinkSeq)) {
        last = chain_next(&last, number, &entry.incarnation, entry.position, &entry.commit);
        story.insert(number, last);
    }
    (last == header.chain_after).then_some(story)
}

fn checkpoints(proof: &CheckpointsProof) -> Result<Proven, Unproven> {
    let keys = Keys::verify(&proof.certificate).map_err(Unproven::Certificate)?;
    let fits = |header: &EnvelopeHeader| header.incarnation == proof.incarnation;
    let (one, other) = (signed(&keys, &proof.one, fits)?, signed(&keys, &proof.other, fits)?);
    let signed = [one.checkpoint_root, other.checkpoint_root];
    if one.checkpoint_size != other.checkpoint_size || signed[0] == signed[1] {
        return Err(Unproven::SameStory);
    }
    if one.checkpoint_size != proof.size {
        return Err(Unproven::Elsewhere);
    }
    let about = About::Log { size: proof.size };
    Ok(proven(&keys, proof.incarnation, about, signed))
}

/// The proof that `one` and `other`, which `keys` signed on one link, contradict each other. None
/// when they do not.
#[must_use]
pub fn of_runs(keys: &Keys, one: SignedRun, other: SignedRun) -> Option<Proof> {
    let headers = [&one, &other].map(|run| signed(keys, &run.evidence, |_| true).ok());
    let [Some(first), Some(second)] = headers else { return None };
    let (at, _) = parting(&said(&first, &one.entries)?, &said(&second, &other.entries)?)?;
    let proof = Proof::Contradiction(ContradictionProof {
        certificate: keys.certificate(),
        link: first.link,
        incarnation: first.incarnation,
        recipient: first.recipient,
        at,
        one: vec![one],
        other: vec![other],
    });
    verify(&proof).is_ok().then_some(proof)
}

/// The proof that `one` and `other`, which `keys` signed on whichever links, speak of two logs of
/// one size. None when they do not.
#[must_use]
pub fn of_checkpoints(keys: &Keys, one: Evidence, other: Evidence) -> Option<Proof> {
    let first = signed(keys, &one, |_| true).ok()?;
    let proof = Proof::Checkpoints(CheckpointsProof {
        certificate: keys.certificate(),
        incarnation: first.incarnation,
        size: first.checkpoint_size,
        one,
        other,
    });
    verify(&proof).is_ok().then_some(proof)
}
