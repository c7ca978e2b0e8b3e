//! One reading of an output, and how far into a word it is.

use super::automaton::{Automaton, State};
use super::decoding::{Decoder, Unit};
use super::digits::GAP_BYTES_MAX;
use std::collections::VecDeque;
use std::ops::Range;
use zeroize::Zeroizing;

/// Looks for words in what one decoder reads.
pub(super) struct Lane {
    decoder: Decoder,
    place: Place,
}

/// How far into a word the reading is.
struct Place {
    indents: Indents,
    state: State,
    /// Where each letter of the word begins that were read so far.
    starts: VecDeque<u64>,
    /// Where the last of them ends.
    end: u64,
    /// Bytes passed over since: a line break, and blanks behind it.
    gap: u32,
}

/// What becomes of blanks behind line breaks when words are compared. Line breaks themselves come
/// and go where values are wrapped or put on one line, and count for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Indents {
    /// They count for nothing: somebody may have indented the lines.
    Dropped,
    /// They are blanks like others: a line may have been broken before them.
    Kept,
}

impl Indents {
    /// `text` as it is compared.
    pub(super) fn of(self, text: &str) -> Zeroizing<Vec<u8>> {
        let mut after_break = false;
        let mut compared = Zeroizing::new(Vec::with_capacity(text.len()));
        for byte in text.bytes() {
            let indents = after_break && self == Self::Dropped && is_blank(byte);
            after_break = is_break(byte) || indents;
            if !after_break {
                compared.push(byte);
            }
        }
        compared
    }
}

const fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

impl Lane {
    /// A lane for each form in which values are written.
    pub(super) fn all() -> Vec<Self> {
        let lane = |indents| move |decoder| Self { decoder, place: Place::new(indents) };
        let all = Decoder::all().into_iter().map(lane(Indents::Dropped));
        all.chain([lane(Indents::Kept)(Decoder::Plain)]).collect()
    }

    /// Reads the bytes from `at` on; `found` is called with where a word stands that ends in them.
    pub(super) fn push(
        &mut self,
        automaton: &Automaton,
        bytes: &[u8],
        at: u64,
        found: &mut impl FnMut(Range<u64>),
    ) {
        let Self { decoder, place } = self;
        for (at, byte) in (at..).zip(bytes) {
            // Most bytes: they are in no word, and begin none.
            let passes = place.is_idle() && !automaton.begins(*byte) && !is_break(*byte);
            if !passes || !decoder.is_plain(*byte) {
                decoder.push(*byte, at, &mut |unit| place.take(automaton, unit, found));
            }
        }
    }

    /// Nothing comes any more: `found` is called with where the beginning of a word stands that has
    /// at least `letters_min` letters. The lane is as new then.
    pub(super) fn finish(
        &mut self,
        automaton: &Automaton,
        letters_min: usize,
        found: &mut impl FnMut(Range<u64>),
    ) {
        let Self { decoder, place } = self;
        decoder.finish(&mut |unit| place.take(automaton, unit, found));
        if place.starts.len() >= letters_min {
            found(place.starts[0]..place.end);
        }
        *place = Place::new(place.indents);
    }

    /// Where the earliest letter begins that may yet turn out to be part of a word.
    pub(super) fn undecided_from(&self) -> Option<u64> {
        let first = self.place.starts.front().copied();
        first.or_else(|| self.decoder.begun_at())
    }
}

impl Place {
    const fn new(indents: Indents) -> Self {
        Self { indents, state: 0, starts: VecDeque::new(), end: 0, gap: 0 }
    }

    const fn is_idle(&self) -> bool {
        self.state == 0 && self.gap == 0
    }

    fn take(&mut self, automaton: &Automaton, unit: Unit, found: &mut impl FnMut(Range<u64>)) {
        let Unit::Byte { byte, start, end } = unit else { return self.forget() };
        let indents = self.gap > 0 && self.indents == Indents::Dropped && is_blank(byte);
        if is_break(byte) || indents {
            self.gap += 1;
            if self.gap > GAP_BYTES_MAX {
                self.forget();
            }
            return;
        }
        self.gap = 0;
        self.state = automaton.step(self.state, byte);
        let depth = automaton.depth(self.state);
        if depth == 0 {
            return self.starts.clear();
        }
        self.starts.push_back(start);
        // Most of the time there is nothing to drop.
        if self.starts.len() > depth {
            self.starts.drain(..self.starts.len() - depth);
        }
        self.end = end;
        let letters = automaton.found(self.state);
        if letters > 0 {
            found(self.starts[depth - letters]..end);
        }
    }

    fn forget(&mut self) {
        self.state = 0;
        self.starts.clear();
        self.gap = 0;
    }
}
