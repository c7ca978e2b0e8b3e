//! What is asked of a space under load, and what its runner answers: the only place here that fills
//! in commands and reports.

use super::definitions;
use crate::Failure;
use crate::history::NOW;
use engine::command::{Command, ReleaseName};
use engine::run::{Plan, Report};
use engine::step::Input;
use schema::hash::sha256;
use schema::latest::model::HexHash;
use schema::latest::{Outcome, StepReport};
use schema::name::{Name, Text};
use schema::v1::model::Step;

/// Pushes the package of a release.
pub(super) fn push(project: u32, release: u32) -> Result<Command, Failure> {
    Ok(Command::PushPackage { package: definitions::package(project, release)? })
}

/// Creates a release.
pub(super) fn create(project: u32, release: u32) -> Result<Command, Failure> {
    Ok(Command::CreateRelease {
        project: definitions::project_name(project)?,
        version: definitions::version(release)?,
        notes: "What changed, in a line.".parse()?,
        packages: Vec::new(),
        channel: None,
        revise: false,
    })
}

/// Deploys a release in an environment.
pub(super) fn deploy(project: u32, release: u32, environment: &Name) -> Result<Command, Failure> {
    let release =
        ReleaseName::new(None, definitions::project_name(project)?, definitions::version(release)?);
    let environment = environment.clone();
    Ok(Command::Deploy { release, environment, tenant: None, bypass: None })
}

/// What a runner says of a deployment in which everything went well.
pub(super) fn ended(plan: &Plan) -> Result<Input, Failure> {
    let report = Report {
        outcome: Outcome::Succeeded,
        started_ms: NOW.wall_ms,
        finished_ms: NOW.wall_ms + 2_000,
        proven: plan.packages.clone(),
        targets: Vec::new(),
        steps: plan.steps.iter().map(succeeded).collect::<Result<_, _>>()?,
    };
    Ok(Input::Ended { deployment: plan.deployment, report })
}

fn succeeded(step: &Step) -> Result<StepReport, Failure> {
    let output: Text = format!("{} is done\n", step.name).parse()?;
    Ok(StepReport {
        name: step.name.clone(),
        target: None,
        outcome: Outcome::Succeeded,
        attempts: 1,
        exit_code: Some(0),
        duration_ms: 1_000,
        output_sha256: HexHash(sha256(&[output.as_str().as_bytes()])),
        output: Some(output),
        reason: None,
        outputs: Vec::new(),
        answered_by: None,
    })
}
