//! `inbox`: bundles of other spaces: look, accept, reject.

mod preview;

use crate::cli::{Inbox as Verb, Options, Which};
use crate::client::Client;
use crate::commands::release::{meant, say};
use crate::commands::{or_dash, revised, slot, yes};
use crate::failure::{Failure, code};
use crate::output::{Output, table, visible};
use api_http::shape::command::{Ask, Value};
use api_http::shape::inbox::Bundle;
use api_http::shape::inbox::part::{Package, Question};
use schema::name::Name;
use std::io::{BufRead as _, Write as _};

pub(super) fn run(
    verb: &Verb,
    options: &Options,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let bundles = all(client, None)?;
            out.value(&bundles, || {
                let rows = bundles.iter().map(row).collect();
                let head = ["from", "owner", "project", "version", "status", "packages", "ready"];
                table(&head, rows, "the inbox is empty")
            });
        }
        Verb::Show { release, lifecycle } => {
            let bundle = client.patiently(|| find(client, release, lifecycle.as_ref()))?;
            out.value(&bundle, || preview::show(&bundle));
        }
        Verb::Accept { release, lifecycle, value, no_value } => {
            let bundle = client.patiently(|| find(client, &release.which, lifecycle.as_ref()))?;
            let mut values: Vec<Value> = value.iter().chain(no_value).cloned().collect();
            if out.interactive() && !options.no_prompt {
                values.extend(prompt(&bundle, &values)?);
            }
            let mut release = meant(client, release)?;
            // The answers are to what this bundle asks, and not to what a newer one may ask.
            release.digest = release.digest.or(bundle.digest.parse().ok());
            let done = format!("{} {} accepted", release.project, release.version);
            let did = client.ask(Ask::Accept { release, lifecycle: lifecycle.clone(), values })?;
            say(out, &did, &done);
        }
        Verb::Reject { release, reason } => {
            let release = meant(client, release)?;
            let done = format!("{} {} rejected", release.project, release.version);
            let did = client.ask(Ask::Reject { release, reason: reason.clone() })?;
            say(out, &did, &done);
        }
    }
    Ok(())
}

fn all(client: &Client, lifecycle: Option<&Name>) -> Result<Vec<Bundle>, Failure> {
    client.get(&client.query("inbox", &[("lifecycle", lifecycle.map(Name::as_str))])?)
}

fn find(client: &Client, which: &Which, lifecycle: Option<&Name>) -> Result<Bundle, Failure> {
    let found = all(client, lifecycle)?.into_iter().find(|bundle| {
        bundle.project == which.project.as_str()
            && bundle.version == which.version.as_str()
            && which.owner.as_ref().is_none_or(|owner| owner.as_str() == bundle.owner)
    });
    found.ok_or_else(|| {
        let what = format!("{} {} is not in the inbox", which.project, which.version);
        let hint = "wait for it with --wait, or see `interspace inbox list`";
        Failure { not_yet: true, ..Failure::new(code::NOT_FOUND, what, hint) }
    })
}

/// Whether a value is for what is asked: for everything that its template asks, or just for this.
fn answers(value: &Value, question: &Question) -> bool {
    let (environment, tenant) = (value.environment.as_ref(), value.tenant.as_ref());
    let exact = environment.map(Name::as_str) == question.environment.as_deref()
        && tenant.map(Name::as_str) == question.tenant.as_deref();
    value.template.as_str() == question.name && (exact || environment.or(tenant).is_none())
}

/// For what a question is asked, for people.
fn whom(question: &Question) -> String {
    match (&question.environment, &question.tenant) {
        (Some(environment), tenant) => slot(environment, tenant.as_deref()),
        (None, tenant) => or_dash(tenant.as_ref()),
    }
}

/// Asks for each required value that nobody has given.
fn prompt(bundle: &Bundle, given: &[Value]) -> Result<Vec<Value>, Failure> {
    let asked = bundle.questions.iter().filter(|question| {
        question.required
            && !question.answered
            && !given.iter().any(|value| answers(value, question))
    });
    let mut values = Vec::new();
    for question in asked {
        eprint!("{} for {}: ", visible(&question.label), whom(question));
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(|why| Failure::new(code::FAILED, why, "give the value with --value"))?;
        let bad = |why: schema::name::BadName| Failure::new(code::USAGE, why, "try again");
        let name = |name: &Option<String>| name.as_deref().map(str::parse).transpose().map_err(bad);
        values.push(Value {
            template: question.name.parse().map_err(bad)?,
            environment: name(&question.environment)?,
            tenant: name(&question.tenant)?,
            value: Some(line.trim().parse().map_err(bad)?),
        });
    }
    Ok(values)
}

fn row(bundle: &Bundle) -> Vec<String> {
    let (here, size) = sizes(bundle);
    let packages = if here == size { "here".to_owned() } else { format!("{here} of {size} bytes") };
    let status = match &bundle.recalled {
        Some(_) => format!("{}, recalled", bundle.status),
        None => bundle.status.clone(),
    };
    let (from, owner) = (bundle.from.clone(), bundle.owner.clone());
    let version = revised(&bundle.version, bundle.revision);
    // What was answered waits for nothing.
    let ready = if bundle.status == "waiting" { yes(bundle.ready) } else { "-" }.to_owned();
    vec![from, owner, bundle.project.clone(), version, status, packages, ready]
}

fn sizes(bundle: &Bundle) -> (u64, u64) {
    let add = |sum: (u64, u64), package: &Package| (sum.0 + package.here, sum.1 + package.size);
    bundle.packages.iter().fold((0, 0), add)
}
