//! Statements: what a space tells a peer about its own newer keys, in an envelope of kind *keys*.
//!
//! ```text
//! u8 count, count times key statement (JSON) behind its length,
//! u8 0 | u8 1, link incarnation 16, LinkSeq u64, chain 32
//! ```
//!
//! The recipient reads it before it knows the key that signs the envelope: the statements inside
//! prove that key, by the root key that the recipient knows already.

use crate::bytes::{Malformed, Reader, Writer};
use crate::id::{Incarnation, LinkSeq};
use crate::limits::{KEY_STATEMENT_BYTES_MAX, STATEMENTS_TOLD_MAX};
use crate::v1::event::Cut;

/// Key statements, and where on the link the entries of a revoked key end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    /// Key statements in the order of their numbers, as JSON.
    pub statements: Vec<String>,
    /// The last entry on the link that the space wrote before a key was stolen; none when none of
    /// these statements revokes a key.
    pub cut: Option<Cut>,
}

impl Statements {
    /// Appends the bytes.
    ///
    /// # Panics
    /// With more than [`STATEMENTS_TOLD_MAX`] statements; no certificate has more.
    pub fn write(&self, out: &mut Writer) {
        let count = u8::try_from(self.statements.len()).expect("at most STATEMENTS_TOLD_MAX");
        out.u8(count);
        for statement in &self.statements {
            out.variable(statement.as_bytes());
        }
        match &self.cut {
            None => out.u8(0),
            Some(cut) => out.u8(1).fixed(&cut.incarnation.0).u64(cut.at.0).fixed(&cut.chain),
        };
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// When there are too many statements, one is too long, or bytes are missing or left.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, "keys");
        let malformed = Malformed::new("keys");
        let count = usize::from(input.u8()?);
        if count == 0 || count > STATEMENTS_TOLD_MAX {
            return Err(malformed);
        }
        let mut statements = Vec::with_capacity(count);
        for _ in 0..count {
            let json = input.variable(KEY_STATEMENT_BYTES_MAX)?.to_vec();
            statements.push(String::from_utf8(json).map_err(|_| malformed.clone())?);
        }
        let cut = match input.u8()? {
            0 => None,
            1 => Some(Cut {
                incarnation: Incarnation(input.array()?),
                at: LinkSeq(input.u64()?),
                chain: input.array()?,
            }),
            _ => return Err(malformed),
        };
        input.finish()?;
        Ok(Self { statements, cut })
    }
}
