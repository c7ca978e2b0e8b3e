//! Digits of values that were written in Base64 or hexadecimal.

use super::decoding::Unit;

/// Bytes of line breaks and blanks behind them that are passed over, at one place; after more, what
/// follows is something else. It bounds what has to be held back.
pub(super) const GAP_BYTES_MAX: u32 = 64;

/// What a hexadecimal digit is worth.
pub(super) const fn hexadecimal(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

const fn base64(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// What each byte is worth as a digit: it is asked for each byte of an output, several times.
static HEXADECIMAL: [Option<u8>; 256] = {
    let mut values = [None; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        values[byte as usize] = hexadecimal(byte);
        byte += 1;
    }
    values
};

/// The same for Base64.
static BASE64: [Option<u8>; 256] = {
    let mut values = [None; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        values[byte as usize] = base64(byte);
        byte += 1;
    }
    values
};

/// Reads digits of so many bits.
pub(super) struct Digits {
    bits: u32,
    /// So many digits are passed over at the beginning of each run of them.
    skip: u32,
    skipped: u32,
    /// The bits that are not yet a byte; fewer than eight.
    held: u32,
    held_bits: u32,
    /// Where the digit stands that the first of them is from.
    start: u64,
    /// Bytes passed over since the last digit.
    gap: u32,
}

impl Digits {
    /// Reads digits of so many bits, and passes over so many at the beginning of each run.
    pub(super) const fn new(bits: u32, skip: u32) -> Self {
        Self { bits, skip, skipped: 0, held: 0, held_bits: 0, start: 0, gap: 0 }
    }

    /// Reads the byte at `at`.
    pub(super) fn push(&mut self, byte: u8, at: u64, emit: &mut impl FnMut(Unit)) {
        let values = if self.bits == 4 { &HEXADECIMAL } else { &BASE64 };
        let Some(digit) = values[usize::from(byte)] else {
            let breaks = matches!(byte, b'\n' | b'\r');
            let blank = self.gap > 0 && matches!(byte, b' ' | b'\t');
            if (breaks || blank) && self.gap < GAP_BYTES_MAX {
                self.gap += 1;
            } else {
                *self = Self::new(self.bits, self.skip);
                emit(Unit::Break);
            }
            return;
        };
        self.gap = 0;
        if self.skipped < self.skip {
            self.skipped += 1;
            return;
        }
        if self.held_bits == 0 {
            self.start = at;
        }
        self.held = self.held << self.bits | u32::from(digit);
        self.held_bits += self.bits;
        if self.held_bits >= 8 {
            self.held_bits -= 8;
            let byte = (self.held >> self.held_bits).to_le_bytes()[0];
            self.held &= (1 << self.held_bits) - 1;
            let start = std::mem::replace(&mut self.start, at);
            emit(Unit::Byte { byte, start, end: at + 1 });
        }
    }

    /// Nothing comes any more: what is not yet a byte is none.
    pub(super) const fn finish(&mut self) {
        *self = Self::new(self.bits, self.skip);
    }

    /// Where the byte begins that has been read in part.
    pub(super) fn begun_at(&self) -> Option<u64> {
        (self.held_bits > 0).then_some(self.start)
    }
}
