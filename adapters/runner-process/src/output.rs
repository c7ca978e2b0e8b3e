//! What is kept of a step's output: a hash of all of it, its beginning and its end, safe to show.
//! All of this is of the output behind its mask: a hash of a secret with its surroundings would
//! prove every guess of it.

use crate::mask::Mask;
use schema::hash::Hash;
use schema::limits::{RECEIPT_OUTPUT_BYTES_MAX, STEP_OUTPUT_BYTES_MAX};
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;

/// Raw bytes kept of the beginning, and of the end.
const HALF_BYTES: usize = STEP_OUTPUT_BYTES_MAX / 2;

/// Room for the mark where something was left out.
const MARK_BYTES_MAX: usize = 64;

/// Takes output as it comes; its memory is bounded.
#[derive(Debug, Default)]
pub(crate) struct Output {
    mask: Mask,
    hasher: Sha256,
    total_bytes: u64,
    head: Vec<u8>,
    tail: VecDeque<u8>,
}

/// What was kept of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// SHA-256 of the whole output behind its mask.
    pub(crate) sha256: Hash,
    /// At most `STEP_OUTPUT_BYTES_MAX` of text, a mark where the middle was left out.
    pub(crate) text: String,
}

impl Output {
    /// Takes output behind this mask.
    pub(crate) fn behind(mask: Mask) -> Self {
        Self { mask, ..Self::default() }
    }

    /// Takes a line of the runner's own, after what came so far: nothing goes on across it.
    pub(crate) fn mark(&mut self, line: &str) {
        let rest = self.mask.finish();
        self.take(&rest);
        let last = self.tail.back().or(self.head.last());
        let break_before = if matches!(last, None | Some(b'\n')) { "" } else { "\n" };
        self.take(format!("{break_before}{line}\n").as_bytes());
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let masked = self.mask.push(bytes);
        self.take(&masked);
    }

    fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.total_bytes += bytes.len() as u64;
        let (head, tail) = bytes.split_at(bytes.len().min(HALF_BYTES - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend(&tail[tail.len().saturating_sub(HALF_BYTES)..]);
        self.tail.drain(..self.tail.len().saturating_sub(HALF_BYTES));
    }

    /// Ends the taking.
    pub(crate) fn finish(mut self) -> Kept {
        let rest = self.mask.finish();
        self.take(&rest);
        let tail: Vec<u8> = self.tail.into();
        let whole = (self.head.len() + tail.len()) as u64 == self.total_bytes;
        let text = if whole {
            // Joined before it is read as text: a character may lie across the joint.
            let all = units(&[self.head, tail].concat());
            join(&all).unwrap_or_else(|| cut(&all, &all, self.total_bytes))
        } else {
            cut(&units(&self.head), &units(&tail), self.total_bytes)
        };
        Kept { sha256: self.hasher.finalize().into(), text }
    }
}

impl Kept {
    /// The end of the text, as much as a receipt quotes.
    pub(crate) fn quote(&self) -> &str {
        let from = self.text.len().saturating_sub(RECEIPT_OUTPUT_BYTES_MAX);
        &self.text[self.text.ceil_char_boundary(from)..]
    }
}

/// A piece that is shown or left out as one, and how many raw bytes it stands for.
struct Unit {
    raw_bytes: u64,
    shown: String,
}

/// Raw bytes as what is shown of them; it is never shorter.
fn units(raw: &[u8]) -> Vec<Unit> {
    let mut units = Vec::new();
    for chunk in raw.utf8_chunks() {
        units.extend(
            chunk.valid().chars().map(|c| Unit { raw_bytes: c.len_utf8() as u64, shown: show(c) }),
        );
        if !chunk.invalid().is_empty() {
            let raw_bytes = chunk.invalid().len() as u64;
            units.push(Unit { raw_bytes, shown: char::REPLACEMENT_CHARACTER.to_string() });
        }
    }
    units
}

/// A text as it may be sent to a terminal.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(show).collect()
}

/// A character as it may be sent to a terminal: what steers it, and what turns the direction of the
/// text around, is shown as an escape.
fn show(c: char) -> String {
    let steers = c.is_control() && !matches!(c, '\n' | '\t');
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}');
    if steers || turns { c.escape_default().to_string() } else { c.to_string() }
}

/// All of it, if it is not too much.
fn join(units: &[Unit]) -> Option<String> {
    let bytes: usize = units.iter().map(|unit| unit.shown.len()).sum();
    (bytes <= STEP_OUTPUT_BYTES_MAX).then(|| units.iter().map(|unit| unit.shown.as_str()).collect())
}

/// The beginning of one and the end of the other, with a mark between that says how many raw bytes
/// of `total_bytes` are not shown.
fn cut(beginning: &[Unit], end: &[Unit], total_bytes: u64) -> String {
    const ROOM_BYTES: usize = (STEP_OUTPUT_BYTES_MAX - MARK_BYTES_MAX) / 2;
    let head = fitting(beginning.iter(), ROOM_BYTES);
    let mut tail = fitting(end.iter().rev(), ROOM_BYTES);
    tail.reverse();
    let shown_bytes: u64 = head.iter().chain(&tail).map(|unit| unit.raw_bytes).sum();
    let left_out = total_bytes.saturating_sub(shown_bytes);
    let text = |units: &[&Unit]| units.iter().map(|unit| unit.shown.as_str()).collect::<String>();
    format!("{}\n[... {left_out} bytes left out ...]\n{}", text(&head), text(&tail))
}

/// The first of `units` that fit into `room_bytes`.
fn fitting<'a>(units: impl Iterator<Item = &'a Unit>, room_bytes: usize) -> Vec<&'a Unit> {
    let mut bytes = 0;
    let fits = |unit: &&Unit| {
        bytes += unit.shown.len();
        bytes <= room_bytes
    };
    units.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pieces: &[&[u8]]) -> Kept {
        let mut output = Output::default();
        for piece in pieces {
            output.push(piece);
        }
        output.finish()
    }

    #[test]
    fn an_output_that_fits_is_kept_as_it_is() {
        for text in ["", "a", "a\nb\tc", "häß 本番"] {
            let kept = kept(&[text.as_bytes()]);
            assert_eq!(kept.text, text);
            assert_eq!(kept.quote(), text);
            assert_eq!(kept.sha256, schema::hash::sha256(&[text.as_bytes()]));
        }
        let full = "x".repeat(STEP_OUTPUT_BYTES_MAX);
        assert_eq!(kept(&[full.as_bytes()]).text, full);
    }

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_sent() {
        let kept = kept(&[b"\x1b[31mred\x07\r\n\x9b", "\u{202e}\u{9b}\u{7f}".as_bytes()]);
        assert_eq!(kept.text, "\\u{1b}[31mred\\u{7}\\r\n\u{fffd}\\u{202e}\\u{9b}\\u{7f}");
    }

    #[test]
    fn a_character_in_pieces_is_one_character() {
        let mut text = "x".repeat(HALF_BYTES - 1).into_bytes();
        text.extend("ö!".as_bytes());
        let (one, other) = text.split_at(HALF_BYTES);
        assert_eq!(kept(&[one, other]).text.as_bytes(), text);
        assert_eq!(kept(&[b"\xc3", b"\xb6"]).text, "ö");
    }

    #[test]
    fn of_too_much_the_beginning_and_the_end_are_kept_and_the_cut_is_marked() {
        let long = "0123456789ö".repeat(50_000);
        for size in [1, 3000, 100_000, long.len()] {
            let pieces: Vec<_> = long.as_bytes().chunks(size).collect();
            let kept = kept(&pieces);
            assert!(kept.text.len() <= STEP_OUTPUT_BYTES_MAX);
            assert!(kept.text.len() > STEP_OUTPUT_BYTES_MAX - 2 * MARK_BYTES_MAX);
            assert!(!kept.text.contains('\u{fffd}'));
            assert_eq!(kept.sha256, schema::hash::sha256(&[long.as_bytes()]));
            let (head, rest) = kept.text.split_once("\n[... ").expect("a mark");
            let (count, tail) = rest.split_once(" bytes left out ...]\n").expect("a mark");
            assert!(long.starts_with(head) && long.ends_with(tail));
            let count: usize = count.parse().expect("a number");
            assert_eq!(head.len() + count + tail.len(), long.len());
            assert_eq!(kept.quote().len().div_ceil(12), RECEIPT_OUTPUT_BYTES_MAX.div_ceil(12));
            assert!(kept.text.ends_with(kept.quote()));
        }
    }

    #[test]
    fn what_grows_by_escaping_stays_within_the_limit() {
        for count in [9_000, HALF_BYTES, 2 * HALF_BYTES, 9 * HALF_BYTES] {
            let kept = kept(&[&vec![0x1b; count]]);
            assert!(kept.text.len() <= STEP_OUTPUT_BYTES_MAX, "{count}");
            assert_eq!(kept.text.contains("left out"), count * 6 > STEP_OUTPUT_BYTES_MAX);
        }
    }
}
