//! Whether a release may be run in an environment, and with which values.

use crate::command::Rejection;
use crate::decide::{Draft, Given, secret};
use crate::progress::{Place, why_not};
use crate::state::State;
use crate::state::cells::CellId;
use crate::state::releases::{Answer, Release, Source};
use schema::id::Position;
use schema::latest::{Actor, Event, Outcome};
use schema::name::Name;
use schema::v1::event::DeploymentStarted;
use schema::v1::model::{ReleaseId, TemplateValue, Variable};

/// Begins a deployment.
///
/// # Errors
/// When the environment or an earlier phase forbids it, another deployment of the project runs
/// there, a package has not arrived, a required value is missing, or a secret cannot be opened.
pub fn deploy(
    given: Given<'_>,
    actor: &Actor,
    id: &ReleaseId,
    environment: &Name,
    restarts: u32,
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let Some(release) = state.releases.get(id) else {
        return Err(Rejection::not_found("there is no such release", "`interspace release list`"));
    };
    let name = format!("{} {}", id.project.name, id.version);
    answered(release, &name)?;
    let place = Place::Environment(environment.clone());
    if let Some(why) = why_not(state, id, &place) {
        return Err(Rejection::conflict(
            format!("{name} cannot be deployed to {environment}: {why}"),
            format!("`interspace release show {name}` shows what is missing"),
        ));
    }
    let cell =
        CellId { project: id.project.clone(), space: state.me(), environment: environment.clone() };
    let mut running = state.cells.running();
    // One deployment at a time in an environment, whatever the project.
    if let Some((_, running)) = running.find(|(other, _)| other.environment == cell.environment) {
        let ReleaseId { project, version } = &running.release;
        return Err(Rejection::not_yet(
            format!("{} {version} is being deployed to {environment}", project.name),
            "wait for it: `interspace deployment list`",
        ));
    }
    let missing =
        release.snapshot.packages.iter().find(|package| !state.objects.contains(&package.object));
    if let Some(package) = missing {
        return Err(Rejection::not_yet(
            format!("package {} {} is still on its way", package.id, package.version),
            "wait for it; `interspace inbox show` tells how much is here",
        ));
    }
    // They are not written down again: whoever runs it opens them then.
    secret::values(given, id, release)?;
    let event = DeploymentStarted {
        release: id.clone(),
        digest: release.digest,
        environment: environment.clone(),
        variables: variables(state, id, release, environment)?,
        restarts,
    };
    Ok(vec![Draft::internal(actor.clone(), Event::DeploymentStarted(event)).about(release)])
}

fn answered(release: &Release, name: &str) -> Result<(), Rejection> {
    let Source::Imported(import) = &release.source else {
        return Ok(());
    };
    match &import.answer {
        Answer::Accepted { .. } => Ok(()),
        Answer::Waiting => Err(Rejection::conflict(
            format!("{name} waits in the inbox"),
            format!("accept it first: `interspace inbox accept {name}`"),
        )),
        Answer::Rejected { reason } => Err(Rejection::conflict(
            format!("{name} was rejected: {reason}"),
            "deploy another release",
        )),
    }
}

/// What the steps see: the variables of the release, then the values of the environment.
fn variables(
    state: &State,
    id: &ReleaseId,
    release: &Release,
    environment: &Name,
) -> Result<Vec<Variable>, Rejection> {
    let values: &[TemplateValue] = match &release.source {
        Source::Local => state
            .configuration
            .project(&id.project.name)
            .map_or([].as_slice(), |project| project.values.as_slice()),
        Source::Imported(import) => match &import.answer {
            Answer::Accepted { values, .. } => values,
            Answer::Waiting | Answer::Rejected { .. } => &[],
        },
    };
    let mut variables = release.snapshot.variables.clone();
    for template in &release.snapshot.templates {
        let answer = values
            .iter()
            .find(|value| value.template == template.name && value.environment == *environment);
        let value = match answer {
            Some(answer) => answer.value.as_ref(),
            None => template.default.as_ref(),
        };
        match value {
            Some(value) => {
                variables.push(Variable { name: template.name.clone(), value: value.clone() });
            }
            None if template.required => {
                return Err(Rejection::invalid(
                    format!(
                        "{environment} has no value for {} ({})",
                        template.name, template.label
                    ),
                    "give it in space.toml under [[projects.values]] and apply, \
                     or for a project of another space when accepting",
                ));
            }
            None => {}
        }
    }
    Ok(variables)
}

/// Begins again what a stop of the node cut short.
///
/// # Errors
/// When it was not cut short, was begun again already, or too often.
pub fn restart(
    given: Given<'_>,
    actor: &Actor,
    deployment: Position,
) -> Result<Vec<Draft>, Rejection> {
    let nothing = || {
        Rejection::conflict(
            format!("the deployment at Position {deployment} is not to be started again"),
            "start a new one: `interspace deploy`",
        )
    };
    let state = given.state;
    let cut = state.cells.deployment(deployment).ok_or_else(nothing)?;
    let proof = cut.proof.as_ref().ok_or_else(nothing)?;
    let id = &proof.receipt.release;
    let newest = state
        .releases
        .get(id)
        .and_then(|release| release.progress.get(&cut.cell.environment))
        .ok_or_else(nothing)?;
    let restarts = proof.receipt.restarts + 1;
    if newest.deployment != deployment
        || newest.outcome != Some(Outcome::Interrupted)
        || restarts > schema::limits::INTERRUPTED_RESTARTS_MAX
    {
        return Err(nothing());
    }
    let drafts = deploy(given, actor, id, &cut.cell.environment, restarts)?;
    Ok(drafts.into_iter().map(|draft| draft.because(proof.entry)).collect())
}
