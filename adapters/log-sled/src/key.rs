//! The keys of everything in the tree.

use schema::id::Position;

/// Families of keys. Persisted; never renumber.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// The incarnation of the log: `[1]`.
    Incarnation = 1,
    /// A row of a block: `[2, first Position u64, part u16]`, big-endian, so that keys ascend with
    /// the log.
    Row = 2,
}

/// The key of a row.
pub(crate) type RowKey = [u8; 11];

/// The key of the incarnation.
pub(crate) const INCARNATION: [u8; 1] = [Family::Incarnation as u8];

/// The key of one row of the block that begins at `first`.
pub(crate) fn row(first: Position, part: u16) -> RowKey {
    let mut key = [Family::Row as u8; 11];
    key[1..9].copy_from_slice(&first.0.to_be_bytes());
    key[9..].copy_from_slice(&part.to_be_bytes());
    key
}

/// The block and the part that a key of a row names.
pub(crate) fn read_row(key: &[u8]) -> Option<(Position, u16)> {
    let (family, rest) = key.split_first()?;
    let (first, part) = rest.split_first_chunk::<8>()?;
    let part = <[u8; 2]>::try_from(part).ok()?;
    let row = (Position(u64::from_be_bytes(*first)), u16::from_be_bytes(part));
    (*family == Family::Row as u8).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_bytes_that_are_written_down_and_ascend_with_the_log() {
        assert_eq!(INCARNATION, [1]);
        assert_eq!(row(Position(0x0102), 3), [2, 0, 0, 0, 0, 0, 0, 1, 2, 0, 3]);
        assert_eq!(read_row(&row(Position(7), 9)), Some((Position(7), 9)));
        assert!(row(Position(255), u16::MAX) < row(Position(256), 0));
        for other in [&[1][..], &[2], &[2; 10], &[2; 12], &[3; 11]] {
            assert_eq!(read_row(other), None);
        }
    }
}
