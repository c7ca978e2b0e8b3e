//! A part of an export: envelopes in a file, for a medium that somebody carries.
//!
//! ```text
//!    0  magic      "ISPP"
//!    4  version    u16 1
//!    6  from       32      origin of each envelope
//!   38  to         32      recipient of each envelope
//!   70  set        16      random; the same in all parts of one export
//!   86  made       u64     milliseconds since 1970, the maker's clock
//!   94  number     u32     of this part within its set, from 1
//!   98  last       u8      1 in the last part of the set, else 0
//!   99  count      u32     envelopes, at least 1
//!  103  length     u32     bytes of the envelopes with their lengths
//!  107  count times u32 length and envelope
//!       checksum   32      H(part; everything before)
//! ```
//!
//! All envelopes of a part have one origin, one recipient, one link and one incarnation; either all
//! of them carry pieces of objects or none does, so that the others can be taken in by one append.
//!
//! The checksum finds accidents: a medium that lost a sector, a copy that was cut short. It proves
//! nothing about who wrote the part, which only the signatures of the envelopes do.

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::{Domain, Hash, hash};
use crate::id::{SetId, SpaceId};
use crate::limits::{ENVELOPE_BYTES_MAX, PART_BYTES_MAX};
use crate::v1::envelope::{EnvelopeHeader, EnvelopeKind};
use thiserror::Error;

const MAGIC: [u8; 4] = *b"ISPP";
const VERSION: u16 = 1;
const HEAD: usize = 107;
const CHECKSUM: usize = 32;

/// What a part says about itself before its envelopes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartHead {
    /// The origin of each envelope.
    pub from: SpaceId,
    /// The recipient of each envelope.
    pub to: SpaceId,
    /// The export that made it.
    pub set: SetId,
    /// When the export began, in milliseconds since 1970 by the maker's clock.
    pub made_ms: u64,
    /// The number of the part within its set, from 1.
    pub number: u32,
    /// Whether it is the last one of its set.
    pub last: bool,
}

/// Envelopes, in the order in which they are to be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it says about itself.
    pub head: PartHead,
    /// The bytes of each envelope; nothing of them is verified.
    pub envelopes: Vec<Vec<u8>>,
}

/// Why bytes are not a part. Nothing of such bytes is used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Flaw {
    /// There are more than [`PART_BYTES_MAX`].
    #[error("larger than a part may be")]
    TooLarge,
    /// They do not begin as a part does.
    #[error("not a part of an export")]
    NotAPart,
    /// Another version of this software wrote it.
    #[error("of version {0}, which this build does not read")]
    Version(u16),
    /// Its head says what no head can say.
    #[error("its head contradicts itself")]
    Head,
    /// Bytes are missing at its end.
    #[error("cut: its end is missing")]
    Cut,
    /// It goes on after its end.
    #[error("something was added behind its end")]
    Grown,
    /// It is not what was written.
    #[error("damaged: its checksum does not match")]
    Checksum,
    /// What it holds is not as many envelopes as it says.
    #[error("it does not hold what it says: {}", .0.what)]
    Envelopes(Malformed),
    /// An envelope is not from and to whom the part says, or of another link or incarnation.
    #[error("it holds envelopes that do not belong together")]
    Foreign,
    /// It holds pieces of objects among other envelopes.
    #[error("it holds packages and entries together")]
    Mixed,
}

impl Flaw {
    /// A word for it that does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NotAPart => "not-a-part",
            Self::Version(_) => "unknown-version",
            Self::Head => "bad-head",
            Self::Cut => "cut",
            Self::Grown => "grown",
            Self::Checksum => "checksum",
            Self::Envelopes(_) => "bad-envelopes",
            Self::Foreign => "foreign-envelope",
            Self::Mixed => "mixed",
        }
    }
}

impl Part {
    /// Bytes of a part beside its envelopes.
    pub const FRAME: usize = HEAD + CHECKSUM;

    /// Bytes that an envelope of `length` bytes takes within a part.
    #[must_use]
    pub const fn room(length: usize) -> usize {
        4 + length
    }

    /// The bytes.
    ///
    /// # Panics
    /// With 4 GiB of envelopes; callers keep to [`PART_BYTES_MAX`].
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let PartHead { from, to, set, made_ms, number, last } = &self.head;
        let length: usize = self.envelopes.iter().map(|envelope| Self::room(envelope.len())).sum();
        let fits = "bounded by PART_BYTES_MAX";
        let mut out = Writer::new();
        out.fixed(&MAGIC).u16(VERSION).fixed(&from.0).fixed(&to.0).fixed(&set.0);
        out.u64(*made_ms).u32(*number).u8(u8::from(*last));
        out.u32(u32::try_from(self.envelopes.len()).expect(fits));
        out.u32(u32::try_from(length).expect(fits));
        for envelope in &self.envelopes {
            out.variable(envelope);
        }
        let mut bytes = out.finish();
        let checksum = hash(Domain::Part, &[&bytes]);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    /// The part whose bytes these are: all of it or nothing.
    ///
    /// # Errors
    /// The first [`Flaw`] that is found.
    pub fn read(bytes: &[u8]) -> Result<Self, Flaw> {
        if bytes.len() > PART_BYTES_MAX {
            return Err(Flaw::TooLarge);
        }
        let (head, count, length) = read_head(bytes)?;
        let whole = HEAD as u64 + u64::from(length) + CHECKSUM as u64;
        match (bytes.len() as u64).cmp(&whole) {
            std::cmp::Ordering::Less => return Err(Flaw::Cut),
            std::cmp::Ordering::Greater => return Err(Flaw::Grown),
            std::cmp::Ordering::Equal => {}
        }
        let (summed, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
        if hash(Domain::Part, &[summed]).as_slice() != checksum {
            return Err(Flaw::Checksum);
        }
        let envelopes = read_envelopes(&summed[HEAD..], count).map_err(Flaw::Envelopes)?;
        check(&head, &envelopes)?;
        Ok(Self { head, envelopes })
    }

    /// Whether two envelopes of one origin to one recipient may be in one part.
    ///
    /// # Errors
    /// What is wrong with a part that holds both.
    pub fn together(one: &EnvelopeHeader, other: &EnvelopeHeader) -> Result<(), Flaw> {
        if one.link != other.link || one.incarnation != other.incarnation {
            return Err(Flaw::Foreign);
        }
        if (one.kind == EnvelopeKind::Piece) != (other.kind == EnvelopeKind::Piece) {
            return Err(Flaw::Mixed);
        }
        Ok(())
    }

    /// The checksum at the end of the bytes of a part: two files with the same one hold the same.
    #[must_use]
    pub fn checksum(bytes: &[u8]) -> Option<Hash> {
        bytes.last_chunk().copied()
    }
}

/// The head, and count and length of what follows.
fn read_head(bytes: &[u8]) -> Result<(PartHead, u32, u32), Flaw> {
    if bytes.len() < MAGIC.len() && MAGIC.starts_with(bytes) {
        return Err(Flaw::Cut);
    }
    let mut input = Reader::new(bytes, "part");
    if input.array() != Ok(MAGIC) {
        return Err(Flaw::NotAPart);
    }
    let cut = |_| Flaw::Cut;
    let version = input.u16().map_err(cut)?;
    if version != VERSION {
        return Err(Flaw::Version(version));
    }
    let fields = (|| {
        let head = PartHead {
            from: SpaceId(input.array()?),
            to: SpaceId(input.array()?),
            set: SetId(input.array()?),
            made_ms: input.u64()?,
            number: input.u32()?,
            last: false,
        };
        Ok((head, input.u8()?, input.u32()?, input.u32()?))
    })();
    let (mut head, last, count, length) = fields.map_err(cut)?;
    head.last = last == 1;
    // The least that an envelope takes bounds the count by a length that the file must have.
    let least = Part::room(EnvelopeHeader::LENGTH) as u64;
    let possible = last <= 1 && head.number >= 1 && count >= 1;
    if !possible || u64::from(count) * least > u64::from(length) {
        return Err(Flaw::Head);
    }
    Ok((head, count, length))
}

/// As many envelopes as there should be, and nothing behind them.
fn read_envelopes(bytes: &[u8], count: u32) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut input = Reader::new(bytes, "the number of envelopes");
    let mut envelopes = Vec::with_capacity(count as usize);
    for _ in 0..count {
        envelopes.push(input.variable(ENVELOPE_BYTES_MAX)?.to_vec());
    }
    input.finish()?;
    Ok(envelopes)
}

/// Whether all of them may be in this part.
fn check(head: &PartHead, envelopes: &[Vec<u8>]) -> Result<(), Flaw> {
    let mut first: Option<EnvelopeHeader> = None;
    for envelope in envelopes {
        let header = EnvelopeHeader::of_envelope(envelope).map_err(Flaw::Envelopes)?;
        if header.origin != head.from || header.recipient != head.to {
            return Err(Flaw::Foreign);
        }
        Part::together(first.get_or_insert_with(|| header.clone()), &header)?;
    }
    Ok(())
}
