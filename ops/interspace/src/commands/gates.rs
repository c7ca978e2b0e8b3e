//! `approve`, `reject`, `freeze` and `policy`: what lets releases go on and what holds them up.

use crate::cli::{Approve, Freeze as FreezeVerb, Paused, Pinned, Policy as Verb, Refuse};
use crate::client::Client;
use crate::commands::release::{name, say};
use crate::commands::{or_dash, yes};
use crate::failure::Failure;
use crate::output::{Output, moment, table};
use api_http::shape::command::{Ask, Did};
use api_http::shape::restraint::{Freeze, Freezing, Rule, Told};
use schema::name::Text;
use schema::v1::event::Pattern;

pub(super) fn approve(what: &Approve, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let release = name(client, &what.release)?;
    let (environment, reason) = (what.environment.clone(), what.reason.clone());
    let done = format!("{} {} approved for {environment}", release.project, release.version);
    let did = client.ask(Ask::Approve { release, environment, approved: true, reason })?;
    say(out, &did, &done);
    Ok(())
}

pub(super) fn refuse(what: &Refuse, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let release = name(client, &what.release)?;
    let (environment, reason) = (what.environment.clone(), what.reason.clone());
    let done = format!("{} {} refused for {environment}", release.project, release.version);
    let did = client.ask(Ask::Approve { release, environment, approved: false, reason })?;
    say(out, &did, &done);
    Ok(())
}

pub(super) fn freeze(verb: &FreezeVerb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        FreezeVerb::Create { name, project, environment, from, until, reason } => {
            let freezing = Freezing {
                name: name.clone(),
                projects: project.clone(),
                environments: environment.clone(),
                from_ms: *from,
                until_ms: *until,
                reason: reason.clone(),
            };
            let did = client.ask(Ask::Freeze { freezing })?;
            say(out, &did, &format!("freeze {name} made"));
        }
        FreezeVerb::List => {
            let freezes: Vec<Freeze> = client.get(&client.path("freezes")?)?;
            out.value(&freezes, || {
                let head =
                    ["name", "projects", "environments", "from", "until", "holds", "why", "by"];
                table(&head, freezes.iter().map(row).collect(), "nothing is frozen")
            });
        }
        FreezeVerb::Lift { name, reason } => {
            let (name, reason) = (name.clone(), reason.clone());
            let done = format!("freeze {name} lifted");
            let did = client.ask(Ask::LiftFreeze { name, reason })?;
            say(out, &did, &done);
        }
    }
    Ok(())
}

fn row(freeze: &Freeze) -> Vec<String> {
    let list = |all: &[Pattern]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let time =
        |time: &Option<String>, none: &str| time.as_deref().map_or_else(|| none.to_owned(), moment);
    vec![
        freeze.name.clone(),
        list(&freeze.projects),
        list(&freeze.environments),
        time(&freeze.from, "-"),
        time(&freeze.until, "it is lifted"),
        yes(freeze.holds).to_owned(),
        freeze.reason.clone(),
        or_dash(freeze.by.as_ref()),
    ]
}

pub(super) fn policy(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let (did, done) = match verb {
        Verb::Show => return show(client, out),
        Verb::Pause { what, reason } => (set(client, paused(what), reason)?, "paused"),
        Verb::Resume { what } => (lift(client, paused(what))?, "resumed"),
        Verb::Pin { what, reason } => (set(client, pinned(what), reason)?, "pinned"),
        Verb::Unpin { what } => (lift(client, pinned(what))?, "not pinned any more"),
        Verb::Skip { place, reason } => {
            (set(client, Rule::Skip { place: place.clone() }, reason)?, "skipped")
        }
        Verb::Unskip { place } => {
            (lift(client, Rule::Skip { place: place.clone() })?, "not skipped any more")
        }
    };
    say(out, &did, done);
    Ok(())
}

fn paused(Paused { project, place }: &Paused) -> Rule {
    Rule::Pause { project: project.clone(), place: place.clone() }
}

fn pinned(Pinned { project, version, environment }: &Pinned) -> Rule {
    let (project, environment, version) = (project.clone(), environment.clone(), version.clone());
    Rule::Pin { project, environment, version }
}

fn set(client: &Client, rule: Rule, reason: &Text) -> Result<Did, Failure> {
    client.ask(Ask::SetPolicy { rule, reason: reason.clone() })
}

fn lift(client: &Client, rule: Rule) -> Result<Did, Failure> {
    client.ask(Ask::LiftPolicy { rule })
}

fn show(client: &Client, out: &mut Output) -> Result<(), Failure> {
    let all: Vec<Told> = client.get(&client.path("policy")?)?;
    out.value(&all, || {
        let row = |told: &Told| {
            let (rule, project, place) = match &told.rule {
                Rule::Pause { project, place } => {
                    ("paused".to_owned(), project.to_string(), place.to_string())
                }
                Rule::Pin { project, environment, version } => {
                    (format!("pinned to {version}"), project.to_string(), environment.to_string())
                }
                Rule::Skip { place } => ("skipped".to_owned(), "-".to_owned(), place.to_string()),
            };
            let (reason, by) = (told.reason.clone(), or_dash(told.by.as_ref()));
            vec![rule, project, place, moment(&told.at), reason, by]
        };
        let head = ["what", "project", "place", "since", "why", "by"];
        table(&head, all.iter().map(row).collect(), "policy leaves nothing alone")
    });
    Ok(())
}
