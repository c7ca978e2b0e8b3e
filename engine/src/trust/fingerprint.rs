//! Fingerprints as people compare them aloud: words, short hex, and the whole id.

use schema::id::{SpaceId, base32};

/// Words of a fingerprint; each says 11 bits.
const WORDS: usize = 12;

/// Bits of a word: the list has 2,048.
const WORD_BITS: usize = 11;

/// How a fingerprint that somebody typed fits a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is the whole id.
    Whole,
    /// It is the beginning of the id, as words or hex.
    Short,
    /// It is the fingerprint of another space, or none.
    Not,
}

/// The first 132 bits of a space's id as twelve words of the English list of BIP-39. Nothing else
/// of that standard is used: there is no checksum among them.
#[must_use]
pub fn words(space: &SpaceId) -> String {
    let list = bip39::Language::English.word_list();
    let word = |number: usize| {
        let bits = number * WORD_BITS..(number + 1) * WORD_BITS;
        list[bits.fold(0, |index, bit| index << 1 | usize::from(bit_of(space, bit)))]
    };
    (0..WORDS).map(word).collect::<Vec<_>>().join(" ")
}

/// The first 128 bits of a space's id as hex, in groups of four.
#[must_use]
pub fn hex(space: &SpaceId) -> String {
    let groups = space.0[..16].chunks(2).map(|two| format!("{:02x}{:02x}", two[0], two[1]));
    groups.collect::<Vec<_>>().join(" ")
}

/// Whether `text` is a fingerprint of the space, in any of its three forms. Case, spaces and
/// dashes between groups do not count.
#[must_use]
pub fn fit(space: &SpaceId, text: &str) -> Fit {
    let parts = text.split(|c: char| c.is_whitespace() || c == '-').filter(|it| !it.is_empty());
    let parts: Vec<String> = parts.map(str::to_lowercase).collect();
    let joined = parts.concat();
    if joined == base32(&space.0) {
        Fit::Whole
    } else if parts.join(" ") == words(space) || joined == hex(space).replace(' ', "") {
        Fit::Short
    } else {
        Fit::Not
    }
}

fn bit_of(space: &SpaceId, bit: usize) -> bool {
    space.0[bit / 8] >> (7 - bit % 8) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_eleven_bits_each_from_the_left() {
        assert_eq!(words(&SpaceId([0; 32])), ["abandon"; 12].join(" "));
        assert_eq!(words(&SpaceId([255; 32])), ["zoo"; 12].join(" "));
        let mut one = [0; 32];
        // The eleventh bit is the last of the first word.
        one[1] = 0b0010_0000;
        assert_eq!(words(&SpaceId(one)).split(' ').next(), Some("ability"));
    }

    #[test]
    fn a_fingerprint_fits_in_any_form_and_no_part_of_one_does() {
        let space = SpaceId(std::array::from_fn(|at| (at as u8).wrapping_mul(7)));
        let other = SpaceId(std::array::from_fn(|at| (at as u8).wrapping_mul(9)));
        let whole = crate::trust::certificate::fingerprint(&space);
        assert_eq!(fit(&space, &whole), Fit::Whole);
        assert_eq!(fit(&space, &whole.to_uppercase()), Fit::Whole);
        assert_eq!(fit(&space, &words(&space)), Fit::Short);
        assert_eq!(fit(&space, &words(&space).replace(' ', "-")), Fit::Short);
        assert_eq!(fit(&space, &hex(&space)), Fit::Short);
        assert_eq!(fit(&space, &hex(&space)[..34]), Fit::Not);
        assert_eq!(fit(&space, ""), Fit::Not);
        for text in [whole, words(&space), hex(&space)] {
            assert_eq!(fit(&other, &text), Fit::Not);
        }
    }
}
