//! The only place that knows bincode.
//!
//! bincode 2.0.1 by itself accepts trailing bytes and long forms of integers, and a claimed length
//! can make it set aside any amount of memory. Here it always has a limit, must consume
//! everything, and must give the same bytes when it encodes again. It is only ever fed bytes that
//! were authenticated before.

use crate::bytes::Malformed;
use crate::limits::ENTRY_BYTES_MAX;
use bincode::config::{BigEndian, Configuration, Limit, Varint};
use bincode::{Decode, Encode};

/// Most memory that decoding one payload may claim, in bytes. bincode counts the room that elements
/// take in this build, which is no part of the protocol and differs from build to build; so it is
/// more than any entry can need ([`ROOM_PER_BYTE_MAX`]), and only bounds a length that claims more
/// than there is.
const CLAIM_BYTES_MAX: usize = ROOM_PER_BYTE_MAX * ENTRY_BYTES_MAX;

/// More than the bytes of room for each byte of an event: of a change, which is its largest
/// element, at least three bytes are written.
const ROOM_PER_BYTE_MAX: usize = 128;

const _: () = assert!(size_of::<crate::v1::event::Change>() < 3 * ROOM_PER_BYTE_MAX);

const CONFIG: Configuration<BigEndian, Varint, Limit<CLAIM_BYTES_MAX>> =
    bincode::config::standard().with_big_endian().with_limit::<CLAIM_BYTES_MAX>();

/// The bytes of `value`.
///
/// # Panics
/// Never for the types of this crate: none of them can fail to encode.
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    bincode::encode_to_vec(value, CONFIG).expect("plain data encodes")
}

/// The value whose bytes are exactly `bytes`.
///
/// # Errors
/// When the bytes are too long for the limit, end early, leave a rest, or are not the bytes that
/// [`encode`] gives.
pub fn decode<T: Decode<()> + Encode>(bytes: &[u8], what: &'static str) -> Result<T, Malformed> {
    let (value, consumed) =
        bincode::decode_from_slice::<T, _>(bytes, CONFIG).map_err(|_| Malformed::new(what))?;
    if consumed != bytes.len() || encode(&value) != bytes {
        return Err(Malformed::new(what));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::event::{Change, Kind};

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = encode(&7_u32);
        assert_eq!(decode::<u32>(&bytes, "number"), Ok(7));
        bytes.push(0);
        assert!(decode::<u32>(&bytes, "number").is_err());
    }

    #[test]
    fn a_long_form_of_a_short_integer_is_refused() {
        // 251 announces a u16; 7 fits in one byte.
        assert!(decode::<u32>(&[251, 0, 7], "number").is_err());
    }

    /// A limit on room would refuse it in one build and not in another.
    #[test]
    fn an_entry_full_of_the_largest_elements_is_read() {
        let least = Change::Remove(Kind::Environment, String::new());
        let changes = vec![least; ENTRY_BYTES_MAX / 3 - 10];
        let bytes = encode(&changes);
        assert!((ENTRY_BYTES_MAX - 64..ENTRY_BYTES_MAX).contains(&bytes.len()));
        assert!(decode::<Vec<Change>>(&bytes, "changes").is_ok_and(|read| read == changes));
    }

    #[test]
    fn ten_bytes_that_claim_64_gib_are_refused_without_setting_memory_aside() {
        let bytes = [253, 0, 0, 0, 16, 0, 0, 0, 0, 1];
        assert!(decode::<String>(&bytes, "text").is_err());
        assert!(decode::<Vec<String>>(&bytes, "list").is_err());
    }
}
