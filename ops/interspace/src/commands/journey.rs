//! `journey`: where a release has been, with the entry behind each step.

use crate::cli::Which;
use crate::client::{Client, encoded};
use crate::commands::release::find;
use crate::failure::Failure;
use crate::output::{Output, moment, table};
use api_http::shape::journey::Step;

pub(super) fn run(which: &Which, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let release = client.patiently(|| find(client, which))?;
    let steps: Vec<Step> = client.get(&path(client, &release.owner, which)?)?;
    out.value(&steps, || {
        let rows = steps.iter().map(row).collect();
        table(&["at", "space", "event", "where", "by", "entry"], rows, "nothing is known of it")
    });
    Ok(())
}

/// Where the journey of a release is asked for.
pub(crate) fn path(client: &Client, owner: &str, which: &Which) -> Result<String, Failure> {
    let (project, version) = (encoded(which.project.as_str()), encoded(which.version.as_str()));
    let owner = encoded(owner);
    let query = format!("?owner={owner}&project={project}&version={version}");
    Ok(client.path("journey")? + &query)
}

fn row(step: &Step) -> Vec<String> {
    vec![
        moment(&step.at),
        step.space.clone(),
        step.event.clone(),
        step.detail.clone(),
        step.actor.clone().unwrap_or_else(|| "policy".to_owned()),
        step.entry.clone(),
    ]
}
