//! `deploy` and `deployment`: run a release in an environment, and see how it went.

use crate::cli::{Deploy, Deployment as Verb};
use crate::client::Client;
use crate::commands::release::{meant, say};
use crate::commands::slot;
use crate::failure::{Failure, code};
use crate::output::{Output, moment, table, visible};
use api_http::shape::command::{Ask, Did};
use api_http::shape::deployment::{Deployment, Manual, Step, StepOutput, Target};
use engine::argument::argument;
use schema::name::{Name, Text};
use std::time::Duration;

/// Pause between two looks at a deployment that runs.
const LOOK: Duration = Duration::from_millis(50);

/// Deploys, and waits for the end unless told otherwise. Where it waits for a person, it says so.
pub(super) fn deploy(what: &Deploy, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let release = meant(client, &what.release)?;
    let place = slot(what.to.as_str(), what.tenant.as_ref().map(Name::as_str));
    let words = format!("{} {} to {place}", release.project, release.version);
    let (environment, tenant) = (what.to.clone(), what.tenant.clone());
    let bypass = what.bypass.clone();
    let did = client.ask(Ask::Deploy { release, environment, tenant, bypass })?;
    // What it went past stands before it.
    let Some(number) = did.positions.last().copied() else {
        return Err(Failure::new(code::FAILED, "no deployment was begun", "try again"));
    };
    // A command that is repeated may name a deployment that was cut short since.
    let mut shown = follow(client, number)?;
    let mut told = None;
    while shown.outcome == "running" && !what.no_wait {
        if shown.waits.is_some() && shown.waits != told {
            told.clone_from(&shown.waits);
            out.say(waits(&shown).trim_end());
        }
        std::thread::sleep(LOOK);
        shown = follow(client, number)?;
    }
    out.value(&shown, || show(&shown));
    if ["running", "succeeded"].contains(&shown.outcome.as_str()) {
        return Ok(());
    }
    let why = shown.steps.iter().find(|step| step.outcome != "succeeded").map(|step| &step.name);
    let at = why.map(|step| format!(" at step {step}")).unwrap_or_default();
    let was = if shown.outcome == "cancelled" { "was " } else { "" };
    let hint = match shown.steps.iter().any(|step| step.output.is_some()) {
        true => {
            format!("`interspace deployment logs {}` shows what the steps said", shown.deployment)
        }
        false => format!("`interspace deployment show {}` tells what there is", shown.deployment),
    };
    Err(Failure::new(code::FAILED, format!("deploying {words} {was}{}{at}", shown.outcome), hint))
}

/// The deployment, or the newest one that policy began in its place after an interruption.
fn follow(client: &Client, number: u64) -> Result<Deployment, Failure> {
    let first = find(client, number)?;
    if first.outcome != "interrupted" {
        return Ok(first);
    }
    let same = |other: &Deployment| {
        other.deployment > number
            && (&other.project, &other.owner) == (&first.project, &first.owner)
            && (&other.version, &other.environment) == (&first.version, &first.environment)
            && other.tenant == first.tenant
    };
    Ok(all(client)?.into_iter().find(same).unwrap_or(first))
}

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let deployments = all(client)?;
            out.value(&deployments, || {
                let rows = deployments.iter().map(row).collect();
                let head =
                    ["number", "project", "version", "environment", "outcome", "by", "ended"];
                table(
                    &head,
                    rows,
                    "no deployments yet: `interspace deploy PROJECT VERSION --to ENVIRONMENT`",
                )
            });
        }
        Verb::Show { deployment } => {
            let shown = find(client, *deployment)?;
            out.value(&shown, || show(&shown));
        }
        Verb::Logs { deployment } => {
            find(client, *deployment)?;
            let path = client.path(&format!("deployments/{deployment}/output"))?;
            let text = client.text(&path)?;
            out.value(&serde_json::json!({ "output": text }), || visible(&text));
        }
        Verb::Cancel { deployment, reason } => {
            let did =
                client.ask(Ask::Cancel { deployment: *deployment, reason: reason.clone() })?;
            say(out, &did, &format!("deployment {deployment} is told to end"));
        }
        Verb::Confirm { deployment, step, note } => {
            let did = answer(client, *deployment, step.as_ref(), true, note)?;
            say(out, &did, &format!("deployment {deployment} goes on"));
        }
        Verb::Refuse { deployment, step, note } => {
            let did = answer(client, *deployment, step.as_ref(), false, note)?;
            say(out, &did, &format!("the step of deployment {deployment} has failed"));
        }
    }
    Ok(())
}

fn answer(
    client: &Client,
    deployment: u64,
    step: Option<&Name>,
    done: bool,
    note: &Text,
) -> Result<Did, Failure> {
    let (step, note) = (step.cloned(), note.clone());
    client.ask(Ask::AnswerManual { deployment, step, done, note })
}

fn all(client: &Client) -> Result<Vec<Deployment>, Failure> {
    client.get(&client.path("deployments")?)
}

fn find(client: &Client, number: u64) -> Result<Deployment, Failure> {
    let found = all(client)?.into_iter().find(|known| known.deployment == number);
    found.ok_or_else(|| {
        let what = format!("there is no deployment {number}");
        Failure::new(code::NOT_FOUND, what, "`interspace deployment list` shows all deployments")
    })
}

fn row(deployment: &Deployment) -> Vec<String> {
    let outcome = match (&deployment.waits, &deployment.cancelled_by) {
        (Some(manual), _) => format!("waits for {}", manual.step),
        (None, Some(_)) if deployment.outcome == "running" => "running, cancelled".to_owned(),
        (None, _) => deployment.outcome.clone(),
    };
    vec![
        deployment.deployment.to_string(),
        deployment.project.clone(),
        deployment.version.clone(),
        slot(&deployment.environment, deployment.tenant.as_deref()),
        outcome,
        deployment.by.clone().unwrap_or_else(|| "policy".to_owned()),
        deployment.finished_at.as_deref().map_or_else(|| "-".to_owned(), moment),
    ]
}

fn show(deployment: &Deployment) -> String {
    let Deployment { deployment: number, project, version, environment, outcome, .. } = deployment;
    let place = slot(environment, deployment.tenant.as_deref());
    let mut text = format!("{project} {version} in {place}: {outcome} (deployment {number})\n");
    text.push_str(&waits(deployment));
    if let Some(why) = &deployment.cancel_reason {
        let by = deployment.cancelled_by.as_deref().unwrap_or("policy");
        text.push_str(&format!("{by} asked to end it: {}\n", visible(why)));
    }
    for target in &deployment.targets {
        text.push_str(&target_line(target));
    }
    for step in &deployment.steps {
        text.push_str(&step_line(step));
    }
    if let Some(receipt) = &deployment.receipt {
        text.push_str(&format!("receipt {receipt}\n"));
    }
    text
}

/// That a deployment waits for a person, for what, and what to type then; empty if it does not.
fn waits(deployment: &Deployment) -> String {
    let Some(Manual { step, instructions }) = &deployment.waits else { return String::new() };
    let number = deployment.deployment;
    let named = argument(step);
    let mut text = format!("… {step}: waits for a person\n");
    for line in visible(instructions).lines() {
        text.push_str(&format!("    {line}\n"));
    }
    text.push_str(&format!(
        "  when it is done: interspace deployment confirm {number} --step {named}\n  \
         if it cannot be: interspace deployment refuse {number} --step {named} --note TEXT\n"
    ));
    text
}

fn target_line(Target { name, up, outcome }: &Target) -> String {
    match (up, outcome) {
        (true, Some(outcome)) => format!("target {name}: {outcome}\n"),
        (true, None) => format!("target {name}: up, nothing was run on it\n"),
        (false, Some(outcome)) => format!("target {name}: down, {outcome}\n"),
        (false, None) => format!("target {name}: down, left out\n"),
    }
}

fn step_line(step: &Step) -> String {
    let mark = if step.outcome == "succeeded" { "✓" } else { "✗" };
    let Step { name, target, outcome, attempts, duration_ms, .. } = step;
    let on = target.as_ref().map(|target| format!(" on {target}")).unwrap_or_default();
    let mut line = format!("{mark} {name}{on}: {outcome}, {duration_ms} ms");
    if *attempts > 1 {
        line.push_str(&format!(", {attempts} attempts"));
    }
    if let Some(exit_code) = step.exit_code.filter(|code| *code != 0) {
        line.push_str(&format!(", exit code {exit_code}"));
    }
    if let Some(person) = &step.answered_by {
        line.push_str(&format!(", answered by {person}"));
    }
    if let Some(reason) = &step.reason {
        line.push_str(&format!(", {}", visible(reason)));
    }
    for StepOutput { name, value } in &step.outputs {
        line.push_str(&format!("\n    {name} = {}", visible(value)));
    }
    let output = step.output.as_deref().filter(|_| step.outcome != "succeeded").unwrap_or_default();
    for said in output.lines() {
        line.push_str(&format!("\n    {}", visible(said)));
    }
    line + "\n"
}
