//! Why a deployment ends before its first step.

use crate::control::End;

/// Nothing of the deployment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// It cannot be run; the report shows a failed step of the name `stage`.
    Failed {
        /// `packages`, `variables`, `environment` or `targets`.
        stage: &'static str,
        /// What happened.
        reason: String,
    },
    /// Somebody ended it.
    Ended(End),
}

impl Halt {
    /// The check of the packages failed.
    pub(crate) fn packages(reason: impl Into<String>) -> Self {
        Self::Failed { stage: "packages", reason: reason.into() }
    }

    /// The variables cannot be given to a process.
    pub(crate) fn variables(reason: impl Into<String>) -> Self {
        Self::Failed { stage: "variables", reason: reason.into() }
    }

    /// The environment cannot be entered.
    pub(crate) fn environment(reason: impl Into<String>) -> Self {
        Self::Failed { stage: "environment", reason: reason.into() }
    }

    /// Too many targets are down.
    pub(crate) fn targets(reason: impl Into<String>) -> Self {
        Self::Failed { stage: "targets", reason: reason.into() }
    }
}
