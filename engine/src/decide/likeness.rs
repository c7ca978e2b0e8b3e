//! Names that people take for one another.

use unicode_security::skeleton;

/// Whether people may take one name for the other.
///
/// Two names are compared by their skeletons, in which characters that look alike are one (Unicode
/// Technical Standard 39, section 4): a Cyrillic o and a Latin one, `rn` and `m`, `0` and `O`. Case
/// and what kind of space is between words do not tell them apart either. Accents do: they are
/// seen. No table of this is ever complete, which is why fingerprints are shown beside the names of
/// peers.
pub(crate) fn look_alike(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    // Once as they stand and once in small letters: `I` looks like `l`, and `i` does not.
    let drawn = |name: &str| skeleton(name).collect::<String>().to_lowercase();
    let small = |name: &str| skeleton(&name.to_lowercase()).collect::<String>();
    drawn(&one) == drawn(&other) || small(&one) == small(&other)
}

fn words(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
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
            // é as one character and as two.
            ("Caf\u{e9}", "Cafe\u{301}"),
            ("PROD I", "prod i"),
            ("Prod corn", "Prod com"),
            ("\u{ff30}\u{ff32}\u{ff2f}\u{ff24}", "PROD"),
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
            ("\u{6771}\u{4eac}", "EU"),
            ("Caf\u{e9}", "Cafe"),
            ("M\u{fc}nchen", "Munster"),
        ] {
            assert!(!look_alike(one, other) && !look_alike(other, one), "{one:?} {other:?}");
        }
    }
}
