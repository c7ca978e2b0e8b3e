//! `release explain`: why a release is where it is, to be read at a glance.

#[cfg(test)]
mod tests;

use crate::cli::Which;
use crate::client::Client;
use crate::commands::release::name;
use crate::commands::yes;
use crate::failure::Failure;
use crate::output::{Output, moment, table, visible};
use api_http::shape::command::Release;
use api_http::shape::explanation::{Bypass, Explanation, Named, Obstacle, Place, Proof};
use schema::name::Name;

pub(super) fn run(
    which: &Which,
    tenant: Option<&Name>,
    client: &Client,
    out: &mut Output,
) -> Result<(), Failure> {
    let explanation = explain(client, &name(client, which)?, tenant)?;
    out.value(&explanation, || text(&explanation));
    Ok(())
}

/// Asks why a release is where it is.
pub(super) fn explain(
    client: &Client,
    release: &Release,
    tenant: Option<&Name>,
) -> Result<Explanation, Failure> {
    let Release { owner, project, version, .. } = release;
    let parts = [
        ("owner", owner.as_ref().map(Name::as_str)),
        ("project", Some(project.as_str())),
        ("version", Some(version.as_str())),
        ("tenant", tenant.map(Name::as_str)),
    ];
    client.get(&client.query("explain", &parts)?)
}

fn text(explanation: &Explanation) -> String {
    let Explanation { release, revision, tenant, status, obstacles, places, proofs, .. } =
        explanation;
    let Named { owner, project, version } = release;
    let revision = if *revision > 1 { format!(" revision {revision}") } else { String::new() };
    let tenant = tenant.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let status = visible(status);
    let mut text = format!("{project} {version}{revision} of {owner}{tenant}, {status}\n");
    text.push_str(&format!("{}\n\n", visible(&headline(explanation))));
    for shut in obstacles {
        text.push_str(&shown(shut));
    }
    let width = |of: fn(&Place) -> &String| places.iter().map(|it| of(it).chars().count()).max();
    let widths = (width(|it| &it.phase).unwrap_or(0), width(|it| &it.place).unwrap_or(0));
    for place in places {
        text.push_str(&line(place, widths));
    }
    let head = ["proof of", "by", "signed by", "verified", "document"];
    let rows = proofs.iter().map(proof).collect();
    text.push('\n');
    text.push_str(&table(&head, rows, "no gate is passed yet: there is nothing to prove"));
    if !explanation.bypasses.is_empty() {
        let bypass = |it: &Bypass| vec![it.what.clone(), it.by.clone(), moment(&it.at)];
        let rows = explanation.bypasses.iter().map(bypass).collect();
        text.push_str("\n\n");
        text.push_str(&table(&["went past a gate", "by", "at"], rows, ""));
    }
    text
}

/// The one thing to know.
fn headline(explanation: &Explanation) -> String {
    let Explanation { recalled, revision, obstacles, places, .. } = explanation;
    if let Some(recall) = recalled.as_ref().filter(|recall| recall.revision >= *revision) {
        return format!("recalled: {}", recall.reason);
    }
    if let Some(shut) = obstacles.first() {
        return format!("{}: {}", shut.gate, shut.what);
    }
    let open = places.iter().filter(|it| !it.done && !it.skipped);
    // What goes on without a place is not what it waits for.
    let (optional, open): (Vec<&Place>, Vec<&Place>) = open.partition(|it| it.optional);
    // What waits for an earlier phase is not what there is to know.
    let own = |place: &Place| place.obstacles.iter().all(|it| it.gate != "phase");
    let mut first = open.iter().filter(|place| own(place));
    let held = first.clone().find(|it| !it.obstacles.is_empty());
    let next = || first.clone().find(|it| it.next.is_some());
    let Some(place) = held.or_else(next).or_else(|| first.next()) else {
        return match open.first() {
            Some(place) => format!("{} waits for an earlier phase", place.place),
            None if !optional.is_empty() => {
                let names: Vec<&str> = optional.iter().map(|it| it.place.as_str()).collect();
                format!("it is everywhere where it has to go; optional: {}", names.join(", "))
            }
            None => "it is everywhere where it goes from here".to_owned(),
        };
    };
    let at = &place.place;
    match (place.obstacles.first(), &place.left_alone, &place.next) {
        (Some(shut), _, _) => format!("held up at {at} by {}: {}", shut.gate, shut.what),
        (None, Some(why), _) if place.automatic => format!("left to people at {at}: {why}"),
        (None, _, Some(next)) => format!("next is {at}: {next}"),
        (None, _, None) => format!("{at}: {}", place.standing),
    }
}

/// A place, and under it what is to be said of it.
fn line(place: &Place, (phase, name): (usize, usize)) -> String {
    let mark = match (place.done, place.obstacles.is_empty()) {
        (true, _) => "✓",
        (false, true) => "…",
        (false, false) => "✗",
    };
    let mut notes = vec![visible(&place.standing)];
    if place.answered == Some(false) {
        notes.push("no answer yet".to_owned());
    }
    if place.skipped {
        notes.push("skipped: it does not count".to_owned());
    }
    notes.extend(place.next.as_deref().map(|next| format!("next: {}", visible(next))));
    let notes = notes.join("; ");
    let mut text = format!("{mark} {:phase$}  {:name$}  {notes}\n", place.phase, place.place);
    if let Some(why) = place.left_alone.as_ref().filter(|_| place.automatic && !place.done) {
        text.push_str(&format!("    left to people: {}\n", visible(why)));
    }
    for shut in &place.obstacles {
        text.push_str(&shown(shut));
    }
    text
}

fn shown(Obstacle { gate, what, hint, opens }: &Obstacle) -> String {
    let opens = opens.as_deref().map(|at| format!("; opens {}", moment(at))).unwrap_or_default();
    let mut text = format!("    {gate}: {}{opens}\n", visible(what));
    // Whoever reads this has typed that.
    if !hint.starts_with("`interspace release explain") {
        text.push_str(&format!("      next: {}\n", visible(hint)));
    }
    text
}

fn proof(Proof { gate, kind, document, signer, verified }: &Proof) -> Vec<String> {
    vec![gate.clone(), kind.clone(), signer.clone(), yes(*verified).to_owned(), document.clone()]
}
