//! Invitations: what is asked and answered about tokens that link two spaces.

use crate::shape::command::Grants;
use engine::engine::Engine;
use engine::state::invitations::Invitation as Known;
use engine::step::Now;
use engine::trust::certificate::fingerprint;
use engine::trust::fingerprint::{hex, words};
use schema::id::{CommandId, InvitationId, SpaceId};
use schema::latest::Actor;
use schema::name::Name;
use serde::{Deserialize, Serialize};

/// An invitation that shall be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Making {
    /// The same id again makes no second invitation.
    pub id: CommandId,
    /// Who alone may come; whoever has the token if none is named.
    pub guest: Option<SpaceId>,
    /// What to call who comes; their own name if none is given.
    pub name: Option<Name>,
    /// What may flow then.
    pub grants: Grants,
    /// For how long it is good, in seconds.
    pub seconds: u64,
}

/// An invitation that was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its id; none if it was made before under the same id of a command.
    pub invitation: Option<InvitationId>,
    /// What lets its bearer in: shown this once. None if it was made before.
    pub token: Option<String>,
    /// From when on it is worth nothing; none if it was made before.
    pub ends_at: Option<String>,
    /// The id of the space that invites, in groups of four.
    pub fingerprint: String,
    /// The same in short, as words.
    pub fingerprint_words: String,
    /// The same in short, as hex.
    pub fingerprint_hex: String,
}

/// A token that shall be accepted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepting {
    /// The same id again accepts nothing twice.
    pub id: CommandId,
    /// The token.
    pub token: String,
    /// What to call the space that invited; its own name if none is given.
    pub name: Option<Name>,
    /// What may flow.
    pub grants: Grants,
}

/// A token that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Whether that changed anything.
    pub changed: bool,
    /// The space that invited, by the name it has here.
    pub peer: String,
    /// Its id in groups of four.
    pub fingerprint: String,
    /// The same in short, as words.
    pub fingerprint_words: String,
    /// The same in short, as hex.
    pub fingerprint_hex: String,
    /// Until when this space asks to be let in.
    pub asks_until: String,
}

/// An invitation of this space, without what it takes to use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub invitation: InvitationId,
    /// `open`, `used`, `revoked` or `ended`.
    pub state: String,
    /// Who alone may come, as its id in groups of four.
    pub guest: Option<String>,
    /// What to call who comes.
    pub name: Option<Name>,
    /// What may flow then.
    pub grants: Grants,
    /// When it was made.
    pub made_at: String,
    /// Who made it.
    pub made_by: Option<String>,
    /// From when on it is worth nothing.
    pub ends_at: String,
    /// Who used it, by the name it has here.
    pub used_by: Option<String>,
    /// The fingerprint of who used it, as words.
    pub used_by_words: Option<String>,
    /// The same as hex.
    pub used_by_hex: Option<String>,
}

/// What became of an invitation that shall end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Whether it was open before.
    pub changed: bool,
}

/// The invitation that was made with this secret; none if there is none.
#[must_use]
pub fn made(engine: &Engine, secret: Option<[u8; 32]>) -> Made {
    let me = engine.identity().space();
    let token = secret.and_then(|secret| engine.state().token(secret));
    let id = token.as_ref().map(|token| engine::trust::invitation::id_of(&token.secret));
    Made {
        invitation: id,
        ends_at: token.as_ref().map(|token| super::time(token.ends_ms)),
        token: token.map(|token| token.write()),
        fingerprint: fingerprint(&me),
        fingerprint_words: words(&me),
        fingerprint_hex: hex(&me),
    }
}

/// The link to `space` that this space asks for by an invitation; none if there is none.
#[must_use]
pub fn accepted(
    engine: &Engine,
    (space, invitation): (&SpaceId, &InvitationId),
    changed: bool,
) -> Option<Accepted> {
    let peer = engine.state().links.peer(space).filter(|peer| peer.is_open())?;
    peer.joining.as_ref().filter(|joining| joining.invitation == *invitation)?;
    Some(Accepted {
        changed,
        peer: peer.name.to_string(),
        fingerprint: fingerprint(space),
        fingerprint_words: words(space),
        fingerprint_hex: hex(space),
        asks_until: super::time(peer.joining.as_ref()?.ends_ms),
    })
}

/// Shows every invitation, the newest first.
#[must_use]
pub fn show(engine: &Engine, now: Now) -> Vec<Invitation> {
    let mut all: Vec<(&InvitationId, &Known)> = engine.state().invitations.all().collect();
    all.sort_by_key(|(id, known)| (std::cmp::Reverse(known.made_ms), **id));
    all.into_iter().map(|(id, known)| one(engine, *id, known, now.wall_ms)).collect()
}

fn one(engine: &Engine, invitation: InvitationId, known: &Known, now_ms: u64) -> Invitation {
    let state = engine.state();
    let used_by = known.used_by;
    Invitation {
        invitation,
        state: known.standing(now_ms).as_str().to_owned(),
        guest: known.guest.map(|guest| fingerprint(&guest)),
        name: known.name.clone(),
        grants: Grants::from(known.grants.as_slice()),
        made_at: super::time(known.made_ms),
        made_by: match &known.made_by {
            Actor::Person(name) => Some(name.to_string()),
            Actor::Policy | Actor::Space(_) => None,
        },
        ends_at: super::time(known.ends_ms),
        used_by: used_by.map(|space| state.name_of(&space)),
        used_by_words: used_by.map(|space| words(&space)),
        used_by_hex: used_by.map(|space| hex(&space)),
    }
}
