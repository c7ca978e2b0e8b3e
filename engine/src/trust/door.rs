//! The only door for strangers' bytes: from bytes to [`Verified`], or a [`Refusal`].
//!
//! The order of the checks is fixed and none is skipped: size cap, fixed header, recipient, link
//! and origin, key statement, signature, seal, form of the content, chain. Only an envelope of
//! kinds *keys* and *join* is opened before its signature, because it brings what proves its key.
//! bincode sees nothing here: the events inside entries are read only when the entries are
//! admitted.

use crate::trust::certificate::Keys;
use crate::trust::epoch::{Direction, EpochKeys, join};
use crate::trust::guest::{Guest, guest};
use crate::trust::identity::Identity;
use crate::trust::keyring::{Epochs, Keyring};
use crate::trust::refusal::Refusal;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use schema::bytes::Reader;
use schema::hash::{Hash, chain_next};
use schema::id::LinkSeq;
use schema::latest::{
    Ack, Beat, Carried, Commitment, Document, Envelope, EnvelopeHeader, EnvelopeKind, Evidence,
    Join, Piece, Reclaim, Returned, Statements, Want,
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
    /// Key statements, which prove the key that signed the envelope, and a cut.
    Keys(Box<Statements>),
    /// The peer asks for what it told this space in an earlier life.
    Reclaim(Reclaim),
    /// What this space told the peer in an earlier life.
    Returned(Box<Returned>),
    /// Who accepted an invitation asks to be let in; none when it is a peer already.
    Join(Option<Box<Guest>>),
}

impl Content {
    /// Whether taking it in may write to the log.
    #[must_use]
    pub const fn writes(&self) -> bool {
        match self {
            Self::Entries(_)
            | Self::Piece(_)
            | Self::Keys(_)
            | Self::Returned(_)
            | Self::Join(_) => true,
            Self::Ack(_) | Self::Beat(_) | Self::Hello(..) | Self::Want(_) | Self::Reclaim(_) => {
                false
            }
        }
    }
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
    let hash = body_hash(&envelope.body);
    let content = match keyring.peer(&header.link) {
        Some(peer) => told(&envelope, &hash, me, peer, epochs)?,
        None if header.kind == EnvelopeKind::Join => {
            Content::Join(Some(Box::new(guest(&envelope, &hash, me, keyring)?)))
        }
        None => return Err(Refusal::UnknownLink),
    };
    let Envelope { header, header_bytes, signature, .. } = envelope;
    let evidence = Evidence { header: header_bytes, body_hash: hash, signature };
    Ok(Verified { header, evidence, content })
}

/// What the peer of a known link says.
fn told(
    envelope: &Envelope,
    hash: &Hash,
    me: &Identity,
    peer: &Keys,
    epochs: &mut Epochs,
) -> Result<Content, Refusal> {
    let header = &envelope.header;
    if header.origin != peer.space() {
        return Err(Refusal::WrongOrigin);
    }
    if header.kind == EnvelopeKind::Keys {
        return keys(envelope, hash, me, peer);
    }
    signed(envelope, hash, peer)?;
    let sealing = me.sealing(header.recipient_key).ok_or(Refusal::UnknownKey)?;
    let epoch = epochs
        .join(me.space(), sealing, header.origin, header.link, header.encapsulation)
        .ok_or(Refusal::CannotOpen)?;
    read_content(header, &unseal(envelope, epoch)?)
}

/// The signature, by the newest key of the peer: one that was replaced signs nothing new.
pub(super) fn signed(envelope: &Envelope, hash: &Hash, peer: &Keys) -> Result<(), Refusal> {
    let number = envelope.header.origin_key;
    let key = peer.signing(number).ok_or(Refusal::UnknownKey)?;
    if number != peer.newest().number {
        return Err(Refusal::RetiredKey);
    }
    let message = signed_bytes(&envelope.header_bytes, hash);
    let verifies = key.verifies(&message, &envelope.signature);
    if verifies { Ok(()) } else { Err(Refusal::BadSignature) }
}

pub(super) fn unseal(envelope: &Envelope, epoch: &EpochKeys) -> Result<Vec<u8>, Refusal> {
    let header = &envelope.header;
    XChaCha20Poly1305::new(epoch.key(header.kind).into())
        .decrypt(
            &XNonce::from(header.nonce),
            Payload { msg: &envelope.body, aad: &envelope.header_bytes },
        )
        .map_err(|_| Refusal::CannotOpen)
}

/// An envelope of kind *keys* is opened before its signature is verified, because the statements
/// inside prove the key that signs it. They are verified by what is known of the peer, and nothing
/// of them is kept unless the signature holds as well. Its epoch is not remembered: a stranger
/// could push known ones out.
fn keys(envelope: &Envelope, hash: &Hash, me: &Identity, peer: &Keys) -> Result<Content, Refusal> {
    let header = &envelope.header;
    let sealing = me.sealing(header.recipient_key).ok_or(Refusal::UnknownKey)?;
    let direction = Direction { origin: header.origin, recipient: me.space(), link: header.link };
    let epoch = join(&direction, sealing, &header.encapsulation).ok_or(Refusal::CannotOpen)?;
    let body = unseal(envelope, &epoch)?;
    let told = Statements::read(&body).map_err(|malformed| Refusal::Malformed(malformed.what))?;
    let documents: Result<Vec<Document>, _> =
        told.statements.iter().map(|json| Document::read(json)).collect();
    let documents = documents.map_err(|malformed| Refusal::Malformed(malformed.what))?;
    let newer = peer.continued(&documents).map_err(|_| Refusal::UnknownKey)?;
    signed(envelope, hash, &newer)?;
    Ok(Content::Keys(Box::new(told)))
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
        EnvelopeKind::Reclaim => Reclaim::read(body).map(Content::Reclaim).map_err(malformed),
        EnvelopeKind::Returned => {
            let returned = Returned::read(body).map_err(malformed)?;
            Ok(Content::Returned(Box::new(returned)))
        }
        // It was let in before; that it asks again says that it does not know.
        EnvelopeKind::Join => Join::read(body).map(|_| Content::Join(None)).map_err(malformed),
        // It has a way of its own through the door.
        EnvelopeKind::Keys => Err(Refusal::Malformed("envelope: kind")),
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
