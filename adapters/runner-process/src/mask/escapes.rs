//! Escapes in texts: percent signs of addresses, and backslashes as in JSON.

use super::decoding::Unit;
use super::digits::hexadecimal;

/// Bytes of the longest escape: a pair of surrogates.
const ESCAPE_BYTES_MAX: usize = 12;

/// Whether some bytes are an escape.
pub(super) enum Reading {
    /// More of them have to be known.
    Begun,
    /// They stand for this.
    Whole([u8; 4], usize),
    /// They are none.
    Other,
}

/// Reads escapes, each of which begins with a sign.
pub(super) struct Escape {
    sign: u8,
    begun: [u8; ESCAPE_BYTES_MAX],
    length: usize,
    start: u64,
}

impl Escape {
    /// Reads those that begin with `sign`.
    pub(super) const fn new(sign: u8) -> Self {
        Self { sign, begun: [0; ESCAPE_BYTES_MAX], length: 0, start: 0 }
    }

    /// Reads the byte at `at`; `read` knows what an escape is.
    pub(super) fn push(
        &mut self,
        byte: u8,
        at: u64,
        read: fn(&[u8]) -> Reading,
        emit: &mut impl FnMut(Unit),
    ) {
        if self.length == 0 {
            if byte != self.sign {
                return emit(Unit::Byte { byte, start: at, end: at + 1 });
            }
            self.start = at;
        }
        self.begun[self.length] = byte;
        self.length += 1;
        match read(&self.begun[..self.length]) {
            Reading::Begun => {}
            Reading::Whole(bytes, count) => {
                self.length = 0;
                for byte in &bytes[..count] {
                    emit(Unit::Byte { byte: *byte, start: self.start, end: at + 1 });
                }
            }
            Reading::Other => {
                // The sign stands for itself, and what is behind it may hold another.
                let (begun, length, start) = (self.begun, self.length, self.start);
                self.length = 0;
                emit(Unit::Byte { byte: self.sign, start, end: start + 1 });
                for (at, byte) in (start + 1..).zip(&begun[1..length]) {
                    self.push(*byte, at, read, emit);
                }
            }
        }
    }

    /// Whether it may yet pass over `byte`: nothing is begun, and it begins nothing.
    pub(super) const fn is_plain(&self, byte: u8) -> bool {
        self.length == 0 && byte != self.sign
    }

    /// Where the escape begins that has been read in part.
    pub(super) fn begun_at(&self) -> Option<u64> {
        (self.length > 0).then_some(self.start)
    }

    /// Nothing comes any more: what was begun is none.
    pub(super) fn flush(&mut self, emit: &mut impl FnMut(Unit)) {
        for (start, byte) in (self.start..).zip(&self.begun[..self.length]) {
            emit(Unit::Byte { byte: *byte, start, end: start + 1 });
        }
        self.length = 0;
    }
}

/// Reads `%41`.
pub(super) fn percent(begun: &[u8]) -> Reading {
    match begun {
        [_] => Reading::Begun,
        [_, one] if hexadecimal(*one).is_some() => Reading::Begun,
        [_, one, two] => match (hexadecimal(*one), hexadecimal(*two)) {
            (Some(one), Some(two)) => Reading::Whole([one << 4 | two, 0, 0, 0], 1),
            _ => Reading::Other,
        },
        _ => Reading::Other,
    }
}

/// Reads what begins with a backslash.
pub(super) fn backslash(begun: &[u8]) -> Reading {
    match begun {
        [_] | [_, b'u'] => Reading::Begun,
        [_, b'u', digits @ ..] => surrogates(digits),
        [_, letter, ..] => Reading::Whole([unescaped(*letter), 0, 0, 0], 1),
        [] => Reading::Other,
    }
}

/// What follows `\u`: four digits, and where they are the first half of a pair the other half.
fn surrogates(begun: &[u8]) -> Reading {
    let (first, rest) = begun.split_at(begun.len().min(4));
    let Some(first_value) = number(first) else { return Reading::Other };
    if first.len() < 4 {
        return Reading::Begun;
    }
    if !(0xd800..0xdc00).contains(&first_value) {
        return character(first_value);
    }
    let Some(second) = rest.strip_prefix(b"\\u") else {
        return if b"\\u".starts_with(rest) { Reading::Begun } else { Reading::Other };
    };
    match number(second) {
        Some(_) if second.len() < 4 => Reading::Begun,
        Some(low @ 0xdc00..0xe000) => {
            character(0x1_0000 + ((first_value - 0xd800) << 10) + (low - 0xdc00))
        }
        Some(_) | None => Reading::Other,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| Some(sum << 4 | u32::from(hexadecimal(*digit)?)))
}

fn character(code: u32) -> Reading {
    let Some(character) = char::from_u32(code) else { return Reading::Other };
    let mut bytes = [0; 4];
    let count = character.encode_utf8(&mut bytes).len();
    Reading::Whole(bytes, count)
}

const fn unescaped(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        other => other,
    }
}
