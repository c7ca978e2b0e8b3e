//! The forms in which steps write values, read back into the bytes of the values.
//!
//! | form | read as |
//! | --- | --- |
//! | plain | itself |
//! | percent | `%41` is `A`, whatever of it is encoded and in whichever case |
//! | backslash | `\n`, `\"`, `\\`, `\u0041` and pairs of surrogates, as in JSON; `\` and anything else is that |
//! | digits of 4 bits | hexadecimal, either case, beginning at either digit |
//! | digits of 6 bits | Base64, both alphabets, beginning at any of four digits, padded or not |
//!
//! Digits go on behind a line break and the blanks behind that: encoders wrap their lines.

/// Bytes of line breaks and blanks behind them that are passed over, at one place; after more, what
/// follows is something else. It bounds what has to be held back.
pub(super) const GAP_BYTES_MAX: u32 = 64;

/// Bytes of the longest escape: a pair of surrogates.
const ESCAPE_BYTES_MAX: usize = 12;

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A byte, which stands there from `start` to before `end`.
    Byte { byte: u8, start: u64, end: u64 },
    /// Something that is not of this form: nothing goes across it.
    Break,
}

/// Reads one form.
pub(super) enum Decoder {
    Plain,
    Percent(Escape),
    Backslash(Escape),
    Digits(Digits),
}

impl Decoder {
    /// One for each form, and for each place where its digits may begin.
    pub(super) fn all() -> Vec<Self> {
        let hexadecimal = (0..2).map(|skip| Self::Digits(Digits::new(4, skip)));
        let base64 = (0..4).map(|skip| Self::Digits(Digits::new(6, skip)));
        let escapes = [Self::Percent(Escape::new(b'%')), Self::Backslash(Escape::new(b'\\'))];
        [Self::Plain].into_iter().chain(escapes).chain(hexadecimal).chain(base64).collect()
    }

    /// Reads the byte at `at`.
    pub(super) fn push(&mut self, byte: u8, at: u64, emit: &mut impl FnMut(Unit)) {
        match self {
            Self::Plain => emit(Unit::Byte { byte, start: at, end: at + 1 }),
            Self::Percent(escape) => escape.push(byte, at, percent, emit),
            Self::Backslash(escape) => escape.push(byte, at, backslash, emit),
            Self::Digits(digits) => digits.push(byte, at, emit),
        }
    }

    /// Nothing comes any more: reads what was begun.
    pub(super) fn finish(&mut self, emit: &mut impl FnMut(Unit)) {
        match self {
            Self::Plain => {}
            Self::Percent(escape) | Self::Backslash(escape) => escape.flush(emit),
            Self::Digits(digits) => *digits = Digits::new(digits.bits, digits.skip),
        }
    }

    /// Whether it reads `byte` as itself while nothing is begun.
    pub(super) const fn is_plain(&self, byte: u8) -> bool {
        match self {
            Self::Plain => true,
            Self::Percent(escape) | Self::Backslash(escape) => {
                escape.length == 0 && byte != escape.sign
            }
            Self::Digits(_) => false,
        }
    }

    /// Where something begins that has been read in part.
    pub(super) fn begun_at(&self) -> Option<u64> {
        match self {
            Self::Plain => None,
            Self::Percent(escape) | Self::Backslash(escape) => {
                (escape.length > 0).then_some(escape.start)
            }
            Self::Digits(digits) => (digits.held_bits > 0).then_some(digits.start),
        }
    }
}

/// Whether some bytes are an escape.
enum Reading {
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
    const fn new(sign: u8) -> Self {
        Self { sign, begun: [0; ESCAPE_BYTES_MAX], length: 0, start: 0 }
    }

    fn push(&mut self, byte: u8, at: u64, read: fn(&[u8]) -> Reading, emit: &mut impl FnMut(Unit)) {
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

    fn flush(&mut self, emit: &mut impl FnMut(Unit)) {
        for (start, byte) in (self.start..).zip(&self.begun[..self.length]) {
            emit(Unit::Byte { byte: *byte, start, end: start + 1 });
        }
        self.length = 0;
    }
}

fn percent(begun: &[u8]) -> Reading {
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

fn backslash(begun: &[u8]) -> Reading {
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

const fn hexadecimal(byte: u8) -> Option<u8> {
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
    const fn new(bits: u32, skip: u32) -> Self {
        Self { bits, skip, skipped: 0, held: 0, held_bits: 0, start: 0, gap: 0 }
    }

    fn push(&mut self, byte: u8, at: u64, emit: &mut impl FnMut(Unit)) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that are read, and where each stands; a break is an empty place.
    fn read(mut decoder: Decoder, text: &str) -> Vec<(u8, u64, u64)> {
        let mut all = Vec::new();
        let mut emit = |unit| match unit {
            Unit::Byte { byte, start, end } => all.push((byte, start, end)),
            Unit::Break => all.push((b'|', 0, 0)),
        };
        for (at, byte) in (0..).zip(text.bytes()) {
            decoder.push(byte, at, &mut emit);
        }
        decoder.finish(&mut emit);
        assert_eq!(decoder.begun_at(), None);
        all
    }

    fn shown(decoder: Decoder, text: &str) -> String {
        let bytes = read(decoder, text).into_iter().map(|(byte, ..)| byte).collect();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn percent_signs_are_read_in_either_case_and_others_stay() {
        for (text, expected) in [
            ("a%20b%c3%A4", "a bä"),
            ("100% %zz %4 %%41%", "100% %zz %4 %A%"),
            ("%4", "%4"),
            ("%", "%"),
        ] {
            assert_eq!(shown(Decoder::Percent(Escape::new(b'%')), text), expected, "{text}");
        }
    }

    #[test]
    fn escapes_are_read_as_in_json_and_as_shells_write_them() {
        for (text, expected) in [
            (r#"a\"b\\c\/d\n\te"#, "a\"b\\c/d\n\te"),
            (r"\u0041\u00e4\uD83D\uDE00!", "Aä😀!"),
            (r"\u12zz \ud83d\n \ud83d\u0041 \udc00", "\\u12zz \\ud83d\n \\ud83dA \\udc00"),
            (r"a\ b\$c", "a b$c"),
            (r"end\u00", r"end\u00"),
            (r"end\", r"end\"),
        ] {
            assert_eq!(shown(Decoder::Backslash(Escape::new(b'\\')), text), expected, "{text}");
        }
    }

    #[test]
    fn digits_are_read_from_wherever_they_begin_and_across_lines() {
        let digits = |bits, skip| Decoder::Digits(Digits::new(bits, skip));
        assert_eq!(shown(digits(4, 0), "68756E\n  74!6a"), "hunt|j");
        assert_eq!(shown(digits(4, 1), "f6875"), "hu");
        assert_eq!(shown(digits(6, 0), "aHVudA=="), "hunt||");
        assert_eq!(shown(digits(6, 0), "aHV\r\n\tudA"), "hunt");
        assert_eq!(shown(digits(6, 2), "xxaHVudA"), "hunt");
        assert_eq!(read(digits(6, 0), "_-_-"), read(digits(6, 0), "/+/+"));
        let far = format!("6875\n{}6e74", " ".repeat(64));
        assert_eq!(shown(digits(4, 0), &far), "hu|nt");
    }

    #[test]
    fn a_byte_stands_where_all_of_its_digits_stand() {
        let digits = Decoder::Digits(Digits::new(6, 0));
        let places: Vec<_> = read(digits, "aH\nVu").into_iter().map(|(_, a, b)| (a, b)).collect();
        assert_eq!(places, [(0, 2), (1, 4), (3, 5)]);
    }
}
