//! Drawn values of invitations.

use super::Draw;
use schema::id::InvitationId;
use schema::latest::{Event, Invitation, Join};
use schema::v1::event::{InvitationAccepted, InvitationMade, InvitationRevoked, InvitationUsed};

impl Draw {
    pub(super) fn invitation_event(&mut self, kind: u16) -> Event {
        let invitation = InvitationId(self.bytes());
        match kind {
            39 => Event::InvitationMade(InvitationMade {
                invitation,
                offer: self.text().to_string(),
                guest: self.maybe(Self::space),
                name: self.coin().then(|| self.name()),
                grants: self.list(4, Self::grant),
                ends_ms: self.number(),
            }),
            40 => Event::InvitationRevoked(InvitationRevoked { invitation }),
            41 => Event::InvitationUsed(InvitationUsed {
                invitation,
                peer: self.space(),
                proof: self.bytes(),
            }),
            42 => Event::InvitationAccepted(InvitationAccepted {
                invitation,
                peer: self.space(),
                offer: self.text().to_string(),
                proof: self.bytes(),
                ends_ms: self.number(),
            }),
            _ => unreachable!("no event has the number {kind}"),
        }
    }

    /// What a token says, with a certificate that nobody signed.
    pub fn invitation(&mut self) -> Invitation {
        let certificate = self.text().to_string();
        Invitation { certificate, ends_ms: self.number(), secret: self.bytes() }
    }

    /// A join whose proof nobody made.
    pub fn join(&mut self) -> Join {
        let certificate = self.text().to_string();
        Join { invitation: InvitationId(self.bytes()), proof: self.bytes(), certificate }
    }
}
