//! What each noun and verb does, one file a noun.

mod apply;
pub(crate) mod audit;
mod certificate;
mod dashboard;
mod deployment;
mod inbox;
mod journey;
mod link;
mod package;
mod release;
mod space;
pub(crate) mod up;

use crate::cli::{Cli, Noun, Options};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;

/// Does what the command line says.
pub(crate) fn run(cli: &Cli, out: &mut Output) -> Result<(), Failure> {
    let options = &cli.options;
    match &cli.noun {
        Noun::Demo { once, keep } => crate::demo::run(*once, keep.as_deref(), out),
        Noun::Up { listen } => up::run(options, *listen, out),
        Noun::Audit(crate::cli::Audit::Verify) => audit::verify(options, out),
        noun => with_node(noun, options, out),
    }
}

/// The commands that speak to a running node.
fn with_node(noun: &Noun, options: &Options, out: &mut Output) -> Result<(), Failure> {
    let client = &Client::new(options)?;
    match noun {
        Noun::Space(verb) => space::run(verb, client, out),
        Noun::Certificate(verb) => certificate::run(verb, client, out),
        Noun::Link(verb) => link::run(verb, client, out),
        Noun::Apply { file, dry_run } => apply::run(file, *dry_run, client, out),
        Noun::Package(verb) => package::run(verb, client, out),
        Noun::Release(verb) => release::run(verb, client, out),
        Noun::Inbox(verb) => inbox::run(verb, options, client, out),
        Noun::Deploy { release, to, no_wait } => {
            deployment::deploy(release, to, *no_wait, client, out)
        }
        Noun::Deployment(verb) => deployment::run(verb, client, out),
        Noun::Dashboard => dashboard::run(client, out),
        Noun::Journey { release } => journey::run(release, client, out),
        Noun::Audit(crate::cli::Audit::Trail { place, project }) => {
            audit::trail(place, project, client, out)
        }
        Noun::Audit(crate::cli::Audit::Verify) | Noun::Demo { .. } | Noun::Up { .. } => Ok(()),
    }
}

/// The name of a place, split into its space and its environment.
fn place(text: &str) -> (Option<&str>, &str) {
    match text.split_once(": ") {
        Some((space, environment)) => (Some(space), environment),
        None => (None, text),
    }
}

/// Yes or no, in a word that needs no colour.
const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// A text, or a dash.
fn or_dash(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "-".to_owned())
}
