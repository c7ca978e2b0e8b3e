//! What each noun and verb does, one file a noun.

mod apply;
mod approval;
pub(crate) mod audit;
mod broker;
mod certificate;
mod courier;
mod dashboard;
mod deployment;
mod doctor;
mod explanation;
mod export;
mod freeze;
mod inbox;
mod journey;
mod key;
mod link;
mod open;
mod package;
mod people;
mod policy;
mod release;
mod secret;
mod space;
#[cfg(test)]
mod tests;
pub(crate) mod up;

use crate::cli::{Cli, Noun};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;

/// Does what the command line says.
pub(crate) fn run(cli: &Cli, out: &mut Output) -> Result<(), Failure> {
    let options = &cli.options;
    // Most commands speak to a running node.
    let node = || Client::new(options);
    match &cli.noun {
        Noun::Demo { story, once, keep, nats } => {
            crate::demo::run(*story, *once, keep.as_deref(), nats.as_deref(), out)
        }
        Noun::Doctor(how) => doctor::run(options, how, out),
        Noun::Broker(verb) => broker::run(verb, options, out),
        Noun::Up(how) => up::run(options, how, out),
        Noun::Open => open::run(&node()?, out),
        Noun::Space(verb) => space::run(verb, &node()?, out),
        Noun::Certificate(verb) => certificate::run(verb, &node()?, out),
        Noun::Key(verb) => key::run(verb, options, out),
        Noun::Link(verb) => link::run(verb, &node()?, out),
        Noun::Apply { file, dry_run } => apply::run(file, *dry_run, &node()?, out),
        Noun::Export { file } => export::run(file.as_deref(), &node()?, out),
        Noun::User(verb) => people::user(verb, &node()?, out),
        Noun::Token(verb) => people::token(verb, &node()?, out),
        Noun::Secret(verb) => secret::run(verb, &node()?, out),
        Noun::Package(verb) => package::run(verb, &node()?, out),
        Noun::Release(verb) => release::run(verb, &node()?, out),
        Noun::Inbox(verb) => inbox::run(verb, options, &node()?, out),
        Noun::Approve(what) => approval::approve(what, &node()?, out),
        Noun::Reject(what) => approval::reject(what, &node()?, out),
        Noun::Freeze(verb) => freeze::run(verb, &node()?, out),
        Noun::Policy(verb) => policy::run(verb, &node()?, out),
        Noun::Deploy(what) => deployment::deploy(what, &node()?, out),
        Noun::Deployment(verb) => deployment::run(verb, &node()?, out),
        Noun::Dashboard => dashboard::run(&node()?, out),
        Noun::Journey { release } => journey::run(release, &node()?, out),
        Noun::Courier(verb) => courier::run(verb, options, out),
        Noun::Audit(verb) => audit::run(verb, options, out),
    }
}

/// The name of a place, split into its space and its environment.
fn place(text: &str) -> (Option<&str>, &str) {
    match text.split_once(": ") {
        Some((space, environment)) => (Some(space), environment),
        None => (None, text),
    }
}

/// A place with the tenant for which something is there, if for one.
fn slot(place: &str, tenant: Option<&str>) -> String {
    match tenant {
        Some(tenant) => format!("{place} for {tenant}"),
        None => place.to_owned(),
    }
}

/// Yes or no, in a word that needs no colour.
const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// A version with its revision, where there was one before it.
fn revised(version: &str, revision: u32) -> String {
    match revision {
        1 => version.to_owned(),
        revision => format!("{version}~{revision}"),
    }
}

/// A text, or a dash.
fn or_dash(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "-".to_owned())
}
