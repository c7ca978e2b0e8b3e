//! Beat and ack: how two spaces tell each other where they are. A hello is a beat and then an ack.
//!
//! ```text
//! beat   start 16, count u64, echo start 16, echo count u64, interval u32 (ms until the next),
//!        time u64 (ms since 1970)
//! ack    link incarnation 16, acknowledged u64, chain 32, applied u64,
//!        u8 ranges, ranges times (first u64, last u64),
//!        credit bytes u64, credit envelopes u32, newest schema u16, echo start 16, echo count u64
//! ```
//!
//! Both ride in the body of an envelope of their own kind; the head itself is in the header.

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::Hash;
use crate::id::{Incarnation, LinkSeq};
use crate::limits::ACK_RANGES_MAX;

/// Where in its life a process is: 16 random bytes per start, and a number that grows by one with
/// each beat. The zero mark stands for *none heard yet*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Random, made when the process started.
    pub start: [u8; 16],
    /// Beats since then.
    pub count: u64,
}

impl Mark {
    fn write(&self, out: &mut Writer) {
        out.fixed(&self.start).u64(self.count);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { start: input.array()?, count: input.u64()? })
    }
}

/// My head is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Where the sender is.
    pub mark: Mark,
    /// The newest beat that the sender has heard from the recipient.
    pub echo: Mark,
    /// Milliseconds until the next beat, at the latest.
    pub interval_ms: u32,
    /// Milliseconds since 1970 by the sender's clock; never an ordering, only compared with the
    /// recipient's clock, for people.
    pub time_ms: u64,
}

impl Beat {
    /// Appends the bytes.
    pub fn write(&self, out: &mut Writer) {
        self.mark.write(out);
        self.echo.write(out);
        out.u32(self.interval_ms).u64(self.time_ms);
    }

    /// Reads one.
    ///
    /// # Errors
    /// When bytes are missing.
    pub fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            mark: Mark::read(input)?,
            echo: Mark::read(input)?,
            interval_ms: input.u32()?,
            time_ms: input.u64()?,
        })
    }
}

/// Durable here up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The incarnation of the direction that is acknowledged.
    pub incarnation: Incarnation,
    /// Everything up to here is durable at the recipient.
    pub acknowledged: LinkSeq,
    /// c there.
    pub chain: Hash,
    /// Everything up to here is folded at the recipient; less than `acknowledged` on a held link.
    pub applied: LinkSeq,
    /// What was received beyond, first and last each, ascending, with gaps between.
    pub ranges: Vec<(LinkSeq, LinkSeq)>,
    /// Bytes that the recipient has room for.
    pub credit_bytes: u64,
    /// Envelopes that the recipient has room for.
    pub credit_envelopes: u32,
    /// The newest schema that the recipient understands.
    pub schema: u16,
    /// The newest beat that the recipient had heard when it wrote this.
    pub echo: Mark,
}

impl Ack {
    /// Appends the bytes.
    ///
    /// # Panics
    /// With more than [`ACK_RANGES_MAX`] ranges, which the inbox never makes.
    pub fn write(&self, out: &mut Writer) {
        let ranges = u8::try_from(self.ranges.len()).expect("at most 32 ranges");
        out.fixed(&self.incarnation.0)
            .u64(self.acknowledged.0)
            .fixed(&self.chain)
            .u64(self.applied.0)
            .u8(ranges);
        for (first, last) in &self.ranges {
            out.u64(first.0).u64(last.0);
        }
        out.u64(self.credit_bytes).u32(self.credit_envelopes).u16(self.schema);
        self.echo.write(out);
    }

    /// Reads one.
    ///
    /// # Errors
    /// When bytes are missing, there are too many ranges, or they are not ascending with gaps
    /// between, beyond what is acknowledged.
    pub fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let malformed = Malformed::new("ack");
        let incarnation = Incarnation(input.array()?);
        let acknowledged = LinkSeq(input.u64()?);
        let chain = input.array()?;
        let applied = LinkSeq(input.u64()?);
        let count = usize::from(input.u8()?);
        if count > ACK_RANGES_MAX || applied > acknowledged {
            return Err(malformed);
        }
        let mut ranges = Vec::with_capacity(count);
        let mut end = acknowledged.0;
        for _ in 0..count {
            let (first, last) = (input.u64()?, input.u64()?);
            if end.checked_add(1).is_none_or(|next| first <= next) || last < first {
                return Err(malformed);
            }
            end = last;
            ranges.push((LinkSeq(first), LinkSeq(last)));
        }
        Ok(Self {
            incarnation,
            acknowledged,
            chain,
            applied,
            ranges,
            credit_bytes: input.u64()?,
            credit_envelopes: input.u32()?,
            schema: input.u16()?,
            echo: Mark::read(input)?,
        })
    }
}
