//! What the engine asks a runner to do, and what the runner answers.

use crate::trust::secret::SecretValue;
use schema::id::Position;
use schema::latest::{Outcome, StepReport, TargetReport};
use schema::name::{Name, Text};
use schema::v1::model::{Bound, Environment, Package, ReleaseId, Step};

/// One deployment, ready to be run. It is handed out only after `deployment.started` is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where the deployment began in the log; unique in this space.
    pub deployment: Position,
    /// What is deployed.
    pub release: ReleaseId,
    /// Where: the environment with its targets.
    pub environment: Environment,
    /// For which tenant, if for one.
    pub tenant: Option<Name>,
    /// The steps that apply here, in order.
    pub steps: Vec<Step>,
    /// What the steps see beside the runner's own variables.
    pub variables: Vec<Bound>,
    /// What they see beside that and nobody else may.
    pub secrets: Vec<BoundSecret>,
    /// The packages that the steps use; each is proven by its hash before the first step.
    pub packages: Vec<Package>,
}

/// A value as steps of one deployment see it and nobody else may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundSecret {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: SecretValue,
    /// The steps that see it; every step if none is named.
    pub steps: Vec<Name>,
}

/// What a person said about a manual step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualAnswer {
    /// Who.
    pub by: Name,
    /// Whether it was done; the step has failed if not.
    pub done: bool,
    /// What there is to say about it.
    pub note: Text,
}

/// How a deployment went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// When it began, milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended, milliseconds since 1970.
    pub finished_ms: u64,
    /// The packages whose hashes were checked.
    pub proven: Vec<Package>,
    /// The targets of the environment and what became of them.
    pub targets: Vec<TargetReport>,
    /// The steps that were begun, and first of all the check of the packages where it failed.
    pub steps: Vec<StepReport>,
}

/// Names of environment variables that begin so are the runner's.
const RESERVED: &str = "INTERSPACE_";

/// Why a variable cannot be called so; none if it can.
#[must_use]
pub fn name_flaw(name: &str) -> Option<&'static str> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some("is no name of an environment variable: letters, digits and _ only");
    }
    name.starts_with(RESERVED).then_some("begins with INTERSPACE_, which is kept for the runner")
}
