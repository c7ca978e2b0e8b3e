//! What the engine asks a runner to do, and what the runner answers.

use crate::trust::secret::SecretValue;
use schema::id::Position;
use schema::latest::{Outcome, StepReport};
use schema::name::Name;
use schema::v1::model::{Package, ReleaseId, Step, Variable};

/// One deployment, ready to be run. It is handed out only after `deployment.started` is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where the deployment began in the log; unique in this space.
    pub deployment: Position,
    /// What is deployed.
    pub release: ReleaseId,
    /// Where.
    pub environment: Name,
    /// The steps, in order; the first that fails ends the deployment.
    pub steps: Vec<Step>,
    /// What the steps see beside the runner's own variables.
    pub variables: Vec<Variable>,
    /// What they see beside that and nobody else may.
    pub secrets: Vec<(Name, SecretValue)>,
    /// The packages; each is proven by its hash before the first step.
    pub packages: Vec<Package>,
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
    /// The steps that were begun, and first of all the check of the packages where it failed.
    pub steps: Vec<StepReport>,
}
