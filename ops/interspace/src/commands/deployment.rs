//! `deploy` and `deployment`: run a release in an environment, and see how it went.

use crate::cli::{Deployment as Verb, Which};
use crate::client::Client;
use crate::commands::release::name;
use crate::failure::{Failure, code};
use crate::output::{Output, moment, table, visible};
use api_http::shape::command::Ask;
use api_http::shape::deployment::{Deployment, Step};
use schema::name::Name;
use std::time::Duration;

/// Pause between two looks at a deployment that runs.
const LOOK: Duration = Duration::from_millis(50);

/// Deploys, and waits for the end unless told otherwise.
pub(super) fn deploy(
    release: &Which,
    environment: &Name,
    no_wait: bool,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let release = name(client, release)?;
    let what = format!("{} {} to {environment}", release.project, release.version);
    let did = client.ask(Ask::Deploy { release, environment: environment.clone() })?;
    let Some(number) = did.positions.first().copied() else {
        return Err(Failure::new(code::FAILED, "no deployment was begun", "try again"));
    };
    // A command that is repeated may name a deployment that was cut short since.
    let mut shown = follow(client, number)?;
    while shown.outcome == "running" && !no_wait {
        std::thread::sleep(LOOK);
        shown = follow(client, number)?;
    }
    let ended = ["failed", "interrupted"].contains(&shown.outcome.as_str());
    out.value(&shown, || show(&shown));
    if !ended {
        return Ok(());
    }
    let why = shown.steps.iter().find(|step| step.outcome != "succeeded").map(|step| &step.name);
    let at = why.map(|step| format!(" at step {step}")).unwrap_or_default();
    let hint =
        format!("`interspace deployment logs {}` shows what the steps said", shown.deployment);
    Err(Failure::new(code::FAILED, format!("deploying {what} {}{at}", shown.outcome), hint))
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
    }
    Ok(())
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
    vec![
        deployment.deployment.to_string(),
        deployment.project.clone(),
        deployment.version.clone(),
        deployment.environment.clone(),
        deployment.outcome.clone(),
        deployment.by.clone().unwrap_or_else(|| "policy".to_owned()),
        deployment.finished_at.as_deref().map_or_else(|| "-".to_owned(), moment),
    ]
}

fn show(deployment: &Deployment) -> String {
    let Deployment { deployment: number, project, version, environment, outcome, .. } = deployment;
    let mut text =
        format!("{project} {version} in {environment}: {outcome} (deployment {number})\n");
    for step in &deployment.steps {
        text.push_str(&step_line(step));
    }
    if let Some(receipt) = &deployment.receipt {
        text.push_str(&format!("receipt {receipt}\n"));
    }
    text
}

fn step_line(step: &Step) -> String {
    let mark = if step.outcome == "succeeded" { "✓" } else { "✗" };
    let Step { name, outcome, duration_ms, .. } = step;
    let mut line = format!("{mark} {name}: {outcome}, {duration_ms} ms");
    if let Some(exit_code) = step.exit_code.filter(|code| *code != 0) {
        line.push_str(&format!(", exit code {exit_code}"));
    }
    if let Some(reason) = &step.reason {
        line.push_str(&format!(", {}", visible(reason)));
    }
    let output = step.output.as_deref().filter(|_| step.outcome != "succeeded").unwrap_or_default();
    for said in output.lines() {
        line.push_str(&format!("\n    {}", visible(said)));
    }
    line + "\n"
}
