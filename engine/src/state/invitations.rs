//! Invitations of this space: what each lets in, until when, and what became of it.

use crate::state::{At, State};
use crate::trust::invitation::{Invited, Standing, id_of};
use schema::hash::Hash;
use schema::id::{EntryId, InvitationId, SpaceId};
use schema::latest::{Actor, Document, Invitation as Token, Kind as DocumentKind, Offer};
use schema::name::Name;
use schema::v1::event::{
    Assignment, Change, ConfigurationApplied, Definition, InvitationMade, InvitationUsed, Kind,
    Role,
};
use schema::v1::model::Grant;
use std::collections::{BTreeMap, BTreeSet};

/// One invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What this space puts into the id of the link, and the signed offer of it.
    pub offer: (Hash, Document),
    /// The key statement that the token knows: who comes seals to its key.
    pub key: u32,
    /// Who alone may come; whoever has the token if none is named.
    pub guest: Option<SpaceId>,
    /// What to call who comes; their own name if none is given.
    pub name: Option<Name>,
    /// What may flow then.
    pub grants: Vec<Grant>,
    /// From when on it is worth nothing, milliseconds since 1970.
    pub ends_ms: u64,
    /// The entry that made it.
    pub made: EntryId,
    /// When it was made, milliseconds since 1970.
    pub made_ms: u64,
    /// Who made it.
    pub made_by: Actor,
    /// Who used it.
    pub used_by: Option<SpaceId>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whose link was ended since: this lets none of them in again.
    pub shut_out: BTreeSet<SpaceId>,
}

impl Invitation {
    /// How it stands at `now_ms`, milliseconds since 1970.
    #[must_use]
    pub fn standing(&self, now_ms: u64) -> Standing {
        if self.used_by.is_some() {
            Standing::Used
        } else if self.revoked {
            Standing::Revoked
        } else if self.ends_ms <= now_ms {
            Standing::Ended
        } else {
            Standing::Open
        }
    }
}

/// Whether a role is over the space as a whole, as trusting others needs.
fn owns(assignment: &Assignment) -> bool {
    let whole = assignment.project.is_all() && assignment.environment.is_all();
    whole && assignment.role == Role::SpaceOwner
}

/// All invitations that there ever were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Invitations(BTreeMap<InvitationId, Invitation>);

impl Invitations {
    /// One invitation.
    #[must_use]
    pub fn get(&self, id: &InvitationId) -> Option<&Invitation> {
        self.0.get(id)
    }

    /// Every invitation, also those that are over.
    pub fn all(&self) -> impl Iterator<Item = (&InvitationId, &Invitation)> {
        self.0.iter()
    }

    /// Those that are open at `now_ms`, milliseconds since 1970.
    pub fn open(&self, now_ms: u64) -> impl Iterator<Item = (&InvitationId, &Invitation)> {
        self.0.iter().filter(move |(_, invitation)| invitation.standing(now_ms) == Standing::Open)
    }

    /// What the door knows of each.
    pub(crate) fn invited(&self, now_ms: u64) -> BTreeMap<InvitationId, Invited> {
        let known = |(id, invitation): (&InvitationId, &Invitation)| {
            let standing = invitation.standing(now_ms);
            (*id, Invited { standing, offer: invitation.offer.0, guest: invitation.guest })
        };
        self.0.iter().map(known).collect()
    }

    pub(super) fn made(&mut self, at: &At<'_>, event: &InvitationMade) {
        let Ok(document) = Document::read(&event.offer) else { return };
        let Ok(offer) = document.payload::<Offer>(DocumentKind::Offer) else { return };
        let invitation = Invitation {
            offer: (offer.random.0, document),
            key: offer.key,
            guest: event.guest,
            name: event.name.clone(),
            grants: event.grants.clone(),
            ends_ms: event.ends_ms,
            made: at.id,
            made_ms: at.header.time_ms,
            made_by: at.header.actor.clone(),
            used_by: None,
            revoked: false,
            shut_out: BTreeSet::new(),
        };
        self.0.insert(event.invitation, invitation);
    }

    pub(super) fn used(&mut self, event: &InvitationUsed) {
        if let Some(invitation) = self.0.get_mut(&event.invitation) {
            invitation.used_by = Some(event.peer);
        }
    }

    /// The link to a peer was ended: what was made before does not let it in again.
    pub(super) fn shut_out(&mut self, peer: SpaceId) {
        for invitation in self.0.values_mut() {
            invitation.shut_out.insert(peer);
            invitation.revoked |= invitation.guest == Some(peer);
        }
    }

    /// Who is removed, or may not trust others any more, takes their invitations along: another
    /// person of that name gets none of them, nor do they themselves when they come back.
    pub(super) fn configured(&mut self, event: &ConfigurationApplied) {
        for change in &event.changes {
            let gone = match change {
                Change::Remove(Kind::User, removed) => removed.as_str(),
                Change::Put(Definition::User(user)) if !user.roles.iter().any(owns) => {
                    user.name.as_str()
                }
                Change::Remove(..) | Change::Put(_) => continue,
            };
            let by = |actor: &Actor| matches!(actor, Actor::Person(name) if name.as_str() == gone);
            for invitation in self.0.values_mut().filter(|it| by(&it.made_by)) {
                invitation.revoked = true;
            }
        }
    }

    /// This log lost its end: whether somebody used one then is not known any more.
    pub(super) fn void(&mut self) {
        for invitation in self.0.values_mut() {
            invitation.revoked = true;
        }
    }

    pub(super) fn revoked(&mut self, id: &InvitationId) {
        if let Some(invitation) = self.0.get_mut(id) {
            invitation.revoked = true;
        }
    }
}

impl State {
    /// What the token of an invitation says: the certificate with the offer for this one link, the
    /// time, and the secret, which nobody keeps. None if there is no such invitation.
    #[must_use]
    pub fn token(&self, secret: [u8; 32]) -> Option<Token> {
        let invitation = self.invitations.get(&id_of(&secret))?;
        let mut certificate = self.keys.as_ref()?.certificate();
        certificate.documents.push(invitation.offer.1.clone());
        let certificate = certificate.write();
        Some(Token { certificate, ends_ms: invitation.ends_ms, secret })
    }
}
