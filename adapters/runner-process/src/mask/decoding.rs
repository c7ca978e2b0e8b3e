//! The forms in which steps write values, read back into the bytes of the values.
//!
//! | form | read as |
//! | --- | --- |
//! | plain | itself |
//! | percent | `%41` is `A`, whatever of it is encoded and in whichever case |
//! | backslash | `\n`, `\"`, `\\`, `\u0041`, pairs of surrogates, as in JSON; `\x` is `x` |
//! | digits of 4 bits | hexadecimal, either case, beginning at either digit |
//! | digits of 6 bits | Base64, both alphabets, beginning at any of four digits, padded or not |
//!
//! Digits go on behind a line break and the blanks behind that: encoders wrap their lines.

use super::digits::Digits;
use super::escapes::{Escape, backslash, percent};

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
            Self::Digits(digits) => digits.finish(),
        }
    }

    /// Whether it reads `byte` as itself while nothing is begun.
    pub(super) const fn is_plain(&self, byte: u8) -> bool {
        match self {
            Self::Plain => true,
            Self::Percent(escape) | Self::Backslash(escape) => escape.is_plain(byte),
            Self::Digits(_) => false,
        }
    }

    /// Where something begins that has been read in part.
    pub(super) fn begun_at(&self) -> Option<u64> {
        match self {
            Self::Plain => None,
            Self::Percent(escape) | Self::Backslash(escape) => escape.begun_at(),
            Self::Digits(digits) => digits.begun_at(),
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
