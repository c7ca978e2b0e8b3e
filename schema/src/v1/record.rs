//! What one Position of a log holds, and the leaf of the log's tree that stands for it.
//!
//! ```text
//! own        u8 1, salt 16, entry
//! mirrored   u8 2, origin 32, incarnation 16, position u64, link 32, link incarnation 16,
//!            link seq u64, salt 16, entry
//! evidence   u8 3, u32 length and envelope header, H(body) 32, signature 64
//! ```
//!
//! leaf = SHA-256(0x00, what stands for the record), which is
//!
//! ```text
//! own        0x01, commit
//! mirrored   0x02, origin, incarnation, position, link, link incarnation, link seq, commit
//! evidence   0x03, SHA-256(header, H(body), signature)
//! ```
//!
//! with commit = SHA-256("interspace/v1/entry\0", salt, entry). The salt lies beside the entry, so
//! that a leaf says nothing about an entry to whom the salt is not shown.

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::{Hash, sha256};
use crate::id::{EntryId, Incarnation, LinkId, LinkSeq, Position, SpaceId};
use crate::limits::ENTRY_BYTES_MAX;
use crate::v1::entry::Entry;
use crate::v1::envelope::EnvelopeHeader;

const WHAT: &str = "record";

/// An entry that this space wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Random; hides the entry behind its commitment.
    pub salt: [u8; 16],
    /// The entry.
    pub entry: Entry,
}

/// An entry of another space, as it came over a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The entry's id in the log of its origin.
    pub id: EntryId,
    /// The link over which it came.
    pub link: LinkId,
    /// The incarnation of the link when it came.
    pub link_incarnation: Incarnation,
    /// Its number on that link.
    pub link_seq: LinkSeq,
    /// The origin's salt.
    pub salt: [u8; 16],
    /// The entry's bytes. They are opaque here: an entry that cannot be read is kept as well.
    pub entry: Vec<u8>,
}

/// What proves the mirrored entries that follow in the same block: the signed part of the envelope
/// that brought them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The envelope's header, as it was signed.
    pub header: Vec<u8>,
    /// H(body), over the ciphertext.
    pub body_hash: Hash,
    /// The origin's signature.
    pub signature: [u8; 64],
}

/// What one Position holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An entry of this space.
    Own(Own),
    /// An entry of a peer.
    Mirrored(Mirrored),
    /// The proof of mirrored entries.
    Evidence(Evidence),
}

impl Record {
    /// The bytes as they are stored.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        match self {
            Self::Own(own) => {
                out.u8(1).fixed(&own.salt).fixed(own.entry.bytes());
            }
            Self::Mirrored(mirrored) => {
                out.u8(2);
                mirrored.write_place(&mut out);
                out.fixed(&mirrored.salt).fixed(&mirrored.entry);
            }
            Self::Evidence(evidence) => {
                out.u8(3)
                    .variable(&evidence.header)
                    .fixed(&evidence.body_hash)
                    .fixed(&evidence.signature);
            }
        }
        out.finish()
    }

    /// The record whose bytes these are.
    ///
    /// # Errors
    /// When they do not have the form above.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, WHAT);
        match input.u8()? {
            1 => {
                let salt = input.array()?;
                Ok(Self::Own(Own { salt, entry: Entry::read(&bytes[17..])? }))
            }
            2 => {
                let id = EntryId {
                    origin: SpaceId(input.array()?),
                    incarnation: Incarnation(input.array()?),
                    position: Position(input.u64()?),
                };
                let link = LinkId(input.array()?);
                let link_incarnation = Incarnation(input.array()?);
                let link_seq = LinkSeq(input.u64()?);
                let salt = input.array()?;
                let entry = bytes[bytes.len().min(Mirrored::ENTRY_AT)..].to_vec();
                if entry.len() > ENTRY_BYTES_MAX {
                    return Err(Malformed::new(WHAT));
                }
                let place = Mirrored { id, link, link_incarnation, link_seq, salt, entry };
                Ok(Self::Mirrored(place))
            }
            3 => {
                let header = input.variable(EnvelopeHeader::LENGTH)?.to_vec();
                let (body_hash, signature) = (input.array()?, input.array()?);
                input.finish()?;
                Ok(Self::Evidence(Evidence { header, body_hash, signature }))
            }
            _ => Err(Malformed::new(WHAT)),
        }
    }

    /// The leaf of the log's tree: RFC 6962, section 2.1.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        match self {
            Self::Own(own) => sha256(&[&[0, 1], &own.entry.commit(&own.salt)]),
            Self::Mirrored(mirrored) => {
                let mut place = Writer::new();
                mirrored.write_place(&mut place);
                sha256(&[&[0, 2], &place.finish(), &mirrored.commit()])
            }
            Self::Evidence(evidence) => {
                let whole = sha256(&[&evidence.header, &evidence.body_hash, &evidence.signature]);
                sha256(&[&[0, 3], &whole])
            }
        }
    }
}

impl Mirrored {
    /// Where the entry begins in the stored bytes.
    const ENTRY_AT: usize = 1 + 32 + 16 + 8 + 32 + 16 + 8 + 16;

    fn write_place(&self, out: &mut Writer) {
        out.fixed(&self.id.origin.0)
            .fixed(&self.id.incarnation.0)
            .u64(self.id.position.0)
            .fixed(&self.link.0)
            .fixed(&self.link_incarnation.0)
            .u64(self.link_seq.0);
    }

    /// The commitment to the entry.
    #[must_use]
    pub fn commit(&self) -> Hash {
        crate::hash::commit(&self.salt, &self.entry)
    }
}
