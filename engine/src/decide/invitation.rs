//! Invitations: made and revoked by who invites, accepted by the other side.

use crate::command::Rejection;
use crate::decide::trust::{believed, free, grant, merged, not_older};
use crate::decide::{Draft, Given};
use crate::state::links::Peer;
use crate::trust::invitation::{Standing, id_of, prove};
use crate::trust::signature::PublicKey;
use schema::id::{InvitationId, LinkId, SpaceId};
use schema::latest::{Actor, Event, Invitation};
use schema::limits::{
    INVITATION_CERTIFICATE_BYTES_MAX, INVITATION_LIFE_MS_MAX, INVITATIONS_OPEN_MAX, SKEW_MS_MAX,
};
use schema::name::Name;
use schema::v1::event::{InvitationAccepted, InvitationMade, InvitationRevoked, PeerTrusted};
use schema::v1::model::Grant;

/// What an invitation is to let in.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The public key whose seed is in the token.
    pub invitation: InvitationId,
    /// Who alone may come.
    pub guest: Option<SpaceId>,
    /// What to call who comes.
    pub name: Option<&'a Name>,
    /// What may flow then.
    pub grants: &'a [Grant],
    /// From when on it is worth nothing, milliseconds since 1970.
    pub ends_ms: u64,
}

/// Invites whoever has the token.
///
/// # Errors
/// When too many invitations are open, the time is no time, or the name is taken.
pub fn invite(
    given: Given<'_>,
    actor: &Actor,
    wanted: &Wanted<'_>,
) -> Result<Vec<Draft>, Rejection> {
    let Wanted { invitation, guest, name, grants, ends_ms } = *wanted;
    let (state, now_ms) = (given.state, given.wall_ms);
    let latest = now_ms.saturating_add(INVITATION_LIFE_MS_MAX);
    if ends_ms <= now_ms || latest < ends_ms {
        let (what, hint) = ("an invitation is good for a week at the most", "try --valid-for 1h");
        return Err(Rejection::invalid(what, hint));
    }
    if PublicKey::from_bytes(&invitation.0).is_none()
        || state.invitations.get(&invitation).is_some()
    {
        return Err(Rejection::invalid("this is not the key of a new invitation", "make another"));
    }
    if state.invitations.open(now_ms).count() >= INVITATIONS_OPEN_MAX {
        return Err(Rejection::conflict(
            format!("{INVITATIONS_OPEN_MAX} invitations are open already"),
            "end some: `interspace link invitations`, then `interspace link uninvite`",
        ));
    }
    expected(given, guest)?;
    if let Some(name) = name {
        free(given, name, guest.as_ref())?;
    }
    let long = state.certificate().map_or(0, |own| own.write().len());
    if long > INVITATION_CERTIFICATE_BYTES_MAX {
        return Err(too_long("the certificate of this space"));
    }
    let event = InvitationMade {
        invitation,
        offer: given.drawn_offer().0.write(),
        guest,
        name: name.cloned(),
        grants: merged(&[], grants),
        ends_ms,
    };
    Ok(vec![Draft::internal(actor.clone(), Event::InvitationMade(event))])
}

/// Fails if who alone may come is here already.
fn expected(given: Given<'_>, guest: Option<SpaceId>) -> Result<(), Rejection> {
    let Some(guest) = guest else { return Ok(()) };
    let state = given.state;
    if guest == state.me() {
        let hint = "name the other space with --for, by what its `interspace space show` says";
        return Err(Rejection::conflict("a space does not invite itself", hint));
    }
    match state.links.peer(&guest).filter(|known| known.is_open()) {
        None => Ok(()),
        Some(known) => Err(trusted_already(known)),
    }
}

/// Ends an invitation that nobody used.
///
/// # Errors
/// When there is none, or somebody used it.
pub fn uninvite(
    given: Given<'_>,
    actor: &Actor,
    invitation: InvitationId,
) -> Result<Vec<Draft>, Rejection> {
    let known = given.state.invitations.get(&invitation).ok_or_else(|| {
        let hint = "`interspace link invitations` shows those that are open";
        Rejection::not_found("there is no such invitation here", hint)
    })?;
    match known.standing(given.wall_ms) {
        Standing::Open => {
            let event = Event::InvitationRevoked(InvitationRevoked { invitation });
            Ok(vec![Draft::internal(actor.clone(), event)])
        }
        Standing::Revoked | Standing::Ended => Ok(Vec::new()),
        Standing::Used => {
            let peer = known.used_by.map_or_else(String::new, |peer| given.state.name_of(&peer));
            Err(Rejection::conflict(
                format!("{peer} has used this invitation"),
                format!("to end the link that it made: `interspace link revoke {peer:?}`"),
            ))
        }
    }
}

/// Accepts an invitation of another space: trusts it, and asks it from now on to be let in.
///
/// # Errors
/// When the invitation has ended, its certificate is not believed or this space's own, or its name
/// is taken.
pub fn join(
    given: Given<'_>,
    actor: &Actor,
    token: &Invitation,
    name: Option<&Name>,
    wanted: &[Grant],
) -> Result<Vec<Draft>, Rejection> {
    let (state, me) = (given.state, given.state.me());
    let keys = believed(&token.certificate, "ask the other side for another invitation")?;
    let (peer, invitation) = (keys.space(), id_of(&token.secret));
    if peer == me {
        return Err(Rejection::conflict(
            "this is an invitation of the space itself",
            "pass it on to the other side, and accept it there",
        ));
    }
    let theirs = keys.offer().ok_or_else(|| {
        let hint = "ask the other side for another: `interspace link invite`";
        Rejection::invalid("the invitation holds no offer of a link", hint)
    })?;
    let name = name.unwrap_or_else(|| keys.name()).clone();
    if let Some(known) = state.links.peer(&peer).filter(|known| known.is_open()) {
        if known.invitation == Some(invitation) {
            return grant(given, actor, &known.name, &merged(&known.grants, wanted));
        }
        return Err(trusted_already(known));
    }
    if token.ends_ms <= given.wall_ms {
        return Err(Rejection::conflict(
            "the invitation has ended",
            "ask the other side for another: `interspace link invite`; compare the clocks if it \
             is new",
        ));
    }
    if token.ends_ms > given.wall_ms.saturating_add(INVITATION_LIFE_MS_MAX + SKEW_MS_MAX) {
        return Err(Rejection::invalid(
            "the invitation is said to be good for longer than any is",
            "ask the other side for another: `interspace link invite`; compare the clocks",
        ));
    }
    // One secret is in one token: a second one with another name on it is somebody's forgery.
    let mut asked = state.links.all().filter(|(space, _)| **space != peer);
    if let Some((_, other)) = asked.find(|(_, other)| other.invitation == Some(invitation)) {
        return Err(Rejection::conflict(
            format!("this is the invitation of {} under another name", other.name),
            "do not trust who gave it to you; ask the other side, and compare fingerprints",
        ));
    }
    free(given, &name, Some(&peer))?;
    not_older(given, &keys)?;
    let (document, ours) = given.drawn_offer();
    let own = state.certificate().map_or(0, |own| own.write().len());
    if own > INVITATION_CERTIFICATE_BYTES_MAX {
        return Err(too_long("the certificate of this space"));
    }
    let link = LinkId::between((&me, &ours), (&peer, theirs));
    let proof = prove(&token.secret, &link, &me, &peer);
    let (certificate, grants) = (keys.certificate().write(), merged(&[], wanted));
    let (offer, ends_ms) = (document.write(), token.ends_ms);
    let events = [
        Event::PeerTrusted(PeerTrusted { peer, name, link, certificate, grants }),
        Event::InvitationAccepted(InvitationAccepted { invitation, peer, offer, proof, ends_ms }),
    ];
    Ok(events.map(|event| Draft::internal(actor.clone(), event)).into())
}

fn trusted_already(known: &Peer) -> Rejection {
    Rejection::conflict(
        format!("this space is trusted already, as {}", known.name),
        "to make another link to it, end this one on both sides: `interspace link revoke`",
    )
}

fn too_long(whose: &str) -> Rejection {
    Rejection::conflict(
        format!("{whose} has become too long for an invitation"),
        "exchange certificate files: `interspace certificate export`, then `import`",
    )
}
