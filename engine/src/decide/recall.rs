//! Recall: a release that was found bad is blocked wherever it went.

use crate::command::Rejection;
use crate::decide::result::shown_actor;
use crate::decide::{Draft, Given};
use crate::state::State;
use crate::state::links::Peer;
use crate::state::releases::{Recalled, Release};
use schema::latest::{Actor, Audience, Event, Kind, Recall};
use schema::name::Text;
use schema::v1::event::ReleaseRecalled;
use schema::v1::model::ReleaseId;

/// Recalls a release of this space, and tells everybody to whom it was promoted. The same again
/// changes nothing.
///
/// # Errors
/// When it is of another space, or no reason is given.
pub fn recall(
    given: Given<'_>,
    actor: &Actor,
    id: &ReleaseId,
    reason: &Text,
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let name = format!("{} {}", id.project.name, id.version);
    let Some(release) = state.releases.get(id).filter(|_| id.project.space == state.me()) else {
        return Err(Rejection::conflict(
            format!("{name} is not a release of this space"),
            "the space that owns it recalls it; here, reject it or do not deploy it",
        ));
    };
    if reason.as_str().trim().is_empty() {
        return Err(Rejection::invalid(
            "a recall needs a reason",
            "say it with --reason; everybody who has the release will see it",
        ));
    }
    if state.releases.recalled(id, release.revision).is_some() {
        return Ok(pass(state, id));
    }
    let recall = Recall {
        release: id.clone(),
        revision: release.revision,
        reason: reason.clone(),
        time_ms: given.wall_ms,
        key: given.identity.number(),
    };
    let recall = given.identity.document(Kind::Recall, &recall).write();
    let event = || Event::ReleaseRecalled(ReleaseRecalled { recall: recall.clone() });
    let own = Draft::internal(actor.clone(), event()).about(release);
    let told = concerned(state, release).map(|peer| Draft {
        audience: Audience::Link(peer.link),
        ..Draft::internal(shown_actor(state, peer, actor), event()).about(release)
    });
    Ok([own].into_iter().chain(told).collect())
}

/// The peers to whom this space sent a release, in whatever revision, and that can be told.
fn concerned<'a>(state: &'a State, release: &'a Release) -> impl Iterator<Item = &'a Peer> {
    let to = release.sent_to().into_iter();
    to.filter_map(|space| state.links.peer(&space)).filter(|peer| peer.is_open())
}

/// Who is still to be told of the recall of a release.
fn untold<'a>(
    state: &'a State,
    id: &ReleaseId,
) -> Option<(&'a Release, &'a Recalled, Vec<&'a Peer>)> {
    let release = state.releases.get(id)?;
    let recalled = state.releases.recall_of(id)?;
    let told = |peer: &&Peer| recalled.told.contains(&peer.keys.space());
    let untold: Vec<&Peer> = concerned(state, release).filter(|peer| !told(peer)).collect();
    (!untold.is_empty()).then_some((release, recalled, untold))
}

/// Who is still to be told of the recall of a release, in one text; none if nobody is.
#[must_use]
pub fn still_untold(state: &State, id: &ReleaseId) -> Option<String> {
    let (_, _, untold) = untold(state, id)?;
    let links: Vec<String> = untold.iter().map(|peer| peer.link.to_string()).collect();
    Some(links.join(" "))
}

/// Tells a recall, as its signer wrote it, to whom this space sent the release.
#[must_use]
pub fn pass(state: &State, id: &ReleaseId) -> Vec<Draft> {
    let Some((release, recalled, untold)) = untold(state, id) else { return Vec::new() };
    let recall = recalled.document.write();
    let event = || Event::ReleaseRecalled(ReleaseRecalled { recall: recall.clone() });
    let told = untold.into_iter().map(|peer| Draft {
        audience: Audience::Link(peer.link),
        ..Draft::internal(Actor::Policy, event()).about(release).because(recalled.entry)
    });
    told.collect()
}

/// Why nothing is done with a recalled release; none if it is not recalled.
///
/// # Errors
/// When it is.
pub fn allows(state: &State, id: &ReleaseId, revision: u32) -> Result<(), Rejection> {
    match state.releases.recalled(id, revision) {
        None => Ok(()),
        Some(recalled) => Err(Rejection::conflict(
            format!("{} {} was recalled: {}", id.project.name, id.version, recalled.content.reason),
            "take another version, or a newer revision of this one",
        )),
    }
}
