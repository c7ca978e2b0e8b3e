//! `release`: from a project to something that can be promoted.

use crate::cli::{Release as Verb, Which};
use crate::client::Client;
use crate::commands::place;
use crate::failure::{Failure, code};
use crate::output::{Output, table};
use api_http::shape::cell::Cell;
use api_http::shape::command::{Ask, Did, Release as Name};
use api_http::shape::release::{Phase, Release};

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Create { project, version, notes, package } => {
            let ask = Ask::CreateRelease {
                project: project.clone(),
                version: version.clone(),
                notes: notes.clone(),
                packages: package.clone(),
            };
            let did = client.ask(ask)?;
            say(out, &did, &format!("release {project} {version} created"));
        }
        Verb::List => {
            let releases = all(client)?;
            let row = |release: &Release| {
                vec![
                    release.owner.clone(),
                    release.project.clone(),
                    release.version.clone(),
                    release.status.clone(),
                    reached(release),
                ]
            };
            out.value(&releases, || {
                let rows = releases.iter().map(row).collect();
                let empty = "no releases yet: `interspace release create PROJECT VERSION`";
                table(&["owner", "project", "version", "status", "completed"], rows, empty)
            });
        }
        Verb::Show { release } => {
            let release = client.patiently(|| find(client, release))?;
            out.value(&release, || show(&release));
        }
        Verb::Promote { release, to } => {
            let release = name(client, release)?;
            let done = format!("{} {} promoted to {to}", release.project, release.version);
            let did = client.ask(Ask::Promote { release, peer: to.clone() })?;
            say(out, &did, &done);
        }
        Verb::Await { release, place } => {
            let cell = client.patiently(|| installed(client, release, place))?;
            let version = &release.version;
            out.value(&cell, || format!("{} {version} is installed in {place}", release.project));
        }
    }
    Ok(())
}

/// Says what a command did, or that it was so already.
pub(super) fn say(out: &mut Output, did: &Did, done: &str) {
    out.value(did, || {
        let already = did.positions.is_empty() || did.repeated;
        if already { format!("{done} before: nothing changed") } else { done.to_owned() }
    });
}

pub(super) fn all(client: &Client) -> Result<Vec<Release>, Failure> {
    client.get(&client.path("releases")?)
}

/// The release that is meant.
pub(super) fn find(client: &Client, which: &Which) -> Result<Release, Failure> {
    let fits = |release: &Release| {
        release.project == which.project.as_str()
            && release.version == which.version.as_str()
            && which.owner.as_ref().is_none_or(|owner| owner.as_str() == release.owner)
    };
    let mut found: Vec<Release> = all(client)?.into_iter().filter(fits).collect();
    match (found.pop(), found.is_empty()) {
        (Some(release), true) => Ok(release),
        (Some(_), false) => Err(Failure::new(
            code::USAGE,
            format!("several spaces own a release {} {}", which.project, which.version),
            "say whose it is with --owner",
        )),
        (None, _) => {
            let what = format!("there is no release {} {}", which.project, which.version);
            let hint = "`interspace release list` shows all releases";
            Err(Failure { not_yet: true, ..Failure::new(code::NOT_FOUND, what, hint) })
        }
    }
}

/// The release that is meant, as commands name it.
pub(super) fn name(client: &Client, which: &Which) -> Result<Name, Failure> {
    let release = client.patiently(|| find(client, which))?;
    let owner = release.owner.parse().ok();
    Ok(Name { owner, project: which.project.clone(), version: which.version.clone() })
}

/// The cell of a place, once the release is installed there.
fn installed(client: &Client, which: &Which, text: &str) -> Result<Cell, Failure> {
    let cells: Vec<Cell> = client.get(&client.path("dashboard")?)?;
    let (space, environment) = place(text);
    let found = cells.into_iter().find(|cell| {
        cell.project == which.project.as_str()
            && cell.environment == environment
            && space.map_or(!cell.remote, |space| cell.space == space)
    });
    let installed = found.filter(|cell| cell.version.as_deref() == Some(which.version.as_str()));
    installed.ok_or_else(|| {
        let what = format!("{} {} is not installed in {text}", which.project, which.version);
        let hint = "wait longer with --wait, or see `interspace release show`";
        Failure { not_yet: true, ..Failure::new(code::NOT_FOUND, what, hint) }
    })
}

fn reached(release: &Release) -> String {
    let complete: Vec<&str> = release
        .phases
        .iter()
        .filter(|phase| phase.complete)
        .map(|phase| phase.name.as_str())
        .collect();
    if complete.is_empty() { "-".to_owned() } else { complete.join(", ") }
}

fn show(release: &Release) -> String {
    let mut text = format!(
        "{} {} of {}\nstatus   {}\ndigest   {}\n",
        release.project, release.version, release.owner, release.status, release.digest
    );
    if !release.notes.is_empty() {
        text.push_str(&format!("notes    {}\n", crate::output::visible(&release.notes)));
    }
    for package in &release.packages {
        let (id, version, size) = (&package.id, &package.version, package.size);
        text.push_str(&format!("package  {id} {version}, {size} bytes, {}\n", package.sha256));
    }
    let rows: Vec<Vec<String>> = release.phases.iter().flat_map(rows).collect();
    text.push_str(&table(&["phase", "place", "standing", "by"], rows, "no lifecycle here"));
    for blocked in &release.not_promoted {
        text.push_str(&format!("\nwhy not {}: {}", blocked.place, blocked.reason));
    }
    text
}

fn rows(phase: &Phase) -> Vec<Vec<String>> {
    let by = if phase.automatic { "policy" } else { "a person" };
    let row = |(place, standing): &(String, String)| {
        vec![phase.name.clone(), place.clone(), standing.clone(), by.to_owned()]
    };
    phase.places.iter().map(row).collect()
}
