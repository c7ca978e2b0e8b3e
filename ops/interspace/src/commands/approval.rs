//! `approve` and `reject`: people say whether a release may be deployed to an environment.

use crate::cli::{Approve, Reject};
use crate::client::Client;
use crate::commands::explanation::explain;
use crate::commands::release::{meant, say};
use crate::failure::Failure;
use crate::output::{Output, visible};
use api_http::shape::command::{Ask, Release};
use api_http::shape::explanation::Explanation;
use schema::name::{Name, Text};

/// Approves, and says what is missing all the same.
pub(super) fn approve(what: &Approve, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let Approve { release, environment, reason } = what;
    let release = meant(client, release)?;
    answer(client, out, (&release, environment), true, reason)?;
    // It is approved, whether or not who did so may see the rest.
    if let Ok(explanation) = explain(client, &release, None) {
        out.say(&missing(&explanation, environment.as_str()));
    }
    Ok(())
}

/// Refuses.
pub(super) fn reject(what: &Reject, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let Reject { release, environment, reason } = what;
    answer(client, out, (&meant(client, release)?, environment), false, reason)
}

fn answer(
    client: &Client,
    out: &mut Output,
    (release, environment): (&Release, &Name),
    approved: bool,
    reason: &Text,
) -> Result<(), Failure> {
    let word = if approved { "approved" } else { "rejected" };
    let done = format!("{} {} {word} for {environment}", release.project, release.version);
    let (release, environment, reason) = (release.clone(), environment.clone(), reason.clone());
    let did = client.ask(Ask::Approve { release, environment, approved, reason })?;
    say(out, &did, &done);
    Ok(())
}

/// Whether that was enough, and what to do if not.
fn missing(explanation: &Explanation, environment: &str) -> String {
    let mut places = explanation.places.iter();
    let there = places.find(|it| it.place == environment);
    let mut shut = there.into_iter().flat_map(|place| &place.obstacles);
    match shut.find(|it| it.gate == "approval") {
        Some(shut) => format!("{}; {}", visible(&shut.what), visible(&shut.hint)),
        None => "no more approvals are needed there".to_owned(),
    }
}
