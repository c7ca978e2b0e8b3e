//! An archive verified line by line: the log that its lines hold, and that it is the one which its
//! first line promises. No key and no node is needed.

use crate::log::verify::{Intact, Verifier};
use schema::id::Position;
use schema::latest::{ArchiveHead, ArchivedBlock};
use schema::v1::block::Damage;

/// Verifies an archive. It holds one line at a time, and of those before only what the log's own
/// verification remembers.
#[derive(Debug, Default)]
pub struct Archive {
    head: Option<ArchiveHead>,
    verifier: Verifier,
}

fn damage(position: u64, what: impl Into<String>) -> Damage {
    Damage { position: Position(position), what: what.into() }
}

impl Archive {
    /// At the beginning of an archive.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The Position of the next record that a line should bring.
    #[must_use]
    pub const fn next(&self) -> Position {
        Position(self.verifier.size() + 1)
    }

    /// Verifies the next line, with its line feed; the block that it brings, if it is no head.
    ///
    /// # Errors
    /// [`Damage`] with the first Position that cannot be trusted.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<ArchivedBlock>, Damage> {
        let next = self.next();
        let Some(line) = line.strip_suffix(b"\n") else {
            return Err(damage(next.0, "the line is cut short, or longer than one may be"));
        };
        let malformed = |what: schema::bytes::Malformed| damage(next.0, what.to_string());
        let Some(head) = &self.head else {
            self.head = Some(ArchiveHead::read(line).map_err(malformed)?);
            return Ok(None);
        };
        if next.0 > head.size {
            return Err(damage(next.0, "the archive goes on behind its own end"));
        }
        let block = ArchivedBlock::read(line).map_err(malformed)?;
        self.verifier.block(block.first, &block.bytes)?;
        Ok(Some(block))
    }

    /// The end of the archive.
    ///
    /// # Errors
    /// When it ends too early, or its first line is about another log.
    pub fn finish(self) -> Result<Intact, Damage> {
        let next = self.next().0;
        let head = self.head.ok_or_else(|| damage(1, "the archive is empty"))?;
        if next <= head.size {
            let what = format!("the record is missing; the archive is said to have {}", head.size);
            return Err(damage(next, what));
        }
        let intact = self.verifier.finish()?;
        if intact.size != head.size {
            return Err(damage(head.size + 1, "the archive goes on behind its own end"));
        }
        if intact.space != head.space || intact.incarnation != head.incarnation {
            return Err(damage(1, "the archive says that it is another log than it is"));
        }
        if intact.root != head.root {
            return Err(damage(intact.size, "the archive says another root than its log has"));
        }
        Ok(intact)
    }
}
