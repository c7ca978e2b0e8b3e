//! An envelope: a run of entries sealed for one recipient and signed by its origin.
//!
//! ```text
//! header, fixed layout, is the AAD of the body and is signed
//!    0  magic            "ISP1"
//!    4  protocol         u16 1
//!    6  kind             u16 1 entries, 2 ack, 3 beat, 4 hello, 5 want, 6 piece, 7 keys,
//!                           8 reclaim, 9 returned, 10 join
//!    8  suite            u16 1
//!   10  origin           32
//!   42  origin key       u32     number of the key statement that signs
//!   46  recipient        32
//!   78  recipient key    u32     number of the key statement it is sealed to
//!   82  link             32
//!  114  incarnation      16      of the origin's log, and so of this direction of the link
//!  130  encapsulation    32      HPKE; names the epoch
//!  162  first            u64     LinkSeq of the first entry; newest + 1 when there is none
//!  170  count            u32
//!  174  chain before     32      c before the first entry
//!  206  chain after      32      c after the last entry
//!  238  newest           u64     newest durable LinkSeq
//!  246  oldest           u64     oldest LinkSeq that can be sent again
//!  254  checkpoint       size u64, root 32, time u64
//!  302  body length      u32
//!  306  nonce            24
//! body, XChaCha20-Poly1305, key exported from HPKE under the kind's label
//!       of kind entries: count times incarnation 16, position u64, salt 16, u32 length and entry
//! signature              64      Ed25519 over "interspace/v1/envelope\0", header, H(body)
//! ```
//!
//! This file reads and writes the outside; signing, sealing and the order of checks are in the
//! engine's `trust`.

mod kind;

pub use kind::EnvelopeKind;

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::{Domain, Hash, hash};
use crate::id::{EntryId, Incarnation, LinkId, LinkSeq, Position, SpaceId};
use crate::limits::{ENTRY_BYTES_MAX, ENVELOPE_BYTES_MAX, ENVELOPE_ENTRIES_MAX};

const WHAT: &str = "envelope";
const MAGIC: [u8; 4] = *b"ISP1";
const SIGNATURE: usize = 64;

/// The version of the protocol that this build speaks.
pub const PROTOCOL: u16 = 1;

/// X25519-HKDF-SHA256 for the epoch, XChaCha20-Poly1305 for the body, Ed25519 for the signature.
pub const SUITE: u16 = 1;

/// What is signed is this, the header, and H(body).
pub const SIGNATURE_DOMAIN: &[u8] = b"interspace/v1/envelope\0";

/// The part of an envelope that is not sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeHeader {
    /// What it carries.
    pub kind: EnvelopeKind,
    /// Who signed it.
    pub origin: SpaceId,
    /// Number of the origin's key statement whose signing key signed.
    pub origin_key: u32,
    /// For whom it is sealed.
    pub recipient: SpaceId,
    /// Number of the recipient's key statement whose sealing key it is sealed to.
    pub recipient_key: u32,
    /// The link.
    pub link: LinkId,
    /// The incarnation of the origin's log.
    pub incarnation: Incarnation,
    /// The HPKE encapsulation of the epoch.
    pub encapsulation: [u8; 32],
    /// LinkSeq of the first entry, or newest + 1 when it carries none.
    pub first: LinkSeq,
    /// How many entries.
    pub count: u32,
    /// c before the first entry.
    pub chain_before: Hash,
    /// c after the last entry.
    pub chain_after: Hash,
    /// The newest durable LinkSeq at the origin.
    pub newest: LinkSeq,
    /// The oldest LinkSeq that the origin can send again.
    pub oldest: LinkSeq,
    /// Size of the origin's log.
    pub checkpoint_size: u64,
    /// Root of the origin's tree at that size.
    pub checkpoint_root: Hash,
    /// The origin's time of that checkpoint, milliseconds since 1970.
    pub checkpoint_time_ms: u64,
    /// Length of the sealed body.
    pub body_length: u32,
    /// Nonce of the body.
    pub nonce: [u8; 24],
}

impl EnvelopeHeader {
    /// Length of a header, in bytes.
    pub const LENGTH: usize = 330;

    /// The LinkSeq of the last entry; one less than `first` when there is none.
    #[must_use]
    pub const fn last(&self) -> LinkSeq {
        LinkSeq(self.first.0 + self.count as u64 - 1)
    }

    /// The length of the whole envelope, in bytes.
    #[must_use]
    pub const fn envelope_length(&self) -> usize {
        Self::LENGTH + self.body_length as usize + SIGNATURE
    }

    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&MAGIC).u16(PROTOCOL).u16(self.kind.number()).u16(SUITE);
        out.fixed(&self.origin.0).u32(self.origin_key);
        out.fixed(&self.recipient.0).u32(self.recipient_key);
        out.fixed(&self.link.0).fixed(&self.incarnation.0).fixed(&self.encapsulation);
        out.u64(self.first.0).u32(self.count);
        out.fixed(&self.chain_before).fixed(&self.chain_after);
        out.u64(self.newest.0).u64(self.oldest.0);
        out.u64(self.checkpoint_size).fixed(&self.checkpoint_root).u64(self.checkpoint_time_ms);
        out.u32(self.body_length).fixed(&self.nonce);
        out.finish()
    }

    /// The header whose bytes these are.
    ///
    /// # Errors
    /// When they are not a header of this version, or its numbers contradict each other.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, "envelope header");
        if input.array()? != MAGIC {
            return Err(Malformed::new("envelope: magic"));
        }
        if input.u16()? != PROTOCOL {
            return Err(Malformed::new("envelope: protocol version"));
        }
        let kind =
            EnvelopeKind::from_number(input.u16()?).ok_or(Malformed::new("envelope: kind"))?;
        if input.u16()? != SUITE {
            return Err(Malformed::new("envelope: suite"));
        }
        let header = Self {
            kind,
            origin: SpaceId(input.array()?),
            origin_key: input.u32()?,
            recipient: SpaceId(input.array()?),
            recipient_key: input.u32()?,
            link: LinkId(input.array()?),
            incarnation: Incarnation(input.array()?),
            encapsulation: input.array()?,
            first: LinkSeq(input.u64()?),
            count: input.u32()?,
            chain_before: input.array()?,
            chain_after: input.array()?,
            newest: LinkSeq(input.u64()?),
            oldest: LinkSeq(input.u64()?),
            checkpoint_size: input.u64()?,
            checkpoint_root: input.array()?,
            checkpoint_time_ms: input.u64()?,
            body_length: input.u32()?,
            nonce: input.array()?,
        };
        input.finish()?;
        header.check()?;
        Ok(header)
    }

    /// The header of a whole envelope, of which nothing is copied and nothing is verified.
    ///
    /// # Errors
    /// When there are too many bytes, or they are not a header with a body and a signature behind.
    pub fn of_envelope(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(Malformed::new("envelope: too large"));
        }
        let mut input = Reader::new(bytes, WHAT);
        let header = Self::read(input.take(Self::LENGTH)?)?;
        input.take(header.body_length as usize)?;
        input.take(SIGNATURE)?;
        input.finish()?;
        Ok(header)
    }

    /// The numbers of a header that cannot be true together.
    fn check(&self) -> Result<(), Malformed> {
        let entries = self.kind == EnvelopeKind::Entries;
        let count = self.count as usize;
        let counted =
            if entries { (1..=ENVELOPE_ENTRIES_MAX).contains(&count) } else { count == 0 };
        if !counted {
            return Err(Malformed::new("envelope: count"));
        }
        let end = self.first.0.checked_add(u64::from(self.count));
        let numbered = self.first.0 >= 1
            && end.is_some_and(|end| end - 1 <= self.newest.0)
            && (entries || self.newest.0.checked_add(1) == Some(self.first.0))
            && self.oldest.0 >= 1;
        if !numbered {
            return Err(Malformed::new("envelope: numbers"));
        }
        if !entries && self.chain_before != self.chain_after {
            return Err(Malformed::new("envelope: chain"));
        }
        Ok(())
    }
}

/// An envelope taken apart; nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What the header says.
    pub header: EnvelopeHeader,
    /// The header as it came.
    pub header_bytes: Vec<u8>,
    /// The sealed body.
    pub body: Vec<u8>,
    /// The signature.
    pub signature: [u8; SIGNATURE],
}

impl Envelope {
    /// The envelope whose bytes these are.
    ///
    /// # Errors
    /// When they are too many, too few, or not of the form above.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(Malformed::new("envelope: too large"));
        }
        let mut input = Reader::new(bytes, WHAT);
        let header_bytes = input.take(EnvelopeHeader::LENGTH)?.to_vec();
        let header = EnvelopeHeader::read(&header_bytes)?;
        let body = input.take(header.body_length as usize)?.to_vec();
        let signature = input.array()?;
        input.finish()?;
        Ok(Self { header, header_bytes, body, signature })
    }

    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&self.header_bytes).fixed(&self.body).fixed(&self.signature);
        out.finish()
    }
}

/// H(body), over the ciphertext.
#[must_use]
pub fn body_hash(body: &[u8]) -> Hash {
    hash(Domain::Body, &[body])
}

/// The bytes that an envelope's signature is over.
#[must_use]
pub fn signed_bytes(header: &[u8], body_hash: &Hash) -> Vec<u8> {
    let mut out = Writer::new();
    out.fixed(SIGNATURE_DOMAIN).fixed(header).fixed(body_hash);
    out.finish()
}

/// One entry inside a body of kind *entries*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The incarnation in which the origin wrote it.
    pub incarnation: Incarnation,
    /// Its place in the origin's log.
    pub position: Position,
    /// Its salt.
    pub salt: [u8; 16],
    /// Its bytes.
    pub entry: Vec<u8>,
}

impl Carried {
    /// Bytes of framing around each entry in a body.
    pub const FRAME: usize = 16 + 8 + 16 + 4;

    /// The id of the entry, when `origin` wrote it.
    #[must_use]
    pub const fn id(&self, origin: SpaceId) -> EntryId {
        EntryId { origin, incarnation: self.incarnation, position: self.position }
    }

    /// The commitment to the entry.
    #[must_use]
    pub fn commit(&self) -> Hash {
        crate::hash::commit(&self.salt, &self.entry)
    }
}

/// A body of kind *entries*.
#[must_use]
pub fn write_entries(entries: &[Carried]) -> Vec<u8> {
    let mut out = Writer::new();
    for carried in entries {
        out.fixed(&carried.incarnation.0)
            .u64(carried.position.0)
            .fixed(&carried.salt)
            .variable(&carried.entry);
    }
    out.finish()
}

/// The `count` entries of a body of kind *entries*.
///
/// # Errors
/// When the body does not hold exactly that many.
pub fn read_entries(body: &[u8], count: u32) -> Result<Vec<Carried>, Malformed> {
    let mut input = Reader::new(body, "envelope: entries");
    let mut entries = Vec::with_capacity((count as usize).min(ENVELOPE_ENTRIES_MAX));
    for _ in 0..count {
        entries.push(Carried {
            incarnation: Incarnation(input.array()?),
            position: Position(input.u64()?),
            salt: input.array()?,
            entry: input.variable(ENTRY_BYTES_MAX)?.to_vec(),
        });
    }
    input.finish()?;
    Ok(entries)
}
