//! `release`: from a project to something that can be promoted.

pub(super) mod compare;

use crate::cli::{Meant, Release as Verb, Which};
use crate::client::Client;
use crate::commands::{explanation, or_dash, place, revised, slot};
use crate::failure::{Failure, code};
use crate::output::{Output, moment, table, visible};
use api_http::shape::cell::Cell;
use api_http::shape::command::{Ask, Did, Release as Name};
use api_http::shape::release::{Phase, Promotion, Recall, Release};

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Create { project, version, notes, package, channel, revise } => {
            let ask = Ask::CreateRelease {
                project: project.clone(),
                version: version.clone(),
                notes: notes.clone(),
                packages: package.clone(),
                channel: channel.clone(),
                revise: *revise,
            };
            let did = client.ask(ask)?;
            let done = if *revise { "revised" } else { "created" };
            say(out, &did, &format!("release {project} {version} {done}"));
        }
        Verb::List => {
            let releases = all(client)?;
            out.value(&releases, || {
                let rows = releases.iter().map(row).collect();
                let empty = "no releases yet: `interspace release create PROJECT VERSION`";
                table(
                    &["owner", "project", "version", "channel", "status", "completed"],
                    rows,
                    empty,
                )
            });
        }
        Verb::Show { release } => {
            let release = client.patiently(|| find(client, release))?;
            out.value(&release, || show(&release));
        }
        Verb::Promote { release, to, bypass } => {
            let release = meant(client, release)?;
            let done = format!("{} {} promoted to {to}", release.project, release.version);
            let did =
                client.ask(Ask::Promote { release, peer: to.clone(), bypass: bypass.clone() })?;
            say(out, &did, &done);
        }
        Verb::Recall { release, reason } => {
            let release = meant(client, release)?;
            let done = format!("{} {} recalled", release.project, release.version);
            let did = client.ask(Ask::Recall { release, reason: reason.clone() })?;
            say(out, &did, &done);
        }
        Verb::Explain { release, tenant } => {
            explanation::run(release, tenant.as_ref(), client, out)?;
        }
        Verb::Compare { project, from, to, owner } => {
            let (project, owner) = (project.clone(), owner.clone());
            let release = name(client, &Which { project, version: from.version.clone(), owner })?;
            compare::run(&release, (from, to), client, out)?;
        }
        Verb::Await { release, place, tenant } => {
            let tenant = tenant.as_ref().map(schema::name::Name::as_str);
            let cell = client.patiently(|| installed(client, release, place, tenant))?;
            let place = slot(place, tenant);
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
    let (project, version) = (which.project.clone(), which.version.clone());
    Ok(Name { owner, project, version, digest: None })
}

/// The release that something is done with, perhaps in just one of its revisions.
pub(super) fn meant(client: &Client, Meant { which, digest }: &Meant) -> Result<Name, Failure> {
    Ok(Name { digest: *digest, ..name(client, which)? })
}

/// The cell of a place, once the release is installed there.
fn installed(
    client: &Client,
    which: &Which,
    text: &str,
    tenant: Option<&str>,
) -> Result<Cell, Failure> {
    let cells: Vec<Cell> = client.get(&client.path("dashboard")?)?;
    let (space, environment) = place(text);
    let found = cells.into_iter().find(|cell| {
        cell.project == which.project.as_str()
            && cell.environment == environment
            && cell.tenant.as_deref() == tenant
            && space.map_or(!cell.remote, |space| cell.space == space)
    });
    let installed = found.filter(|cell| cell.version.as_deref() == Some(which.version.as_str()));
    installed.ok_or_else(|| {
        let place = slot(text, tenant);
        let what = format!("{} {} is not installed in {place}", which.project, which.version);
        let hint = "wait longer with --wait, or see `interspace release show`";
        Failure { not_yet: true, ..Failure::new(code::NOT_FOUND, what, hint) }
    })
}

fn row(release: &Release) -> Vec<String> {
    let status = match (&release.recalled, release.offered) {
        (Some(_), _) => format!("{}, recalled", release.status),
        (None, Some(newer)) => format!("{}, revision {newer} in the inbox", release.status),
        (None, None) => release.status.clone(),
    };
    vec![
        release.owner.clone(),
        release.project.clone(),
        revised(&release.version, release.revision),
        or_dash(release.channel.as_ref()),
        status,
        reached(release),
    ]
}

fn reached(release: &Release) -> String {
    let complete = release.phases.iter().filter(|phase| phase.complete);
    let complete: Vec<&str> = complete.map(|phase| phase.name.as_str()).collect();
    if complete.is_empty() { "-".to_owned() } else { complete.join(", ") }
}

fn show(release: &Release) -> String {
    let Release { project, version, owner, status, digest, .. } = release;
    let mut text = format!("{project} {version} of {owner}\nstatus   {}\n", visible(status));
    text.push_str(&recalled(release));
    if release.revision > 1 {
        text.push_str(&format!("revision {}\n", release.revision));
    }
    if let Some(newer) = release.offered {
        text.push_str(&format!("newer    revision {newer} is in the inbox\n"));
    }
    if let Some(channel) = &release.channel {
        text.push_str(&format!("channel  {channel}\n"));
    }
    text.push_str(&format!("digest   {digest}\n"));
    if !release.notes.is_empty() {
        text.push_str(&format!("notes    {}\n", visible(&release.notes)));
    }
    for package in &release.packages {
        let (id, version, size) = (&package.id, &package.version, package.size);
        text.push_str(&format!("package  {id} {version}, {size} bytes, {}\n", package.sha256));
    }
    for Promotion { space, at, answer } in &release.promotions {
        let at = moment(at);
        text.push_str(&format!("promoted to {space} {at}: {}\n", visible(answer)));
    }
    let own = release.phases.iter().flat_map(|phase| rows(phase, None));
    let apart = release.tenants.iter().flat_map(|tenant| {
        tenant.phases.iter().flat_map(|phase| rows(phase, Some(&tenant.tenant)))
    });
    let rows: Vec<Vec<String>> = own.chain(apart).collect();
    let head = ["phase", "place", "for", "standing", "by"];
    text.push_str(&table(&head, rows, "no lifecycle here"));
    for blocked in &release.not_promoted {
        text.push_str(&format!("\nwhy not {}: {}", blocked.place, visible(&blocked.reason)));
    }
    text
}

fn recalled(release: &Release) -> String {
    let Some(recall) = &release.recalled else { return String::new() };
    let Recall { revision, reason, at, exposed, told } = recall;
    let newer = if *revision < release.revision { " (not this one)" } else { "" };
    let (at, reason) = (moment(at), visible(reason));
    let which = format!("up to revision {revision}{newer}");
    let still = if exposed.is_empty() {
        "nowhere, as far as is known here".to_owned()
    } else {
        exposed.join(", ")
    };
    let mut text = format!("recalled {at}, {which}: {reason}\nstill in {still}\n");
    for (space, durable) in told {
        let word = if *durable { "has the recall" } else { "has not confirmed the recall" };
        text.push_str(&format!("         {space} {word}\n"));
    }
    text
}

fn rows(phase: &Phase, tenant: Option<&String>) -> Vec<Vec<String>> {
    let by = if phase.automatic { "policy" } else { "a person" };
    let row = |(place, standing): &(String, String)| {
        let (place, standing) = (place.clone(), standing.clone());
        vec![phase.name.clone(), place, or_dash(tenant), standing, by.to_owned()]
    };
    phase.places.iter().map(row).collect()
}
