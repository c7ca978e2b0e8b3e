//! Texts as arguments of a command, so that where each begins and ends is seen.

use schema::name::Text;

/// A text as one argument, as a shell takes it.
#[must_use]
pub fn argument(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A program with its arguments on one line.
#[must_use]
pub fn line(run: &[Text]) -> String {
    run.iter().map(|text| argument(text.as_str())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_what_a_shell_makes_of_it() {
        for (text, shown) in [
            ("plain-1.0", "plain-1.0"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", "'it'\\''s'"),
        ] {
            assert_eq!(argument(text), shown);
        }
    }
}
