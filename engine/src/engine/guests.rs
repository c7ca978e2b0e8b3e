//! Invitations at work: who brings one is let in, once; who accepted one asks until it is.

use super::Engine;
use crate::decide::Draft;
use crate::decide::likeness::look_alike;
use crate::state::invitations::Invitation;
use crate::step::Now;
use crate::trust::door::Verified;
use crate::trust::guest::{Guest, standing};
use crate::trust::refusal::Refusal;
use schema::bytes::Writer;
use schema::id::{CommandId, LinkId, SpaceId};
use schema::latest::{Actor, EnvelopeKind, Event, Join};
use schema::limits::NAME_BYTES_MAX;
use schema::name::Name;
use schema::v1::event::{InvitationUsed, PeerTrusted};
use std::collections::BTreeSet;

impl Engine {
    /// Who may come by an invitation that is open at the last step: a space that it names, or
    /// nobody in particular. To them this space listens before it knows them.
    #[must_use]
    pub fn awaited(&self) -> BTreeSet<Option<SpaceId>> {
        let open = self.state.invitations.open(self.now.wall_ms);
        open.map(|(_, invitation)| invitation.guest).collect()
    }

    /// When the next invitation ends, monotonic milliseconds: nobody is listened to any more then.
    pub(super) fn uninvited_at_ms(&self) -> Option<u64> {
        let open = self.state.invitations.open(self.now.wall_ms);
        let left_ms = open.map(|(_, it)| it.ends_ms.saturating_sub(self.now.wall_ms)).min()?;
        Some(self.now.monotonic_ms.saturating_add(left_ms))
    }

    /// Time passed. The door forgets an invitation when its time is over, and knows it again when
    /// the clock was put back.
    pub(super) fn tick(&mut self, now: Now) {
        let before = std::mem::replace(&mut self.now, now);
        let ended = |at: Now, ends_ms: u64| ends_ms <= at.wall_ms;
        self.keyring_changed |= self.state.invitations.all().any(|(_, invitation)| {
            ended(before, invitation.ends_ms) != ended(now, invitation.ends_ms)
        });
        self.here_ms = now.wall_ms;
        self.wake();
    }

    /// Lets in who brings an invitation: trust, grants and the end of the invitation are one block.
    pub(super) fn let_in(&mut self, verified: &Verified, guest: &Guest) {
        let (origin, link) = (verified.header().origin, verified.header().link);
        let known = self.state.links.peer(&origin).filter(|known| known.is_open());
        if known.is_some_and(|known| known.link == link) {
            // Another envelope of the same turn was first.
            return;
        }
        let before = self.state.links.peer(&origin);
        let let_in = match known {
            Some(_) => Err(Refusal::TrustedAlready),
            // The keys that were replaced may be in the hands of a thief.
            None if before.is_some_and(|before| !guest.keys.follow(&before.keys)) => {
                Err(Refusal::RetiredKey)
            }
            None => self.welcome(guest),
        };
        let (grants, name, causation) = match let_in {
            Ok(invitation) => {
                let name = self.name_for(invitation.name.as_ref(), guest);
                (invitation.grants.clone(), name, invitation.made)
            }
            Err(reason) => {
                let header = &verified.evidence().header;
                self.quarantine.refuse(reason, header, self.now.wall_ms);
                return;
            }
        };
        let Join { invitation, proof, .. } = guest.join;
        let certificate = guest.keys.certificate().write();
        let events = [
            Event::PeerTrusted(PeerTrusted { peer: origin, name, link, certificate, grants }),
            Event::InvitationUsed(InvitationUsed { invitation, peer: origin, proof }),
        ];
        let drafts =
            events.map(|event| Draft::internal(Actor::Space(origin), event).because(causation));
        // A certificate of 64 KiB fits into an entry.
        let _ = self.append_drafts(CommandId::derived(&causation, "let in"), &drafts);
        if let Some(traffic) = self.traffic.get_mut(&link) {
            traffic.knows = verified.header().recipient_key;
        }
    }

    /// The invitation that somebody brings, if it is good at this very moment.
    fn welcome(&self, guest: &Guest) -> Result<&Invitation, Refusal> {
        let found = self.state.invitations.get(&guest.join.invitation);
        let invitation = found.ok_or(Refusal::UnknownInvitation)?;
        standing(invitation.standing(self.now.wall_ms))?;
        if invitation.shut_out.contains(&guest.keys.space()) {
            return Err(Refusal::InvitationRevoked);
        }
        Ok(invitation)
    }

    /// What a guest is called: as who invited it wanted, else as it calls itself; with more and
    /// more of its id behind where another space has a name that looks like it. Nobody is there to
    /// be asked for a better one. A name that it gives itself is none that the configuration knows
    /// already: phases and roles that name a space are not for who comes first.
    fn name_for(&self, wanted: Option<&Name>, guest: &Guest) -> Name {
        let (own, space) = (self.state.name_of(&self.state.me()), guest.keys.space());
        let taken = |name: &Name| {
            let mut others = self.state.links.all().filter(|(other, _)| **other != space);
            others.any(|(_, other)| look_alike(other.name.as_str(), name.as_str()))
                || look_alike(&own, name.as_str())
        };
        let given = wanted.unwrap_or_else(|| guest.keys.name());
        if !taken(given) && (wanted.is_some() || !self.state.speaks_of(given)) {
            return given.clone();
        }
        let id = space.to_string();
        let mut names = (SHORT_CHARS..=id.len()).map(|length| with_ending(given, &id[..length]));
        let whole = with_ending(given, &id);
        names.find(|name| !taken(name)).unwrap_or(whole)
    }

    /// Whether this space accepted an invitation to a link and was not heard to be let in. Until
    /// then the peer understands nothing else.
    #[must_use]
    pub fn asks(&self, link: &LinkId) -> bool {
        let found = self.state.links.on(link).zip(self.traffic.get(link));
        found.is_some_and(|((_, peer), traffic)| {
            let heard = traffic.knows > 0 || traffic.inbox.incarnation().is_some();
            let joining = peer.joining.as_ref();
            !heard && joining.is_some_and(|joining| joining.ends_ms > self.now.wall_ms)
        })
    }

    /// Asks the peer of a link to be let in.
    pub(super) fn ask_in(&mut self, link: LinkId) {
        if let Some(join) = self.joining(link) {
            let mut body = Writer::new();
            body.fixed(&join.write());
            self.send(link, EnvelopeKind::Join, body);
        }
    }

    fn joining(&self, link: LinkId) -> Option<Join> {
        let (_, peer) = self.state.links.on(&link)?;
        let joining = peer.joining.as_ref()?;
        let mut certificate = self.state.keys.as_ref()?.certificate();
        certificate.documents.push(joining.offer.clone());
        let (invitation, proof) = (joining.invitation, joining.proof);
        Some(Join { invitation, proof, certificate: certificate.write() })
    }
}

/// Characters of an id that a name ends with at least.
const SHORT_CHARS: usize = 8;

/// A name with another ending, cut so that it is one.
fn with_ending(name: &Name, ending: &str) -> Name {
    let mut kept = name.to_string();
    while kept.len() + ending.len() + 1 > NAME_BYTES_MAX {
        kept.pop();
    }
    // Letters and digits behind a name make a name.
    format!("{} {ending}", kept.trim_end()).parse().unwrap_or_else(|_| name.clone())
}
