//! The process of a project: its steps, what each runs, where and when.

use crate::name::{Name, PackageName, Text};
use crate::v1::model::Scope;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Runs a program with arguments; no shell is put in between.
    Run(Vec<Text>),
    /// Waits until a person says that it was done, or that it cannot be.
    Manual(Text),
}

/// When a step is run.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// While nothing has failed.
    #[default]
    Success,
    /// Only after something has failed: it repairs or tells.
    Failure,
    /// Whatever happened: it cleans up.
    Always,
}

/// One step of a process. `S` is where it applies: as people write it in a project, frozen in a
/// release.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step<S = Scope> {
    /// What it is called in receipts.
    pub name: Name,
    /// What it does.
    pub work: Work,
    /// Seconds after which one attempt is ended and has failed. A manual step waits without end.
    pub timeout_s: u32,
    /// How often it is tried again after it failed.
    pub retries: u32,
    /// Seconds between two attempts.
    pub retry_delay_s: u32,
    /// When it is run.
    pub when: Condition,
    /// Where it is run. A step names no steps and has no tenants of other spaces.
    pub scope: S,
    /// On the targets of the environment that have one of these roles, once for each; if none is
    /// named, once for the environment.
    pub roles: Vec<Name>,
    /// The packages that it sees; all of the release if none is named.
    pub packages: Vec<PackageName>,
}

impl<S> Step<S> {
    /// Whether it sees a package of the release.
    #[must_use]
    pub fn uses(&self, package: &PackageName) -> bool {
        self.packages.is_empty() || self.packages.contains(package)
    }
}

impl<S: Default> Step<S> {
    /// A step that runs a program once, everywhere, while nothing has failed.
    #[must_use]
    pub fn running(name: Name, run: Vec<Text>, timeout_s: u32) -> Self {
        Self {
            name,
            work: Work::Run(run),
            timeout_s,
            retries: 0,
            retry_delay_s: 0,
            when: Condition::Success,
            scope: S::default(),
            roles: Vec::new(),
            packages: Vec::new(),
        }
    }
}
