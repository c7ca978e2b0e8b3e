//! Whom this space trusts, and what may flow.

use crate::argument::argument;
use crate::command::Rejection;
use crate::decide::likeness::look_alike;
use crate::decide::{Draft, Given};
use crate::state::links::Peer;
use crate::trust::certificate::Keys;
use schema::id::{LinkId, LinkSeq, SpaceId};
use schema::latest::{Actor, Certificate, Document, Event};
use schema::name::Name;
use schema::v1::event::{GrantsChanged, LinkOffered, LinkRevoked, PeerStated, PeerTrusted};
use schema::v1::model::Grant;

/// Trusts the space that a certificate is of. The same certificate again changes nothing.
///
/// # Errors
/// When the certificate is not believed, is this space's own, has no offer, or its name is taken.
pub fn trust(
    given: Given<'_>,
    actor: &Actor,
    certificate: &str,
    name: Option<&Name>,
    wanted: &[Grant],
) -> Result<Vec<Draft>, Rejection> {
    let state = given.state;
    let again = "ask the other side to export it again: `interspace certificate export`";
    let keys = believed(certificate, again)?;
    let peer = keys.space();
    if peer == state.me() {
        return Err(Rejection::conflict(
            "this is the space's own certificate",
            "import the certificate of the other side",
        ));
    }
    let offers = (keys.offer(), state.offer.as_ref());
    let (Some(theirs), Some((ours, _))) = offers else {
        return Err(Rejection::invalid(
            "the certificate holds no offer of a link",
            "use the file that `interspace certificate export` writes, not the one in a backup",
        ));
    };
    let link = LinkId::between((&state.me(), ours), (&peer, theirs));
    let known = state.links.peer(&peer).filter(|known| known.is_open());
    // Who only brings newer keys need not say again what the space is called here.
    let name = name.or_else(|| known.map(|known| &known.name)).unwrap_or_else(|| keys.name());
    let name = name.clone();
    if let Some(known) = known {
        if known.joining.is_some() && known.theirs.is_none() && known.link != link {
            return Err(Rejection::conflict(
                format!("{} was asked to let this space in, and has not yet", known.name),
                "wait for it; or go on with certificate files: first `interspace link revoke`",
            ));
        }
        // Newer keys are taken whatever link the file would make: an offer is another one after
        // every link that was ended, with whomever that was.
        if keys.newest().number > known.keys.newest().number && known.name == name {
            return newer_keys(actor, &known.keys, &keys);
        }
        // A link that was made by an invitation is made of offers that no certificate file holds.
        if (known.link == link || known.invitation.is_some()) && known.name == name {
            return grant(given, actor, &name, &merged(&known.grants, wanted));
        }
        return Err(Rejection::conflict(
            format!("this space is trusted already, as {}", known.name),
            format!(
                "`interspace link show` tells more about it; if the link was ended there, end it \
                 here as well before anything is exchanged anew: `interspace link revoke {}`",
                argument(known.name.as_str())
            ),
        ));
    }
    free(given, &name, Some(&peer))?;
    not_older(given, &keys)?;
    let certificate = keys.certificate().write();
    let grants = merged(&[], wanted);
    let event = PeerTrusted { peer, name, link, certificate, grants };
    Ok(vec![Draft::internal(actor.clone(), Event::PeerTrusted(event))])
}

/// The keys that a certificate proves, with what to do if it does not.
pub(super) fn believed(certificate: &str, hint: &str) -> Result<Keys, Rejection> {
    let read = Certificate::read(certificate).map_err(|malformed| malformed.to_string());
    read.and_then(|certificate| Keys::verify(&certificate).map_err(|why| why.to_string())).map_err(
        |why| Rejection::invalid(format!("this is not a certificate to be believed: {why}"), hint),
    )
}

/// Fails if a space that was known before comes back with keys that it had replaced.
pub(super) fn not_older(given: Given<'_>, keys: &Keys) -> Result<(), Rejection> {
    match given.state.links.peer(&keys.space()) {
        Some(known) if !keys.follow(&known.keys) => Err(Rejection::conflict(
            format!(
                "key statement {} of this space is known here, and this does not follow on it",
                known.keys.newest().number
            ),
            "ask the other side for its newest certificate or another invitation",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Fails if a space other than `peer` has a name here that people may take for `name`. Whoever
/// comes by an invitation may be one whose link was ended.
pub(super) fn free(given: Given<'_>, name: &Name, peer: Option<&SpaceId>) -> Result<(), Rejection> {
    let state = given.state;
    let mut others = state.links.all().filter(|(space, known)| match peer {
        Some(peer) => *space != peer,
        None => known.is_open(),
    });
    let taken = others.find(|(_, other)| look_alike(other.name.as_str(), name.as_str()));
    let own = Some(state.name_of(&state.me())).filter(|own| look_alike(own, name.as_str()));
    if let Some(taken) = taken.map(|(_, other)| other.name.to_string()).or(own) {
        return Err(Rejection::conflict(
            format!("another space is called {taken} here, and {name} looks like it"),
            "give it a name of its own with --name",
        ));
    }
    Ok(())
}

/// The newer keys of a peer, from its certificate.
fn newer_keys(actor: &Actor, known: &Keys, told: &Keys) -> Result<Vec<Draft>, Rejection> {
    let newer = told.after(known.newest().number);
    known.continued(newer).map_err(|why| {
        Rejection::conflict(
            format!("the certificate does not continue the one that is trusted: {why}"),
            "ask the other side which is right; a space that lost its root key needs a new link",
        )
    })?;
    let statements = newer.iter().map(Document::write).collect();
    let event = PeerStated { peer: known.space(), statements, cut: None };
    Ok(vec![Draft::internal(actor.clone(), Event::PeerStated(event))])
}

/// Sets what may flow over the link to a peer, from the next number on in both directions.
///
/// # Errors
/// When the peer is not known, or its link was ended.
pub fn grant(
    given: Given<'_>,
    actor: &Actor,
    peer: &Name,
    grants: &[Grant],
) -> Result<Vec<Draft>, Rejection> {
    let known = open(given, peer)?;
    let grants = merged(&[], grants);
    if known.grants == grants {
        return Ok(Vec::new());
    }
    let (received, sent) = numbers(given, known);
    let (from, sending_from) = (received.next(), sent.next());
    let event = GrantsChanged { link: known.link, grants, from, sending_from };
    Ok(vec![Draft::internal(actor.clone(), Event::GrantsChanged(event))])
}

/// Ends the link to a peer, and offers another number for links, so that a new link to the same
/// peer is another one.
///
/// # Errors
/// When the peer is not known, or its link was ended before.
pub fn revoke(given: Given<'_>, actor: &Actor, peer: &Name) -> Result<Vec<Draft>, Rejection> {
    let known = open(given, peer)?;
    let (received, sent) = numbers(given, known);
    let revoked = LinkRevoked { link: known.link, received, sent };
    let offered = LinkOffered { offer: given.identity.offer(given.random).write() };
    let events = [Event::LinkRevoked(revoked), Event::LinkOffered(offered)];
    Ok(events.map(|event| Draft::internal(actor.clone(), event)).into())
}

/// A peer whose link is not ended.
fn open<'a>(given: Given<'a>, peer: &Name) -> Result<&'a Peer, Rejection> {
    match given.state.links.named(peer) {
        Some((_, known)) if known.is_open() => Ok(known),
        Some(_) => Err(Rejection::conflict(
            format!("the link to {peer} was revoked"),
            "exchange certificates anew: `interspace certificate export`, then `import`",
        )),
        None => Err(Rejection::not_found(
            format!("no space is called {peer} here"),
            "`interspace link list` shows the spaces that are known",
        )),
    }
}

/// The last LinkSeq that came from a peer, and the last that was written for it.
fn numbers(given: Given<'_>, peer: &Peer) -> (LinkSeq, LinkSeq) {
    let traffic = given.traffic.get(&peer.link);
    traffic.map_or((LinkSeq(0), LinkSeq(0)), |traffic| {
        (traffic.inbox.acknowledged(), traffic.outbox.newest())
    })
}

/// Both lists as one, sorted, each grant once, of several disclosures the widest.
pub(super) fn merged(one: &[Grant], other: &[Grant]) -> Vec<Grant> {
    let mut grants: Vec<Grant> = one.iter().chain(other).cloned().collect();
    grants.sort();
    grants.dedup();
    let widest = grants.iter().rposition(|grant| matches!(grant, Grant::SendResults(_)));
    let mut index = 0;
    grants.retain(|grant| {
        index += 1;
        !matches!(grant, Grant::SendResults(_)) || Some(index - 1) == widest
    });
    grants
}
