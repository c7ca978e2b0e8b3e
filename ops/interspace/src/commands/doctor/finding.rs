//! One thing that was looked at.

use serde::Serialize;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Advice,
    /// It does not work, or will not for long.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What it belongs to.
    pub(super) about: &'static str,
    pub(super) state: State,
    pub(super) what: String,
    /// What to do next; none where nothing has to be done.
    pub(super) hint: Option<String>,
}

impl Finding {
    pub(super) fn good(about: &'static str, what: impl Into<String>) -> Self {
        Self { about, state: State::Good, what: what.into(), hint: None }
    }

    pub(super) fn advice(
        about: &'static str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { about, state: State::Advice, what: what.into(), hint: Some(hint.into()) }
    }

    pub(super) fn problem(
        about: &'static str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { state: State::Problem, ..Self::advice(about, what, hint) }
    }
}
