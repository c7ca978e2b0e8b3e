//! Promotions: a release of this space is sent to a peer, or one of another space is sent on.

use crate::argument::argument;
use crate::command::Rejection;
use crate::decide::deployment::passed;
use crate::decide::{Draft, Given, result, secret};
use crate::gates::Way;
use crate::progress::{Place, lifecycle};
use crate::state::State;
use crate::state::links::Peer;
use crate::state::releases::{Import, Release, Source};
use schema::id::SpaceId;
use schema::latest::{Actor, Audience, Bundle, Document, Event, Kind};
use schema::limits::DOCUMENT_BYTES_MAX;
use schema::name::{Name, Text};
use schema::v1::event::{PromotionRequested, ReleasePromoted};
use schema::v1::model::ReleaseId;

/// Sends a release on to a peer. The same promotion again changes nothing. `bypass` is why somebody
/// who may do so does not wait for a freeze.
///
/// # Errors
/// When the peer is not known, the release was recalled or not accepted, an earlier phase of the
/// lifecycle is not complete, the bundle is not for that peer, or its secrets cannot be opened.
pub fn promote(
    given: Given<'_>,
    actor: &Actor,
    id: &ReleaseId,
    peer: &Name,
    bypass: Option<&Text>,
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let name = format!("{} {}", id.project.name, id.version);
    let Some(release) = state.releases.get(id) else {
        return Err(Rejection::not_found("there is no such release", "`interspace release list`"));
    };
    let (target, known) = open(state, peer)?;
    if release.promotions.contains_key(&target) {
        return Ok(Vec::new());
    }
    let place = Place::Space(peer.clone());
    let way = Way { id, place: &place, tenant: None, actor, now_ms: given.wall_ms };
    let bypassed = passed(state, &way, bypass)?;
    let (document, receipts, secrets) = match &release.source {
        Source::Local => {
            let targets = targets(state, id, release, peer, target)?;
            let bundle = bundle(given, id, release, &targets);
            let document = given.identity.document(Kind::Bundle, &bundle);
            let travels = secret::Travels { bundle: &document.id(), slice: &bundle.snapshot };
            let secrets = secret::hand(given, id, release, travels, &targets)?;
            (document, Vec::new(), secrets)
        }
        Source::Imported(import) => {
            relays(given, id, import, target, known)?;
            let secrets = secret::hand_on(given, id, release, import, known)?;
            let receipts = result::for_bundle(given, release, &import.content.targets);
            (import.document.clone(), receipts.iter().map(Document::write).collect(), secrets)
        }
    };
    let bundle = document.write();
    let beside: usize = receipts.iter().map(String::len).sum();
    if bundle.len() + beside > DOCUMENT_BYTES_MAX {
        return Err(Rejection::invalid(
            format!("the bundle of {name} is too large to travel"),
            "fewer environments with fewer steps, or shorter notes",
        ));
    }
    let digest = release.digest;
    let shown = result::shown_actor(state, known, actor);
    // Whoever must not be known there is known here all the same.
    let requested = (shown != *actor).then(|| {
        let event = PromotionRequested { release: id.clone(), digest, target };
        Draft::internal(actor.clone(), Event::PromotionRequested(event)).about(release)
    });
    let event = ReleasePromoted { release: id.clone(), digest, target, bundle, receipts, secrets };
    let draft = Draft::internal(shown, Event::ReleasePromoted(event)).about(release);
    let promoted = Draft { audience: Audience::Link(known.link), ..draft };
    Ok(bypassed.into_iter().chain(requested).chain([promoted]).collect())
}

/// A peer to which something can be sent.
fn open<'a>(state: &'a State, peer: &Name) -> Result<(SpaceId, &'a Peer), Rejection> {
    let Some((target, known)) = state.links.named(peer) else {
        return Err(Rejection::not_found(
            format!("no space is called {peer} here"),
            "import its certificate first: `interspace certificate import`",
        ));
    };
    if known.frozen {
        return Err(Rejection::conflict(
            format!("the link to {peer} is frozen: it contradicted itself"),
            "find out what happened there before anything more is sent",
        ));
    }
    if !known.is_open() {
        return Err(Rejection::conflict(
            format!("the link to {peer} was revoked"),
            "exchange certificates anew before anything more is sent",
        ));
    }
    Ok((target, known))
}

/// Whether a release can go to a peer at all.
///
/// # Errors
/// When there is no link to it, or it lets no such release in: that would be kept there and never
/// looked at, and could not be sent again under this version.
pub fn is_let_in(
    state: &State,
    id: &ReleaseId,
    release: &Release,
    peer: &Name,
) -> Result<(), Rejection> {
    let (_, known) = open(state, peer)?;
    // What is sent on is let in as a relay's.
    if release.source != Source::Local || !known.declines(&id.project.name) {
        return Ok(());
    }
    let (me, project, peer) = (state.name_of(&state.me()), &id.project.name, &known.name);
    Err(Rejection::not_yet(
        format!("{peer} does not accept releases of {project} from here"),
        format!(
            "there, beside what it grants already: `interspace link grant {} --accept-releases \
             {}`; then promote again",
            argument(&me),
            argument(project.as_str())
        ),
    ))
}

/// The spaces that a bundle for `peer` is for: that peer, and those to which it may send it on, as
/// the phase of the lifecycle says.
fn targets(
    state: &State,
    id: &ReleaseId,
    release: &Release,
    peer: &Name,
    target: SpaceId,
) -> Result<Vec<SpaceId>, Rejection> {
    let mut targets = vec![target];
    let phases = lifecycle(state, id, release).map_or([].as_slice(), |it| it.phases.as_slice());
    let phase = phases.iter().find(|phase| phase.spaces.contains(peer));
    for onward in phase.into_iter().flat_map(|phase| &phase.onward) {
        let (space, _) = open(state, onward).map_err(|why| Rejection {
            what: format!("{peer} may send it on to {onward}, but {}", why.what),
            hint: format!("{}; that needs no network", why.hint),
            ..why
        })?;
        if !targets.contains(&space) {
            targets.push(space);
        }
    }
    Ok(targets)
}

/// Whether a bundle of another space may be sent on from here to `target`.
fn relays(
    given: Given<'_>,
    id: &ReleaseId,
    import: &Import,
    target: SpaceId,
    known: &Peer,
) -> Result<(), Rejection> {
    let (owner, peer) = (given.state.name_of(&id.project.space), &known.name);
    let name = format!("{} {}", id.project.name, id.version);
    if target == id.project.space {
        return Err(Rejection::conflict(
            format!("{name} is of {owner} itself"),
            "its results go back by themselves, where they are granted",
        ));
    }
    if !import.content.targets.contains(&target) {
        return Err(Rejection::conflict(
            format!("the bundle of {name} is not for {peer}: {owner} signed it for others"),
            format!("there, name {peer} as `onward` in the phase of this space, and revise it"),
        ));
    }
    let declined = known.theirs.is_some() && !known.lets_relay();
    if declined {
        let me = given.identity.name();
        return Err(Rejection::not_yet(
            format!("{peer} takes nothing of other spaces from here"),
            format!("there: `interspace link grant \"{me}\" --relay`; then promote again"),
        ));
    }
    Ok(())
}

/// What is sent of a release of this space. All of it is here: the gate *acceptance* is passed.
fn bundle(given: Given<'_>, id: &ReleaseId, release: &Release, targets: &[SpaceId]) -> Bundle {
    let (snapshot, outline) = release.snapshot.slice(&release.outline, targets);
    Bundle {
        release: id.clone(),
        digest: release.digest,
        revision: release.revision,
        targets: targets.to_vec(),
        source_name: given.identity.name().clone(),
        notes: release.notes.clone(),
        snapshot,
        outline,
        receipts: result::for_bundle(given, release, targets),
        key: given.identity.number(),
        time_ms: given.wall_ms,
    }
}
