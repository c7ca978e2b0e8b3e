//! Three asterisks in the place of every secret that appears in what a step writes.
//!
//! Masked is each value, and each of its lines that has at least four bytes, with the blanks around
//! it and without; also where it comes in pieces, and where two of them overlap. An output that
//! ends after at least four bytes of a secret ends with asterisks too. A value that a step writes
//! in another form, such as Base64, is not recognised.

use engine::trust::secret::SecretValue;
use zeroize::Zeroizing;

/// What stands in the place of a secret, however long it is.
const MASK: &[u8] = b"***";

/// A shorter line alone is no secret: it would be found everywhere.
const LINE_BYTES_MIN: usize = 4;

/// Masks an output as it comes.
#[derive(Default)]
pub(crate) struct Mask {
    /// What is masked, in order, without doubles.
    words: Vec<Zeroizing<Vec<u8>>>,
    /// The end of what came, as long as it may be the beginning of a secret.
    held: Zeroizing<Vec<u8>>,
    /// So many bytes of it are inside a secret that began before them.
    inside_bytes: usize,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask of {}", self.words.len())
    }
}

/// What begins at some place of an output.
enum Found {
    /// A secret of so many bytes, the longest of all; 0 if none.
    Secret(usize),
    /// What is here begins a secret, and more of it may come.
    Undecided,
}

impl Mask {
    /// A mask over these values.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a SecretValue>) -> Self {
        let mut words = Vec::new();
        for value in values {
            let whole = value.expose();
            let lines = whole.split(['\n', '\r']).filter(|line| line.len() >= LINE_BYTES_MIN);
            let lines = lines.chain([whole, whole.trim_end_matches(['\n', '\r'])]);
            // A shell leaves out the blanks around a value that stands there without quotes.
            for word in lines.flat_map(|line| [line, line.trim()]) {
                if !word.is_empty() {
                    words.push(Zeroizing::new(word.as_bytes().to_vec()));
                }
            }
        }
        words.sort_by(|one, other| one.as_slice().cmp(other));
        words.dedup();
        Self { words, ..Self::default() }
    }

    /// What may be shown of what came so far, with the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.words.is_empty() {
            return bytes.to_vec();
        }
        self.held.extend_from_slice(bytes);
        self.show(false)
    }

    /// What may be shown of what is left: nothing comes any more.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.show(true)
    }

    fn show(&mut self, ends: bool) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        let mut shown = Vec::with_capacity(held.len());
        let mut inside = self.inside_bytes;
        for (at, byte) in held.iter().enumerate() {
            let rest = &held[at..];
            let secret = match self.find(rest) {
                Found::Secret(bytes) => bytes,
                // Somebody ended the step while it was writing.
                Found::Undecided if ends && rest.len() >= LINE_BYTES_MIN => rest.len(),
                Found::Undecided if ends => self.longest(rest),
                Found::Undecided => {
                    self.held.extend_from_slice(rest);
                    break;
                }
            };
            if inside == 0 && secret > 0 {
                shown.extend_from_slice(MASK);
            }
            inside = inside.max(secret);
            if inside == 0 {
                shown.push(*byte);
            }
            inside = inside.saturating_sub(1);
        }
        self.inside_bytes = inside;
        shown
    }

    /// What begins where `text` begins.
    fn find(&self, text: &[u8]) -> Found {
        let (secret, open) = self.walk(text);
        if open { Found::Undecided } else { Found::Secret(secret) }
    }

    /// The longest secret that is here in full.
    fn longest(&self, text: &[u8]) -> usize {
        self.walk(text).0
    }

    /// The longest secret that `text` begins with, and whether all of `text` begins a longer one.
    fn walk(&self, text: &[u8]) -> (usize, bool) {
        let (mut words, mut longest) = (self.words.as_slice(), 0);
        for (depth, byte) in text.iter().enumerate() {
            // Of the words that begin like the text so far: in order, and so the shortest first.
            let from = words.partition_point(|word| word.get(depth) < Some(byte));
            let until = words.partition_point(|word| word.get(depth) <= Some(byte));
            words = &words[from..until];
            match words.first() {
                None => return (longest, false),
                Some(word) if word.len() == depth + 1 => longest = depth + 1,
                Some(_) => {}
            }
        }
        (longest, words.iter().any(|word| word.len() > text.len()))
    }
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

    #[test]
    fn t23_a_secret_is_masked_in_whatever_pieces_it_comes() {
        let cases: [(&[&str], &str, &str); 9] = [
            (&[], "nothing to hide", "nothing to hide"),
            (&["hunter2"], "the word is hunter2, hunter2!", "the word is ***, ***!"),
            (&["hunter2"], "hunter hunte hunter3 hunter2", "hunter hunte hunter3 ***"),
            (&["aab"], "aaab aaaab", "a*** aa***"),
            (&["abcd", "abcdefgh"], "abcdefg abcdefgh abcd", "***efg *** ***"),
            (&["abcde", "defgh"], "-abcdefgh-", "-***-"),
            (&["abcde", "cd"], "-abcde-cd-", "-***-***-"),
            (&["x"], "axb", "a***b"),
            (&["häß"], "ein häß!", "ein ***!"),
        ];
        for (secrets, output, expected) in cases {
            for piece_bytes in [1, 2, 3, 5, 1000] {
                assert_eq!(shown(secrets, output, piece_bytes), expected, "in {piece_bytes}");
            }
        }
    }

    #[test]
    fn t23_each_longer_line_of_a_secret_is_masked_alone_too() {
        let key = "-----BEGIN-----\r\nc2VjcmV0\nabc\n-----END-----\n";
        for piece_bytes in [1, 4, 1000] {
            let all = format!("<{key}> and c2VjcmV0, abc, {}", key.trim_end());
            assert_eq!(shown(&[key], &all, piece_bytes), "<***> and ***, abc, ***");
        }
    }

    #[test]
    fn t23_an_output_that_ends_within_a_secret_shows_nothing_of_it() {
        for piece_bytes in [1, 3, 1000] {
            assert_eq!(shown(&["hunter2"], "it is hunter", piece_bytes), "it is ***");
            assert_eq!(shown(&["hunter2"], "it is hun", piece_bytes), "it is hun");
            assert_eq!(shown(&["hun", "hunter2"], "hunte", piece_bytes), "***");
        }
    }

    #[test]
    fn t23_a_line_that_a_shell_wrote_without_the_blanks_around_it_is_masked() {
        let value = "{\n  \"password\": \"hunter2\"\n}";
        assert_eq!(shown(&[value], "{ \"password\": \"hunter2\" }", 1000), "{ *** }");
        assert_eq!(shown(&[" tail "], "it is tail.", 1000), "it is ***.");
    }

    #[test]
    fn what_masks_shows_nothing_of_it() {
        let mut mask = Mask::of(values(&["hunter2"]).iter());
        let _ = mask.push(b"hunt");
        assert!(!format!("{mask:?}").contains("hun"), "{mask:?}");
    }
}
