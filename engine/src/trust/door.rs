//! The only door for strangers' bytes: from bytes to [`Verified`], or a [`Refusal`].
//!
//! The order of the checks is fixed and none is skipped: size cap, fixed header, recipient, link
//! and origin, key statement, signature, seal, form of the content, chain. bincode sees nothing
//! here: the events inside entries are read only when the entries are admitted.

use crate::trust::identity::Identity;
use crate::trust::keyring::{Epochs, Keyring};
use crate::trust::refusal::Refusal;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use schema::bytes::Reader;
use schema::hash::{Hash, chain_next};
use schema::id::LinkSeq;
use schema::latest::{
    Ack, Beat, Carried, Commitment, Envelope, EnvelopeHeader, EnvelopeKind, Evidence, Piece, Want,
};
use schema::v1::envelope::{body_hash, read_entries, signed_bytes};

/// What an envelope said, once it is known to come from the peer of its link and to be for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Entries; the chain over them fits the header.
    Entries(Vec<Carried>),
    /// Durable there up to.
    Ack(Ack),
    /// The peer's head is.
    Beat(Beat),
    /// A connection begins.
    Hello(Beat, Ack),
    /// The peer asks for pieces.
    Want(Want),
    /// A piece that was asked for.
    Piece(Piece),
}

impl Content {
    /// What the chain over its entries is made of.
    #[must_use]
    pub fn commitments(&self) -> Vec<Commitment> {
        let Self::Entries(entries) = self else { return Vec::new() };
        let commitment = |carried: &Carried| Commitment {
            incarnation: carried.incarnation,
            position: carried.position,
            commit: carried.commit(),
        };
        entries.iter().map(commitment).collect()
    }
}

/// An envelope that passed the door. There is no other way to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    header: EnvelopeHeader,
    evidence: Evidence,
    content: Content,
}

impl Verified {
    /// What the header says.
    #[must_use]
    pub const fn header(&self) -> &EnvelopeHeader {
        &self.header
    }

    /// The signed part, which proves the entries later.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// What it carried.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// Takes the content out.
    #[must_use]
    pub fn into_content(self) -> Content {
        self.content
    }
}

/// Opens and verifies an envelope. Pure, apart from `epochs`, which only remembers.
///
/// # Errors
/// [`Refusal`] with the first check that failed.
pub fn open(
    bytes: &[u8],
    me: &Identity,
    keyring: &Keyring,
    epochs: &mut Epochs,
) -> Result<Verified, Refusal> {
    let envelope = Envelope::read(bytes).map_err(|malformed| Refusal::Malformed(malformed.what))?;
    let header = &envelope.header;
    if header.recipient != me.space() {
        let reflected = header.origin == me.space();
        return Err(if reflected { Refusal::Reflected } else { Refusal::NotForMe });
    }
    let peer = keyring.peer(&header.link).ok_or(Refusal::UnknownLink)?;
    if header.origin != peer.space() {
        return Err(Refusal::WrongOrigin);
    }
    let key = peer.signing(header.origin_key).ok_or(Refusal::UnknownKey)?;
    let hash = body_hash(&envelope.body);
    if !key.verifies(&signed_bytes(&envelope.header_bytes, &hash), &envelope.signature) {
        return Err(Refusal::BadSignature);
    }
    if header.recipient_key != me.number() {
        return Err(Refusal::UnknownKey);
    }
    let epoch = epochs
        .join(me.space(), me.sealing(), header.origin, header.link, header.encapsulation)
        .ok_or(Refusal::CannotOpen)?;
    let body = XChaCha20Poly1305::new(epoch.key(header.kind).into())
        .decrypt(
            &XNonce::from(header.nonce),
            Payload { msg: &envelope.body, aad: &envelope.header_bytes },
        )
        .map_err(|_| Refusal::CannotOpen)?;
    let content = read_content(header, &body)?;
    let Envelope { header, header_bytes, signature, .. } = envelope;
    let evidence = Evidence { header: header_bytes, body_hash: hash, signature };
    Ok(Verified { header, evidence, content })
}

fn read_content(header: &EnvelopeHeader, body: &[u8]) -> Result<Content, Refusal> {
    let malformed = |malformed: schema::bytes::Malformed| Refusal::Malformed(malformed.what);
    let mut input = Reader::new(body, "envelope: body");
    match header.kind {
        EnvelopeKind::Entries => {
            let entries = read_entries(body, header.count).map_err(malformed)?;
            let chain = chain_over(&header.chain_before, header.first, &entries);
            if chain.last() != Some(&header.chain_after) {
                return Err(Refusal::BrokenChain);
            }
            Ok(Content::Entries(entries))
        }
        EnvelopeKind::Ack => {
            let ack = Ack::read(&mut input).map_err(malformed)?;
            input.finish().map_err(malformed)?;
            Ok(Content::Ack(ack))
        }
        EnvelopeKind::Beat => {
            let beat = Beat::read(&mut input).map_err(malformed)?;
            input.finish().map_err(malformed)?;
            Ok(Content::Beat(beat))
        }
        EnvelopeKind::Hello => {
            let beat = Beat::read(&mut input).map_err(malformed)?;
            let ack = Ack::read(&mut input).map_err(malformed)?;
            input.finish().map_err(malformed)?;
            Ok(Content::Hello(beat, ack))
        }
        EnvelopeKind::Want => Want::read(body).map(Content::Want).map_err(malformed),
        EnvelopeKind::Piece => Piece::read(body).map(Content::Piece).map_err(malformed),
    }
}

/// c after each of `entries`, the first of which has the number `first`.
#[must_use]
pub fn chain_over(before: &Hash, first: LinkSeq, entries: &[Carried]) -> Vec<Hash> {
    let mut chain = Vec::with_capacity(entries.len());
    let mut last = *before;
    for (carried, number) in entries.iter().zip(first.0..) {
        let commit = carried.commit();
        last = chain_next(&last, LinkSeq(number), &carried.incarnation, carried.position, &commit);
        chain.push(last);
    }
    chain
}
