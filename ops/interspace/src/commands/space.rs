//! `space`: the spaces of the node.

use crate::cli::Space as Verb;
use crate::client::Client;
use crate::failure::{Failure, code};
use crate::output::{Output, table};
use api_http::shape::space::{Founding, Space};
use serde::Serialize;

pub(super) fn run(verb: &Verb, client: &Client, out: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Create { name } => {
            // Founding the same space again changes nothing.
            let known = client.spaces()?.into_iter().find(|space| space.name == name.as_str());
            let space = match known {
                Some(space) => space,
                None => client.post("/v1/spaces", &Founding { name: name.clone() })?,
            };
            out.value(&space, || format!("{}  {}", space.name, space.fingerprint));
        }
        Verb::List => {
            let spaces = client.spaces()?;
            let row = |space: &Space| {
                let state = space.closed.clone().unwrap_or_else(|| "open".to_owned());
                vec![space.name.clone(), space.id.short(), space.entries.to_string(), state]
            };
            out.value(&spaces, || {
                let rows = spaces.iter().map(row).collect();
                table(
                    &["space", "id", "entries", "state"],
                    rows,
                    "no spaces yet: `interspace space create NAME`",
                )
            });
        }
        Verb::Recover { yes, force } => recover(*yes, *force, client, out)?,
        Verb::Show => {
            let space: Space = client.get(&client.path("")?)?;
            out.value(&space, || show(&space));
        }
    }
    Ok(())
}

/// How a space is recovered.
#[derive(Serialize)]
struct Recovery {
    force: bool,
}

const RECOVERY: &str = "the space would be closed for a moment and live on from what is here, in \
    another life of its log: what it told its peers comes back from them; what never left it stays \
    lost. A newer copy of its folder is better, if there is one.";

fn recover(yes: bool, force: bool, client: &Client, out: &mut Output) -> Result<(), Failure> {
    if !yes {
        out.say(RECOVERY);
        let what = "nothing was changed";
        return Err(Failure::new(code::USAGE, what, "do it: `interspace space recover --yes`"));
    }
    let space: Space = client.post(&client.path("recover")?, &Recovery { force })?;
    out.value(&space, || {
        format!(
            "{} lives on, with {} records; its peers are asked for the rest, those that are \
             reached by hand with the next medium: `interspace link list`",
            space.name, space.entries
        )
    });
    Ok(())
}

fn show(space: &Space) -> String {
    let list = |names: &[String]| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
    let refused: Vec<String> =
        space.refused.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    format!(
        "{}\nfingerprint   {}\n  in words    {}\n  in hex      {}\n\
         entries       {}\nenvironments  {}\nprojects      {}\n\
         lifecycles    {}\nrefused       {}",
        space.name,
        space.fingerprint,
        space.fingerprint_words,
        space.fingerprint_hex,
        space.entries,
        list(&space.environments),
        list(&space.projects),
        list(&space.lifecycles),
        list(&refused)
    )
}
