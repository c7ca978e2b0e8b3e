//! Names that people give and versions of releases, with a grammar that is checked on every way
//! in.

use crate::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX};
use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A text that breaks a grammar of this file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not {what}: {rule}")]
pub struct BadName {
    text: String,
    what: &'static str,
    rule: &'static str,
}

/// Characters that look like nothing or change how the text around them is shown, by code point.
const HIDDEN: [(u32, u32); 15] = [
    (0xad, 0xad),
    (0x61c, 0x61c),
    (0x115f, 0x1160),
    (0x180e, 0x180e),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff9, 0xfffb),
    (0x1_d173, 0x1_d17a),
    (0xe_0000, 0xe_0fff),
    (0xf_0000, 0x10_ffff),
];

/// Whether a character is a control character, looks like nothing, or changes how the text around
/// it is shown. Names have none; other text is shown with such characters as escapes.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    let code = u32::from(c);
    c.is_control() || HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&code))
}

/// `text` with every hidden character as an escape: nothing in it moves a cursor, turns the line
/// around or looks like nothing. Line breaks and tabs stay.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) && c != '\n' && c != '\t' {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    let text = text.chars().take(NAME_BYTES_MAX).collect();
                    Err(BadName { text, what: $what, rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Encode for $name {
            fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                self.0.encode(encoder)
            }
        }

        impl<C> Decode<C> for $name {
            fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                String::decode(decoder)?.parse().map_err(|_| DecodeError::Other($what))
            }
        }

        impl<'de, C> BorrowDecode<'de, C> for $name {
            fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(
                decoder: &mut D,
            ) -> Result<Self, DecodeError> {
                Self::decode(decoder)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

checked_text!(
    /// The name of a space, project, environment, lifecycle, phase, person or step.
    Name,
    "a name",
    "1 to 128 bytes of visible text, no line breaks, no space at either end, no colon",
    |text| {
        !text.is_empty()
            && text.len() <= NAME_BYTES_MAX
            && text.trim() == text
            && !text.contains(':')
            && !text.chars().any(is_hidden)
    }
);

checked_text!(
    /// The id of a package: safe as the name of a file and as part of an address.
    PackageName,
    "a package id",
    "1 to 128 ASCII letters, digits, dots, dashes and underscores, the first a letter or digit",
    |text| is_file_name(text, b"._-")
);

checked_text!(
    /// The version of a release or of a package. Not only semantic versions: `1.2.3.4`, `v1.2` and
    /// `2024.02.3-rc1` are real. Ordered as people expect: numbers by value, a suffix behind a dash
    /// before the same version without one, what follows a plus sign last.
    Version,
    "a version",
    "1 to 128 ASCII letters, digits, dots, dashes, plus signs and underscores, \
     the first a letter or digit",
    |text| is_file_name(text, b"._-+")
);

checked_text!(
    /// Free text by a person: notes, a reason, a help text, a value.
    Text,
    "a text",
    "at most 64 KiB",
    |text| text.len() <= TEXT_BYTES_MAX
);

fn is_file_name(text: &str, also: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= NAME_BYTES_MAX
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || also.contains(b))
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for PackageName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PackageName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// By core parts, then suffixed ones before the final one, then by the parts of the suffix;
    /// what is equal in all of that, as it is written. Sets of releases compare often: nothing is
    /// allocated here.
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 == other.0 {
            return Ordering::Equal;
        }
        self.precedence(other).then_with(|| self.0.cmp(&other.0))
    }
}

/// One part of a version between dots.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Letters(&'a str),
    /// Without leading zeros, by length and then by digits: numbers of any size.
    Number(usize, &'a str),
}

impl Version {
    /// The order but for how a version is written: `3`, `3.0` and `03.0.0` are one.
    #[must_use]
    pub fn precedence(&self, other: &Self) -> Ordering {
        let ((core, suffix), (its_core, its_suffix)) = (self.split(), other.split());
        significant(core)
            .cmp(significant(its_core))
            .then_with(|| suffix.is_empty().cmp(&its_suffix.is_empty()))
            .then_with(|| parts(suffix).cmp(parts(its_suffix)))
    }

    /// The core and the suffix; build metadata counts for neither.
    fn split(&self) -> (&str, &str) {
        let text = self.0.strip_prefix(['v', 'V']).unwrap_or(&self.0);
        let text = text.split('+').next().unwrap_or_default();
        text.split_once('-').unwrap_or((text, ""))
    }
}

/// The parts of a core without the zeros at its end.
fn significant(core: &str) -> impl Iterator<Item = Part<'_>> {
    let last = parts(core).enumerate().filter(|(_, part)| !matches!(part, Part::Number(0, _)));
    let count = last.last().map_or(0, |(at, _)| at + 1);
    parts(core).take(count)
}

/// Splits at dots, dashes and underscores and between digits and letters.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    text.split(['.', '-', '_']).flat_map(|word| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let digits = rest.bytes().next()?.is_ascii_digit();
            let end = rest.bytes().position(|b| b.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            rest = after;
            Some(if digits {
                let run = run.trim_start_matches('0');
                Part::Number(run.len(), run)
            } else {
                Part::Letters(run)
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect(text)
    }

    #[test]
    fn versions_are_ordered_as_people_expect() {
        let ascending = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-rc1",
            "1.0.0-rc2",
            "1.0.0-rc10",
            "1.0.0",
            "1.0.1",
            "v1.2",
            "1.2.3.4",
            "1.10",
            "2024.02.3-rc1",
            "2024.2.3",
            "99999999999999999999.0",
        ];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn a_version_cannot_leave_its_folder() {
        for text in ["", "..", "../1", "/1", "1/2", "1\0", "1\n", ".1", "-1", "1 2", "\u{661}"] {
            assert!(text.parse::<Version>().is_err(), "{text:?}");
            assert!(text.parse::<PackageName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_visible_text() {
        for text in ["Prod EU", "Münster", "a/b", "本番", "x"] {
            assert!(text.parse::<Name>().is_ok(), "{text:?}");
        }
        for text in
            ["", " a", "a ", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{1b}[31m", "a: b", "a\u{feff}"]
        {
            assert!(text.parse::<Name>().is_err(), "{text:?}");
        }
        assert!("x".repeat(NAME_BYTES_MAX + 1).parse::<Name>().is_err());
    }
}
