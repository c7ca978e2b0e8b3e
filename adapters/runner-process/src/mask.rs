//! Three asterisks in the place of every secret that appears in what a step writes.
//!
//! Masked is each value, and each of its lines alone, with the blanks around it and without, in
//! whatever pieces it comes, where two of them overlap, and in each of these forms:
//!
//! | form | also |
//! | --- | --- |
//! | as it is | split over lines anywhere, the lines indented or not |
//! | Base64 | of both alphabets, padded or not, wrapped at any column; also where it is a part of what was encoded, as in `user:secret` |
//! | hexadecimal | of either case, wrapped too |
//! | percent-encoded | whatever of it is encoded, blanks as `+` too |
//! | escaped | as in a text of JSON, or with backslashes as a shell does |
//!
//! An output that ends after at least four bytes of a secret ends with asterisks too.
//!
//! Not masked is what has fewer than [`SECRET_BYTES_MIN`] bytes, blanks around it not counted: it
//! would be found everywhere, and the asterisks would tell where it is not. Nor is a value
//! recognised that was changed otherwise: encrypted, compressed, hashed, turned around, encoded
//! twice, split by anything but line breaks.
//!
//! It takes time in proportion to the output, whatever the secrets, and holds back no more of it
//! than the longest secret in its longest form.

mod automaton;
mod decoding;
mod lane;
#[cfg(test)]
mod properties;

use automaton::Automaton;
use engine::trust::secret::SecretValue;
use lane::{Indents, Lane};
use std::ops::Range;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What stands in the place of a secret, however long it is.
const MASK: &[u8] = b"***";

/// Bytes of the shortest value, or line of one, that is masked.
pub(crate) const SECRET_BYTES_MIN: usize = 4;

/// Masks an output as it comes.
#[derive(Default)]
pub(crate) struct Mask {
    /// What is masked; none if nothing is.
    words: Option<Arc<Automaton>>,
    lanes: Vec<Lane>,
    /// The end of what came, as long as it may be part of a secret.
    held: Zeroizing<Vec<u8>>,
    /// Where it begins, counted from the beginning of the output.
    held_from: u64,
    /// Where secrets stand in it, in order; no two of them touch.
    secrets: Vec<Range<u64>>,
    /// Whether asterisks were the last that was shown.
    is_masking: bool,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask").field("masks", &self.words.is_some()).finish_non_exhaustive()
    }
}

impl Mask {
    /// A mask over these values.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a SecretValue>) -> Self {
        let mut words = Vec::new();
        for value in values {
            let whole = value.expose();
            // A shell leaves out the blanks around a value that stands there without quotes.
            let all = whole.split(['\n', '\r']).chain([whole]).flat_map(|it| [it, it.trim()]);
            let all = all.flat_map(|it| [Indents::Dropped, Indents::Kept].map(|how| how.of(it)));
            for word in all.filter(|word| word.trim_ascii().len() >= SECRET_BYTES_MIN) {
                // In the query of an address a blank is a plus sign.
                let plus = |byte: &u8| if *byte == b' ' { b'+' } else { *byte };
                words.push(Zeroizing::new(word.iter().map(plus).collect()));
                words.push(word);
            }
        }
        words.sort_by(|one: &Zeroizing<Vec<u8>>, other| one.as_slice().cmp(other));
        words.dedup();
        Self { words: Automaton::of(&words).map(Arc::new), ..Self::default() }.fresh()
    }

    /// A mask over the same values, for another output.
    pub(crate) fn fresh(&self) -> Self {
        let lanes = if self.words.is_some() { Lane::all() } else { Vec::new() };
        Self { words: self.words.clone(), lanes, ..Self::default() }
    }

    /// What may be shown of a text that is whole: the beginning of a secret at its end is none.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut mask = self.fresh();
        let mut shown = mask.push(text.as_bytes());
        shown.extend(mask.end(usize::MAX));
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// What may be shown of what came so far, with the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(words) = &self.words else { return bytes.to_vec() };
        let from = self.held_from + self.held.len() as u64;
        let mut found = |secret| add(&mut self.secrets, secret);
        for lane in &mut self.lanes {
            lane.push(words, bytes, from, &mut found);
        }
        self.held.extend_from_slice(bytes);
        let end = from + bytes.len() as u64;
        let undecided = self.lanes.iter().filter_map(Lane::undecided_from).min();
        self.show(undecided.unwrap_or(end))
    }

    /// What may be shown of what is left: nothing comes any more, or nothing that goes on with it.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        // Somebody may have ended the step while it was writing.
        self.end(SECRET_BYTES_MIN)
    }

    /// Shows what is left, and masks what begins like a secret for so many letters.
    fn end(&mut self, letters_min: usize) -> Vec<u8> {
        let Some(words) = &self.words else { return Vec::new() };
        let mut found = |secret| add(&mut self.secrets, secret);
        for lane in &mut self.lanes {
            lane.finish(words, letters_min, &mut found);
        }
        let shown = self.show(self.held_from + self.held.len() as u64);
        self.is_masking = false;
        shown
    }

    /// Shows everything before `until`: what comes yet changes nothing of it.
    fn show(&mut self, until: u64) -> Vec<u8> {
        let from = self.held_from;
        let index = |at: u64| usize::try_from(at - from).expect("within what is held");
        let mut shown = Vec::with_capacity(index(until));
        let mut at = from;
        let count = self.secrets.partition_point(|secret| secret.start < until);
        for secret in &self.secrets[..count] {
            let plain = &self.held[index(at)..index(secret.start)];
            shown.extend_from_slice(plain);
            if !self.is_masking || !plain.is_empty() {
                shown.extend_from_slice(MASK);
            }
            self.is_masking = true;
            at = secret.end.min(until);
        }
        let plain = &self.held[index(at)..index(until)];
        shown.extend_from_slice(plain);
        self.is_masking &= plain.is_empty();
        let whole = self.secrets.partition_point(|secret| secret.end <= until);
        self.secrets.drain(..whole);
        if let Some(cut) = self.secrets.first_mut() {
            cut.start = cut.start.max(until);
        }
        self.held.drain(..index(until));
        self.held_from = until;
        shown
    }
}

/// Adds where a secret stands to the others, and joins those that touch it.
fn add(secrets: &mut Vec<Range<u64>>, new: Range<u64>) {
    let from = secrets.partition_point(|secret| secret.end < new.start);
    let until = secrets.partition_point(|secret| secret.start <= new.end);
    let touching = &secrets[from..until];
    let start = touching.first().map_or(new.start, |first| first.start.min(new.start));
    let end = touching.last().map_or(new.end, |last| last.end.max(new.end));
    secrets.splice(from..until, std::iter::once(start..end));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&str]) -> Vec<SecretValue> {
        texts.iter().map(|text| SecretValue::new((*text).to_owned()).unwrap()).collect()
    }

    /// What is shown of an output that comes in pieces of this many bytes.
    fn shown(secrets: &[&str], output: &str, piece_bytes: usize) -> String {
        let mut mask = Mask::of(values(secrets).iter());
        let mut all = Vec::new();
        for piece in output.as_bytes().chunks(piece_bytes) {
            all.extend(mask.push(piece));
        }
        all.extend(mask.finish());
        String::from_utf8(all).unwrap()
    }

    fn assert_shown(cases: &[(&[&str], &str, &str)]) {
        for (secrets, output, expected) in cases {
            for piece_bytes in [1, 2, 3, 5, 1000] {
                assert_eq!(shown(secrets, output, piece_bytes), *expected, "in {piece_bytes}");
            }
        }
    }

    #[test]
    fn t23_a_secret_is_masked_in_whatever_pieces_it_comes() {
        assert_shown(&[
            (&[], "nothing to hide", "nothing to hide"),
            (&["hunter2"], "the word is hunter2, hunter2!", "the word is ***, ***!"),
            (&["hunter2"], "hunter hunte hunter3 hunter2", "hunter hunte hunter3 ***"),
            (&["aaab"], "aaaab aaaaab", "a*** aa***"),
            (&["abcd", "abcdefgh"], "abcdefg abcdefgh abcd", "***efg *** ***"),
            (&["abcde", "defgh"], "-abcdefgh-", "-***-"),
            (&["abcdefg", "cdef"], "-abcdefg-cdef-", "-***-***-"),
            (&["abcd"], "-abcdabcd-", "-***-"),
            (&["häß"], "ein häß!", "ein ***!"),
        ]);
    }

    #[test]
    fn t23_each_longer_line_of_a_secret_is_masked_alone_too() {
        let key = "-----BEGIN-----\r\nc2VjcmV0\nabc\n-----END-----\n";
        let all = format!("<{key}> and c2VjcmV0, abc, {}", key.trim_end());
        assert_shown(&[(&[key], &all, "<***\n> and ***, abc, ***")]);
    }

    #[test]
    fn t23_a_secret_that_is_split_over_lines_is_masked() {
        assert_shown(&[
            (&["hunter2"], "it is hun\nter2.", "it is ***."),
            (&["hunter2"], "h\r\nu\r\n\t n\nter2\nnext", "***\nnext"),
            (&["hunter2"], "hun\n\nter2 hun ter2", "*** hun ter2"),
            (&["one  two"], "one\n  two one \n two", "*** ***"),
            (&["one two\n  three"], "one twothree one two\n      three", "*** ***"),
        ]);
    }

    #[test]
    fn t23_a_secret_in_base64_is_masked_wherever_it_begins_in_what_was_encoded() {
        assert_shown(&[
            // "hunter2", "user:hunter2", "xhunter2x", "xxhunter2xx"
            (&["hunter2"], "aHVudGVyMg== aHVudGVyMg", "***== ***"),
            (&["hunter2"], "Basic dXNlcjpodW50ZXIy", "Basic dXNlcj***"),
            (&["hunter2"], "eGh1bnRlcjJ4, eHhodW50ZXIyeHg=", "e***4, eH***eHg="),
            // "??>>??" in both alphabets.
            (&["??>>??"], "Pz8+Pj8/ Pz8-Pj8_", "*** ***"),
            (&["hunter2"], "aHVu\ndGVy\r\n  Mg==", "***=="),
        ]);
    }

    #[test]
    fn t23_a_secret_is_masked_in_hexadecimal_and_percent_encoding_and_json() {
        assert_shown(&[
            (&["hunter2"], "68756e74657232 68756E74657232 f68756e746572320", "*** *** f***0"),
            (&["p w/ö+1"], "p%20w%2F%C3%B6%2B1 p%20w/%c3%b6+1 p+w%2Fö%2B1", "*** *** ***"),
            (&["p\"w\\ö\n  x"], r#""p\"w\\ö\n  x" "p\u0022w\\\u00f6\nx""#, r#""***" "***""#),
            (&["it's me"], r"it\'s\ me", "***"),
        ]);
    }

    #[test]
    fn t23_an_output_that_ends_within_a_secret_shows_nothing_of_it() {
        for piece_bytes in [1, 3, 1000] {
            assert_eq!(shown(&["hunter2"], "it is hunter", piece_bytes), "it is ***");
            assert_eq!(shown(&["hunter2"], "it is hunt\n", piece_bytes), "it is ***\n");
            assert_eq!(shown(&["hunter2"], "it is hun", piece_bytes), "it is hun");
            assert_eq!(shown(&["hunter2"], "it is aHVudGV", piece_bytes), "it is ***");
            assert_eq!(shown(&["hunt", "hunter2"], "hunte", piece_bytes), "***");
        }
    }

    #[test]
    fn t23_a_line_that_a_shell_wrote_without_the_blanks_around_it_is_masked() {
        let value = "{\n  \"password\": \"hunter2\"\n}";
        assert_eq!(shown(&[value], "{ \"password\": \"hunter2\" }", 1000), "{ *** }");
        assert_eq!(shown(&[" tail "], "it is tail.", 1000), "it is ***.");
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_is_shown() {
        let short = ["x", "abc", "  abc  ", "ab\nc"];
        let output = "x abc   abc   ab c YWJj 616263";
        assert_eq!(shown(&short, output, 3), output);
        assert_eq!(shown(&["abcd\nx"], "x abcd x", 3), "x *** x");
    }

    #[test]
    fn a_mask_is_as_new_after_it_was_finished() {
        let mut mask = Mask::of(values(&["hunter2"]).iter());
        assert_eq!([mask.push(b"it is hunter"), mask.finish()].concat(), b"it is ***");
        assert_eq!([mask.push(b"2 hunter2"), mask.finish()].concat(), b"2 ***");
        assert_eq!(mask.fresh().text("hunter2! hunter"), "***! hunter");
    }

    #[test]
    fn blanks_without_end_are_not_held_back() {
        let mut mask = Mask::of(values(&["hunter2"]).iter());
        let mut shown = mask.push(b"hunt\n");
        for _ in 0..1000 {
            shown.extend(mask.push(&[b' '; 100]));
            assert!(mask.held.len() <= 200, "{}", mask.held.len());
        }
        assert_eq!(shown.len() + mask.held.len(), 5 + 100_000);
    }

    #[test]
    fn what_masks_shows_nothing_of_it() {
        let mut mask = Mask::of(values(&["hunter2"]).iter());
        let _ = mask.push(b"hunt");
        assert!(!format!("{mask:?}").contains("hun"), "{mask:?}");
    }
}
