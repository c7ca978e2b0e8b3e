//! `release explain`: for every place, whether a release is there, and why not.

use crate::client::{Client, encoded};
use crate::failure::Failure;
use crate::output::{Output, moment, table, visible};
use api_http::shape::command::Release as Named;
use api_http::shape::explain::{Explained, Held};
use schema::name::Name;

pub(super) fn run(
    release: &Named,
    tenant: Option<&Name>,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let part = |key: &str, name: Option<&Name>| {
        name.map(|name| format!("&{key}={}", encoded(name.as_str()))).unwrap_or_default()
    };
    let query = format!(
        "explain?project={}&version={}{}{}",
        encoded(release.project.as_str()),
        encoded(release.version.as_str()),
        part("owner", release.owner.as_ref()),
        part("tenant", tenant),
    );
    let all: Vec<Explained> = client.get(&client.path(&query)?)?;
    out.value(&all, || {
        let rows = all.iter().map(row).collect();
        let head = ["phase", "place", "standing", "next"];
        let empty = "it goes nowhere from here yet: `interspace inbox show` tells more";
        let mut text = table(&head, rows, empty);
        text.push('\n');
        for place in &all {
            for held in &place.held_up {
                text.push_str(&why(place, held));
            }
        }
        text
    });
    Ok(())
}

/// One place, and in a word what comes next there.
fn row(place: &Explained) -> Vec<String> {
    let next = match (place.done, place.held_up.first(), &place.left_alone) {
        (true, _, _) if place.answered == Some(false) => "waits for an answer".to_owned(),
        (true, _, _) => "-".to_owned(),
        (false, Some(held), _) => format!("held up: {}", held.gate),
        (false, None, Some(why)) => why.clone(),
        (false, None, None) if place.automatic => "policy, by itself".to_owned(),
        (false, None, None) => "a person".to_owned(),
    };
    let skipped = if place.skipped { " (skipped)" } else { "" };
    let (phase, name) = (place.phase.clone(), format!("{}{skipped}", place.place));
    vec![phase, name, place.standing.clone(), next]
}

fn why(place: &Explained, held: &Held) -> String {
    let Held { gate, why, next, opens_at, .. } = held;
    let opens = opens_at.as_deref().map(|at| format!("\n  from {} on", moment(at)));
    let opens = opens.unwrap_or_default();
    let (why, next, place) = (visible(why), visible(next), &place.place);
    format!("\n{place}: {gate}: {why}{opens}\n  next: {next}")
}
