//! Deployments of a space.

use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::state::cells::Deployment as Known;
use schema::id::Position;
use schema::latest::Receipt;
use schema::v1::document::receipt::DeployedBy;
use serde::{Deserialize, Serialize};

/// One deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its number: the Position at which it began.
    pub deployment: u64,
    /// The space that owns the project.
    pub owner: String,
    /// The project.
    pub project: String,
    /// The version.
    pub version: String,
    /// Where.
    pub environment: String,
    /// `running`, `succeeded`, `failed` or `interrupted`.
    pub outcome: String,
    /// Who began it; none for policy.
    pub by: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// The id of its receipt.
    pub receipt: Option<String>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: String,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed, where the exit code does not say.
    pub reason: Option<String>,
    /// The end of its output.
    pub output: Option<String>,
}

/// Shows every deployment that may be seen, newest first.
#[must_use]
pub fn list(engine: &Engine, rights: &Rights) -> Vec<Deployment> {
    let seen = engine.state().cells.deployments().filter(|(_, known)| {
        let cell = &known.cell;
        rights.see_cell(&cell.project, cell.space, &cell.environment)
    });
    let mut all: Vec<Deployment> = seen.map(|(at, known)| show(engine, *at, known)).collect();
    all.reverse();
    all
}

/// Shows one deployment.
#[must_use]
pub fn show(engine: &Engine, at: Position, known: &Known) -> Deployment {
    let receipt = known.proof.as_ref().map(|proof| &proof.receipt);
    let outcome = receipt.map_or("running", |receipt| receipt.outcome.as_str());
    Deployment {
        deployment: at.0,
        owner: engine.state().name_of(&known.cell.project.space),
        project: known.cell.project.name.to_string(),
        version: known.version.to_string(),
        environment: known.cell.environment.to_string(),
        outcome: outcome.to_owned(),
        by: receipt.and_then(by),
        finished_at: receipt.map(|receipt| super::time(receipt.finished_ms)),
        receipt: known.proof.as_ref().map(|proof| proof.document.id().to_string()),
        steps: receipt.map(steps).unwrap_or_default(),
    }
}

fn by(receipt: &Receipt) -> Option<String> {
    match &receipt.by {
        DeployedBy::Person(name) => Some(name.to_string()),
        DeployedBy::Policy | DeployedBy::Undisclosed => None,
    }
}

fn steps(receipt: &Receipt) -> Vec<Step> {
    let step = |step: &schema::latest::StepReport| Step {
        name: step.name.to_string(),
        outcome: step.outcome.as_str().to_owned(),
        exit_code: step.exit_code,
        duration_ms: step.duration_ms,
        reason: step.reason.as_ref().map(ToString::to_string),
        output: step.output.as_ref().map(ToString::to_string),
    };
    receipt.steps.iter().map(step).collect()
}
