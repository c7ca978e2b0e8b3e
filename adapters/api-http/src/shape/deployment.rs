//! Deployments of a space.

use super::journey::person;
use engine::decide::rights::Rights;
use engine::engine::Engine;
use engine::state::State;
use engine::state::cells::{Deployment as Known, Running};
use schema::id::Position;
use schema::latest::{Receipt, StepReport, TargetReport};
use schema::v1::document::receipt::DeployedBy;
use schema::v1::model::Work;
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
    /// For which tenant, if for one.
    pub tenant: Option<String>,
    /// `running`, `succeeded`, `failed`, `interrupted` or `cancelled`.
    pub outcome: String,
    /// The manual step for which it waits, if it does.
    pub waits: Option<Manual>,
    /// Who asked to end it, if somebody did.
    pub cancelled_by: Option<String>,
    /// Why.
    #[serde(default)]
    pub cancel_reason: Option<String>,
    /// Who began it; none for policy.
    pub by: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// The id of its receipt.
    pub receipt: Option<String>,
    /// The targets of the environment, where it has any.
    pub targets: Vec<Target>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A manual step that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// Its name.
    pub step: String,
    /// What is to be done.
    pub instructions: String,
}

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Whether it was up when the deployment began.
    pub up: bool,
    /// How its steps ended; none where it was left out.
    pub outcome: Option<String>,
}

/// A value that a step passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutput {
    /// Its name.
    pub name: String,
    /// Its value, secrets masked.
    pub value: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// For which target, if for one.
    pub target: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed, where the exit code does not say.
    pub reason: Option<String>,
    /// The end of its output.
    pub output: Option<String>,
    /// What it passed on to later steps.
    pub outputs: Vec<StepOutput>,
    /// Who answered it, where it was done by a person.
    pub answered_by: Option<String>,
}

/// Shows every deployment that may be seen, newest first.
#[must_use]
pub fn list(engine: &Engine, rights: &Rights) -> Vec<Deployment> {
    let seen = engine.state().cells.deployments().filter(|(_, known)| {
        let cell = &known.cell;
        rights.see_cell(&cell.project, cell.space, &cell.slot.environment)
    });
    let mut all: Vec<Deployment> = seen.map(|(at, known)| show(engine, *at, known)).collect();
    all.reverse();
    all
}

/// Shows one deployment.
#[must_use]
pub fn show(engine: &Engine, at: Position, known: &Known) -> Deployment {
    let state = engine.state();
    let receipt = known.proof.as_ref().map(|proof| &proof.receipt);
    let outcome = receipt.map_or("running", |receipt| receipt.outcome.as_str());
    let running = state.cells.get(&known.cell).and_then(|cell| cell.running.as_ref());
    let running = running.filter(|running| running.deployment.position == at && receipt.is_none());
    let cancelled = known.cancelled.as_ref();
    let by = match receipt {
        Some(receipt) => by(receipt),
        None => running.and_then(|running| person(&running.by)),
    };
    Deployment {
        deployment: at.0,
        owner: state.name_of(&known.cell.project.space),
        project: known.cell.project.name.to_string(),
        version: known.version.to_string(),
        environment: known.cell.slot.environment.to_string(),
        tenant: known.cell.slot.tenant.as_ref().map(ToString::to_string),
        outcome: outcome.to_owned(),
        waits: running.and_then(|running| manual(state, running)),
        cancelled_by: cancelled.and_then(|(by, _)| person(by)),
        cancel_reason: cancelled.map(|(_, why)| why.to_string()),
        by,
        finished_at: receipt.map(|receipt| super::time(receipt.finished_ms)),
        receipt: known.proof.as_ref().map(|proof| proof.document.id().to_string()),
        targets: receipt.map(targets).unwrap_or_default(),
        steps: receipt.map(steps).unwrap_or_default(),
    }
}

/// The manual step for which a deployment waits. A release that was revised meanwhile may have
/// other instructions: those that are run are of the revision with the digest that was deployed.
fn manual(state: &State, running: &Running) -> Option<Manual> {
    let name = running.awaits.as_ref()?;
    let release = state.releases.get(&running.release)?;
    let snapshot = release.snapshot_of(&running.digest)?;
    let step = snapshot.steps.iter().find(|step| step.name == *name)?;
    let Work::Manual(instructions) = &step.work else { return None };
    Some(Manual { step: name.to_string(), instructions: instructions.to_string() })
}

/// Who deployed; none where policy did.
pub(crate) fn by(receipt: &Receipt) -> Option<String> {
    match &receipt.by {
        DeployedBy::Person(name) => Some(name.to_string()),
        DeployedBy::Policy => None,
        DeployedBy::Undisclosed => Some("not disclosed".to_owned()),
    }
}

fn targets(receipt: &Receipt) -> Vec<Target> {
    let target = |target: &TargetReport| Target {
        name: target.name.to_string(),
        up: target.up,
        outcome: target.outcome.map(|outcome| outcome.as_str().to_owned()),
    };
    receipt.targets.iter().map(target).collect()
}

fn steps(receipt: &Receipt) -> Vec<Step> {
    let output = |output: &schema::v1::document::receipt::StepOutput| StepOutput {
        name: output.name.to_string(),
        value: output.value.to_string(),
    };
    let step = |step: &StepReport| Step {
        name: step.name.to_string(),
        target: step.target.as_ref().map(ToString::to_string),
        outcome: step.outcome.as_str().to_owned(),
        attempts: step.attempts,
        exit_code: step.exit_code,
        duration_ms: step.duration_ms,
        reason: step.reason.as_ref().map(ToString::to_string),
        output: step.output.as_ref().map(ToString::to_string),
        outputs: step.outputs.iter().map(output).collect(),
        answered_by: step.answered_by.as_ref().map(ToString::to_string),
    };
    receipt.steps.iter().map(step).collect()
}
