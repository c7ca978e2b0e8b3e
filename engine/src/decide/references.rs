//! References between values: `#{NAME}` stands for the value of another name as the same step sees
//! it, `##{` for a plain `#{`. What hangs on a secret is as secret as that.

use crate::command::Rejection;
use schema::limits::TEXT_BYTES_MAX;
use schema::name::Name;
use std::collections::BTreeMap;

/// A reference begins with this and ends with `}`.
const OPEN: &str = "#{";

/// How deep references may go into each other.
pub const DEPTH_MAX: usize = 16;

/// A value before references are replaced.
#[derive(Debug, Clone, Copy)]
pub enum Raw<'a> {
    /// What everybody may read.
    Open(&'a str),
    /// The value, where it is known: a decision needs none.
    Hidden(Option<&'a str>),
}

/// One name as one step sees it.
pub type Names<'a> = BTreeMap<&'a Name, Raw<'a>>;

/// Names as one step sees them, with the values that were worked out so far.
#[derive(Debug)]
pub struct Reading<'a> {
    names: &'a Names<'a>,
    known: BTreeMap<&'a Name, (String, bool)>,
}

impl<'a> Reading<'a> {
    /// A reading of these names, of which none is worked out yet.
    #[must_use]
    pub const fn of(names: &'a Names<'a>) -> Self {
        Self { names, known: BTreeMap::new() }
    }

    /// The value of a name with its references replaced, and whether it hangs on a secret. Each is
    /// worked out once, and none grows beyond what a value may be: references that refer to others
    /// many times are no way to fill the memory.
    ///
    /// # Errors
    /// When a reference leads nowhere, round in a circle or too deep, or a value grows too long.
    pub fn value(&mut self, name: &'a Name, depth: usize) -> Result<(String, bool), Rejection> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let (raw, mut hidden) = match self.names.get(name) {
            Some(Raw::Open(value)) => (*value, false),
            Some(Raw::Hidden(value)) => (value.unwrap_or_default(), true),
            None => ("", false),
        };
        let mut value = String::new();
        // A secret stands for itself.
        let parts = if hidden { vec![Part::Text(raw)] } else { parts(raw) };
        for part in parts {
            match part {
                Part::Text(text) => value.push_str(text),
                Part::Reference(other) => {
                    let (inner, taints) = self.referred(name, other, depth)?;
                    value.push_str(&inner);
                    hidden |= taints;
                }
            }
            if value.len() > TEXT_BYTES_MAX {
                return Err(too_long(name));
            }
        }
        self.known.insert(name, (value.clone(), hidden));
        Ok((value, hidden))
    }

    fn referred(
        &mut self,
        by: &Name,
        other: &str,
        depth: usize,
    ) -> Result<(String, bool), Rejection> {
        let found = other.parse::<Name>().ok();
        let found = found.and_then(|other| self.names.get_key_value(&other));
        let Some((other, _)) = found else {
            return Err(Rejection::invalid(
                format!("{by} refers to {other}, which has no value here"),
                "give it one in this scope, or write ##{ for a plain #{",
            ));
        };
        let depth = depth.checked_sub(1).ok_or_else(|| {
            Rejection::invalid(
                format!("the references of {by} lead round in a circle, or too deep"),
                "let values refer to others that do not refer back to them",
            )
        })?;
        self.value(other, depth)
    }
}

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// What stands for itself.
    Text(&'a str),
    /// The name of another value.
    Reference(&'a str),
}

/// The parts of a value. A `#{` that nothing closes stands for itself.
#[must_use]
pub fn parts(value: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find(OPEN) {
        let (before, after) = (&rest[..at], &rest[at + OPEN.len()..]);
        if let Some(before) = before.strip_suffix('#') {
            parts.extend([Part::Text(before), Part::Text(OPEN)]);
            rest = after;
        } else if let Some(end) = after.find('}') {
            parts.extend([Part::Text(before), Part::Reference(&after[..end])]);
            rest = &after[end + 1..];
        } else {
            break;
        }
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

/// What is said of a value that is too long.
pub fn too_long(name: &Name) -> Rejection {
    Rejection::invalid(
        format!("the value of {name} is too long once its references are replaced"),
        "make it shorter, or put it into a file that a package brings",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<'a>(all: &[(&'a Name, Raw<'a>)]) -> Names<'a> {
        all.iter().copied().collect()
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn a_value_is_read_into_texts_and_references() {
        use Part::{Reference as R, Text as T};
        for (value, expected) in [
            ("", vec![]),
            ("plain", vec![T("plain")]),
            ("#{A}", vec![R("A")]),
            ("x#{A}y#{B}", vec![T("x"), R("A"), T("y"), R("B")]),
            ("##{A}", vec![T("#{"), T("A}")]),
            ("open #{A", vec![T("open #{A")]),
            ("#{}", vec![R("")]),
            ("# {A} #", vec![T("# {A} #")]),
        ] {
            assert_eq!(parts(value), expected, "{value:?}");
        }
    }

    #[test]
    fn what_hangs_on_a_secret_is_hidden_however_long_the_way() {
        let (url, user, pass) = (name("URL"), name("USER"), name("PASS"));
        let all = names(&[
            (&url, Raw::Open("db://#{USER}@host")),
            (&user, Raw::Open("app:#{PASS}")),
            (&pass, Raw::Hidden(Some("s3cret"))),
        ]);
        assert_eq!(Reading::of(&all).value(&url, 4), Ok(("db://app:s3cret@host".to_owned(), true)));
        let open = names(&[(&url, Raw::Open("db://#{USER}")), (&user, Raw::Open("app"))]);
        assert_eq!(Reading::of(&open).value(&url, 4), Ok(("db://app".to_owned(), false)));
    }

    #[test]
    fn a_reference_to_nothing_or_to_itself_is_an_error() {
        let (one, two) = (name("ONE"), name("TWO"));
        let nowhere = names(&[(&one, Raw::Open("#{THREE}"))]);
        assert!(Reading::of(&nowhere).value(&one, 4).unwrap_err().what.contains("THREE"));
        let circle = names(&[(&one, Raw::Open("#{TWO}")), (&two, Raw::Open("#{ONE}"))]);
        assert!(Reading::of(&circle).value(&one, 4).unwrap_err().what.contains("circle"));
    }

    #[test]
    fn references_that_multiply_are_refused_before_they_fill_the_memory() {
        let all: Vec<Name> = (0..6).map(|at| name(&format!("N{at}"))).collect();
        let many: Vec<String> = (1..6).map(|next| format!("#{{N{next}}}").repeat(10_000)).collect();
        let mut bomb: Names<'_> =
            all.iter().zip(&many).map(|(name, value)| (name, Raw::Open(value.as_str()))).collect();
        for last in ["", "x"] {
            bomb.insert(&all[5], Raw::Open(last));
            let read = Reading::of(&bomb).value(&all[0], 16);
            assert_eq!(read.is_ok(), last.is_empty());
        }
    }
}
