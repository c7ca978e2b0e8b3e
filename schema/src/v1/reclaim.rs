//! Reclaim and returned: how a space that lost the end of its log gets back from a peer what it had
//! told that peer.
//!
//! ```text
//! reclaim    incarnation 16, LinkSeq u64: what follows it
//! returned  incarnation 16, newest LinkSeq u64,
//!           u8 0 | u8 1, header 330, H(body) 32, signature 64, u16 count,
//!           count times (incarnation 16, Position u64, salt 16, entry behind its length)
//! ```
//!
//! The entries are the last `count` of those that the envelope brought; its header, H(body) and
//! signature prove that the space itself wrote them.

use crate::bytes::{Malformed, Reader, Writer};
use crate::id::{Incarnation, LinkSeq, Position};
use crate::limits::{ENTRY_BYTES_MAX, ENVELOPE_ENTRIES_MAX};
use crate::v1::envelope::{Carried, EnvelopeHeader};
use crate::v1::record::Evidence;

/// A request for what this space told the recipient in an earlier life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reclaim {
    /// The life.
    pub incarnation: Incarnation,
    /// The last entry on the link that was kept.
    pub after: LinkSeq,
}

impl Reclaim {
    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&self.incarnation.0).u64(self.after.0);
        out.finish()
    }

    /// The reclaim whose bytes these are.
    ///
    /// # Errors
    /// When bytes are missing or left.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, "reclaim");
        let reclaim =
            Self { incarnation: Incarnation(input.array()?), after: LinkSeq(input.u64()?) };
        input.finish()?;
        Ok(reclaim)
    }
}

/// The answer to a reclaim: the next run of entries, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The life.
    pub incarnation: Incarnation,
    /// The newest entry of that life that is here.
    pub newest: LinkSeq,
    /// The signed part of the envelope that brought the entries, and the last of them.
    pub run: Option<(Evidence, Vec<Carried>)>,
}

impl Returned {
    /// The bytes.
    ///
    /// # Panics
    /// With more entries than an envelope carries.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&self.incarnation.0).u64(self.newest.0);
        let Some((evidence, entries)) = &self.run else {
            out.u8(0);
            return out.finish();
        };
        let count = u16::try_from(entries.len()).expect("at most ENVELOPE_ENTRIES_MAX");
        out.u8(1).fixed(&evidence.header).fixed(&evidence.body_hash).fixed(&evidence.signature);
        out.u16(count).fixed(&crate::v1::envelope::write_entries(entries));
        out.finish()
    }

    /// The answer whose bytes these are.
    ///
    /// # Errors
    /// When they have another form, or more entries than an envelope carries.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, "returned");
        let (incarnation, newest) = (Incarnation(input.array()?), LinkSeq(input.u64()?));
        let run = match input.u8()? {
            0 => None,
            1 => {
                let header = input.take(EnvelopeHeader::LENGTH)?.to_vec();
                let (body_hash, signature) = (input.array()?, input.array()?);
                let count = usize::from(input.u16()?);
                if count == 0 || count > ENVELOPE_ENTRIES_MAX {
                    return Err(input.malformed());
                }
                let mut entries = Vec::with_capacity(count);
                for _ in 0..count {
                    entries.push(Carried {
                        incarnation: Incarnation(input.array()?),
                        position: Position(input.u64()?),
                        salt: input.array()?,
                        entry: input.variable(ENTRY_BYTES_MAX)?.to_vec(),
                    });
                }
                Some((Evidence { header, body_hash, signature }, entries))
            }
            _ => return Err(input.malformed()),
        };
        input.finish()?;
        Ok(Self { incarnation, newest, run })
    }
}
