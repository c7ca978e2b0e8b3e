//! `journey`: where a release has been, with the entry behind each step.

use crate::cli::Which;
use crate::client::Client;
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
    let parts = [
        ("owner", Some(owner)),
        ("project", Some(which.project.as_str())),
        ("version", Some(which.version.as_str())),
    ];
    client.query("journey", &parts)
}

fn row(step: &Step) -> Vec<String> {
    vec![
        moment(&step.at),
        step.space.clone(),
        step.event.clone(),
        step.detail.clone(),
        step.by.clone(),
        step.entry.clone(),
    ]
}
