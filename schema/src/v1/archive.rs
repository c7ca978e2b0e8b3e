//! An archive: a whole log as lines of JSON, to be verified wherever it is carried.
//!
//! ```json
//! {"archive":"interspace/v1","space":"<id>","incarnation":"<id>","size":2,"root":"<64 hex>"}
//! {"first":1,"block":"<base64>"}
//! ```
//!
//! UTF-8, a line feed behind each line. The first line says what the log was when it was written
//! down: how many records, and the root over them; then comes each block, in order, its bytes as
//! they are stored, in padded base64. Each line has exactly this form: these fields in this order
//! and no white space, so that there is one archive of each log.

use crate::bytes::Malformed;
use crate::hash::Hash;
use crate::id::{Incarnation, Position, SpaceId};
use crate::limits::ARCHIVE_LINE_BYTES_MAX;
use crate::v1::model::HexHash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What the first line says that it is.
const MARK: &str = "interspace/v1";

/// The first line: which log it is, and how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveHead {
    /// The space.
    pub space: SpaceId,
    /// The incarnation of its log.
    pub incarnation: Incarnation,
    /// Records.
    pub size: u64,
    /// The root over all of them.
    pub root: Hash,
}

/// Any other line: one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedBlock {
    /// The Position of its first record.
    pub first: Position,
    /// Its bytes as they are stored.
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    archive: String,
    space: SpaceId,
    incarnation: Incarnation,
    size: u64,
    root: HexHash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockLine {
    first: Position,
    #[serde(with = "crate::base64")]
    block: Vec<u8>,
}

/// A line without its line feed.
fn written<T: Serialize>(line: &T) -> String {
    serde_json::to_string(line).expect("plain data is JSON")
}

/// The value of a line that is written exactly as this build would write it.
fn read<T: Serialize + DeserializeOwned>(line: &[u8], what: &'static str) -> Result<T, Malformed> {
    if line.len() > ARCHIVE_LINE_BYTES_MAX {
        return Err(Malformed::new("archive: line too long"));
    }
    let value: T = serde_json::from_slice(line).map_err(|_| Malformed::new(what))?;
    if written(&value).as_bytes() == line { Ok(value) } else { Err(Malformed::new(what)) }
}

impl ArchiveHead {
    /// The line, without its line feed.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn write(&self) -> String {
        written(&HeadLine {
            archive: MARK.to_owned(),
            space: self.space,
            incarnation: self.incarnation,
            size: self.size,
            root: HexHash(self.root),
        })
    }

    /// The head whose line this is, without its line feed.
    ///
    /// # Errors
    /// When it is too long or has another form.
    pub fn read(line: &[u8]) -> Result<Self, Malformed> {
        let head: HeadLine = read(line, "archive: head")?;
        if head.archive != MARK {
            return Err(Malformed::new("archive: version"));
        }
        let HeadLine { space, incarnation, size, root, .. } = head;
        Ok(Self { space, incarnation, size, root: root.0 })
    }
}

impl ArchivedBlock {
    /// The line, without its line feed.
    ///
    /// # Errors
    /// When the block is too large for a line.
    ///
    /// # Panics
    /// Never.
    pub fn write(first: Position, bytes: &[u8]) -> Result<String, Malformed> {
        let line = written(&BlockLine { first, block: bytes.to_vec() });
        let fits = line.len() <= ARCHIVE_LINE_BYTES_MAX;
        if fits { Ok(line) } else { Err(Malformed::new("archive: line too long")) }
    }

    /// The block whose line this is, without its line feed.
    ///
    /// # Errors
    /// When it is too long or has another form.
    pub fn read(line: &[u8]) -> Result<Self, Malformed> {
        let BlockLine { first, block } = read(line, "archive: block")?;
        Ok(Self { first, bytes: block })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> ArchiveHead {
        let (space, incarnation) = (SpaceId([0xa5; 32]), Incarnation([0x5a; 16]));
        ArchiveHead { space, incarnation, size: 3, root: [7; 32] }
    }

    #[test]
    fn a_line_is_read_back_as_it_was_written() {
        assert_eq!(ArchiveHead::read(head().write().as_bytes()), Ok(head()));
        let line = ArchivedBlock::write(Position(9), b"bytes").unwrap();
        assert_eq!(line, r#"{"first":9,"block":"Ynl0ZXM="}"#);
        let block = ArchivedBlock { first: Position(9), bytes: b"bytes".to_vec() };
        assert_eq!(ArchivedBlock::read(line.as_bytes()), Ok(block));
    }

    #[test]
    fn a_line_has_one_form() {
        for odd in [
            r#"{"block":"Ynl0ZXM=","first":9}"#,
            r#"{"first":9, "block":"Ynl0ZXM="}"#,
            r#"{"first":9,"block":"Ynl0ZXM"}"#,
            r#"{"first":9,"block":"Ynl0ZXN="}"#,
            r#"{"first":9,"block":"Ynl0ZXM=","more":1}"#,
            r#"{"first":9,"first":9,"block":"Ynl0ZXM="}"#,
            r#"{"first":9,"block":"\u0059nl0ZXM="}"#,
            r#"[9,"Ynl0ZXM="]"#,
            "{\"first\":9,\"block\":\"Ynl0ZXM=\"}\r",
        ] {
            let read = ArchivedBlock::read(odd.as_bytes());
            assert_eq!(read, Err(Malformed::new("archive: block")), "{odd}");
        }
        let upper = head().write().to_uppercase();
        assert!(ArchiveHead::read(upper.as_bytes()).is_err());
        let newer = head().write().replace("interspace/v1", "interspace/v2");
        let read = ArchiveHead::read(newer.as_bytes());
        assert_eq!(read, Err(Malformed::new("archive: version")));
    }
}
