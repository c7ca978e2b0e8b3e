//! The only place that knows bincode.
//!
//! bincode 2.0.1 by itself accepts trailing bytes and long forms of integers, and a claimed length
//! can make it set aside any amount of memory. Here it always has a limit, must consume
//! everything, and must give the same bytes when it encodes again. It is only ever fed bytes that
//! were authenticated before.

use crate::bytes::Malformed;
use crate::limits::DECODE_BYTES_MAX;
use bincode::config::{BigEndian, Configuration, Limit, Varint};
use bincode::{Decode, Encode};

const CONFIG: Configuration<BigEndian, Varint, Limit<DECODE_BYTES_MAX>> =
    bincode::config::standard().with_big_endian().with_limit::<DECODE_BYTES_MAX>();

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

    #[test]
    fn ten_bytes_that_claim_64_gib_are_refused_without_setting_memory_aside() {
        let bytes = [253, 0, 0, 0, 16, 0, 0, 0, 0, 1];
        assert!(decode::<String>(&bytes, "text").is_err());
        assert!(decode::<Vec<String>>(&bytes, "list").is_err());
    }
}
