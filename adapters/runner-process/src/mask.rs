//! Three asterisks in the place of every secret that appears in what a step writes.
//!
//! Masked is each value, and each of its lines alone, with the blanks around it and without, in
//! whatever pieces it comes, where two of them overlap, and in each of these forms:
//!
//! | form | also |
//! | --- | --- |
//! | as it is | split over lines anywhere, the lines indented or not |
//! | Base64 | of both alphabets, padded or not, wrapped at any column, in `user:secret` too |
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
mod digits;
mod escapes;
mod lane;
#[cfg(test)]
mod tests;

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
