//! Names that people take for one another.

/// Characters that are drawn over or under the one before: an accent may be a character of its own.
const MARKS: [(u32, u32); 5] =
    [(0x300, 0x36f), (0x1ab0, 0x1aff), (0x1dc0, 0x1dff), (0x20d0, 0x20ff), (0xfe20, 0xfe2f)];

/// Whether people may take one name for the other.
///
/// Case, accents and what kind of space is between words do not tell two names apart, nor do `1`,
/// `l` and `I` or `0` and `O`. A letter from outside ASCII may look like any letter of it, as those
/// of Cyrillic and Greek do: no table of them is ever complete, and a name that is refused without
/// need is given anew in a moment. Two different letters from outside ASCII are told apart. What
/// still looks alike (`rn` and `m`) has another fingerprint, which is shown beside every name of a
/// peer where links are.
pub(crate) fn look_alike(one: &str, other: &str) -> bool {
    let (one, other) = (seen(one), seen(other));
    let same = |(a, b): (&char, &char)| a == b || a.is_ascii() != b.is_ascii();
    one.len() == other.len() && one.iter().zip(&other).all(same)
}

/// A name as it is seen at a glance.
fn seen(name: &str) -> Vec<char> {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    let words = words.join(" ");
    let drawn = words.chars().filter(|c| !is_mark(*c));
    let glance = drawn.map(|c| match c {
        '0' => 'o',
        '1' | 'i' | '|' => 'l',
        other => other,
    });
    glance.collect()
}

fn is_mark(c: char) -> bool {
    MARKS.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t26_names_that_differ_in_what_nobody_sees_look_alike() {
        for (one, other) in [
            ("Prod EU", "prod eu"),
            ("Prod EU", "Prod\u{a0}\u{2003}EU"),
            ("Prod 10", "Prod IO"),
            // A Cyrillic о, a Greek ο, and a name that is Cyrillic but for one letter.
            ("Prod", "Pr\u{43e}d"),
            ("Prod", "Pr\u{3bf}d"),
            ("Cope", "\u{421}o\u{440}\u{435}"),
            // é as one character and as two, and as nothing.
            ("Caf\u{e9}", "Cafe\u{301}"),
            ("Caf\u{e9}", "Cafe"),
            ("\u{130}zmir", "Izmir"),
        ] {
            assert!(look_alike(one, other) && look_alike(other, one), "{one:?} {other:?}");
        }
    }

    #[test]
    fn names_that_people_tell_apart_do_not_look_alike() {
        for (one, other) in [
            ("Prod EU", "Prod US"),
            ("Prod 1", "Prod 2"),
            ("Prod", "Prod EU"),
            ("ProdEU", "Prod EU"),
            ("\u{6771}\u{4eac}", "\u{5927}\u{962a}"),
            ("M\u{fc}nchen", "Munster"),
        ] {
            assert!(!look_alike(one, other) && !look_alike(other, one), "{one:?} {other:?}");
        }
    }
}
