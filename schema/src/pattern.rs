//! Patterns of names: a name in which `*` stands for any run of characters, also for none.
//!
//! All else stands for itself, letter by letter; there are no other signs, and no way to write a
//! `*` that is one. A pattern covers a whole name and not a part of it.

use crate::name::Name;

/// Whether `pattern` covers `name`. It takes time with the product of their lengths at the most,
/// whoever wrote the pattern.
#[must_use]
pub fn covers(pattern: &Name, name: &Name) -> bool {
    let (pattern, name) = (pattern.as_str().as_bytes(), name.as_str().as_bytes());
    let (mut at, mut read) = (0, 0);
    // The newest asterisk, and up to where it was tried: only that one ever takes more.
    let mut asterisk: Option<(usize, usize)> = None;
    while read < name.len() {
        if pattern.get(at) == Some(&b'*') {
            asterisk = Some((at, read));
            at += 1;
        } else if pattern.get(at) == Some(&name[read]) {
            at += 1;
            read += 1;
        } else if let Some((star, tried)) = &mut asterisk {
            *tried += 1;
            (at, read) = (*star + 1, *tried);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|sign| *sign == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(pattern: &str, name: &str) -> bool {
        covers(&pattern.parse().unwrap(), &name.parse().unwrap())
    }

    #[test]
    fn an_asterisk_stands_for_any_run_and_all_else_for_itself() {
        for (pattern, name) in [
            ("*", "Web"),
            ("Web", "Web"),
            ("Web*", "Web"),
            ("Web*", "Web shop"),
            ("*shop", "Web shop"),
            ("*b*s*", "Web shop"),
            ("W**b", "Web"),
            ("*本*", "日本語"),
            ("a*ab", "aaab"),
            ("[a-z].+", "[a-z].+"),
        ] {
            assert!(is(pattern, name), "{pattern} covers {name}");
        }
        for (pattern, name) in [
            ("Web", "Web shop"),
            ("web", "Web"),
            ("*shop", "Web shops"),
            ("W*b", "Web shop"),
            ("a*a", "a"),
            ("?eb", "Web"),
            ("[a-z]*", "Web"),
            (".*", "Web"),
        ] {
            assert!(!is(pattern, name), "{pattern} does not cover {name}");
        }
    }

    #[test]
    fn t14_a_pattern_of_many_asterisks_is_not_slow() {
        let pattern = "a*".repeat(60) + "b";
        assert!(!is(&pattern, &"a".repeat(128)));
    }
}
