//! One thing that was found, and what to do about it.

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Advice,
    /// Something does not work, or will not for long.
    Problem,
}

/// Something that is known of a server now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What was found, as a sentence.
    pub what: String,
    /// What to do next; empty only where all is good.
    pub hint: String,
    /// Whether nothing else can be found out.
    last: bool,
}

impl Finding {
    pub(crate) fn good(what: impl Into<String>) -> Self {
        Self { severity: Severity::Good, what: what.into(), hint: String::new(), last: false }
    }

    pub(crate) fn advice(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Advice, hint: hint.into(), ..Self::good(what) }
    }

    pub(crate) fn problem(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Problem, hint: hint.into(), ..Self::good(what) }
    }

    /// The same, and nothing else can be found out after it.
    pub(crate) fn and_that_is_all(self) -> Self {
        Self { last: true, ..self }
    }

    pub(crate) fn ends_the_visit(&self) -> bool {
        self.last
    }
}
