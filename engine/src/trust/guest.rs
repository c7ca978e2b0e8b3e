//! The part of the door for who is not known yet and brings an invitation.
//!
//! Nothing at all is opened while no invitation is open. Then a stranger costs one encapsulation
//! and one proof at the most; certificates are read only of who has a token.

use crate::trust::certificate::Keys;
use crate::trust::door::{signed, unseal};
use crate::trust::epoch::{Direction, join};
use crate::trust::identity::Identity;
use crate::trust::invitation::{Standing, proves};
use crate::trust::keyring::Keyring;
use crate::trust::refusal::Refusal;
use schema::hash::Hash;
use schema::id::LinkId;
use schema::latest::{Certificate, Envelope, Join};
use schema::limits::INVITATION_CERTIFICATE_BYTES_MAX;

/// Room for what an envelope of kind *join* holds beside the certificate, in bytes: invitation,
/// proof, length and tag.
const FRAME_BYTES: usize = 32 + 64 + 4 + 16;

/// Somebody with a token: what they said, and their keys, proven by their own certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// What they said.
    pub join: Join,
    /// Their keys.
    pub keys: Keys,
}

/// Takes an envelope of kind *join* on a link that is not known yet. Its recipient is this space.
pub(super) fn guest(
    envelope: &Envelope,
    hash: &Hash,
    me: &Identity,
    keyring: &Keyring,
) -> Result<Guest, Refusal> {
    if envelope.body.len() > FRAME_BYTES + INVITATION_CERTIFICATE_BYTES_MAX {
        return Err(Refusal::Malformed("join"));
    }
    if !keyring.invites() {
        return Err(Refusal::NotInvited);
    }
    let (header, inviting) = (&envelope.header, me.space());
    let sealing = me.sealing(header.recipient_key).ok_or(Refusal::UnknownKey)?;
    let direction = Direction { origin: header.origin, recipient: inviting, link: header.link };
    // It is not remembered: a stranger could push known ones out.
    let epoch = join(&direction, sealing, &header.encapsulation).ok_or(Refusal::CannotOpen)?;
    let body = unseal(envelope, &epoch)?;
    let said = Join::read(&body).map_err(|malformed| Refusal::Malformed(malformed.what))?;
    let invited = keyring.invited(&said.invitation).ok_or(Refusal::UnknownInvitation)?;
    if !proves(&said.invitation, &said.proof, &header.link, &header.origin, &inviting) {
        return Err(Refusal::WrongProof);
    }
    standing(invited.standing)?;
    if invited.guest.is_some_and(|guest| guest != header.origin) {
        return Err(Refusal::InvitedAnother);
    }
    let keys = Certificate::read(&said.certificate)
        .ok()
        .and_then(|certificate| Keys::verify(&certificate).ok())
        .filter(|keys| keys.space() == header.origin)
        .ok_or(Refusal::BadCertificate)?;
    let theirs = keys.offer().ok_or(Refusal::BadCertificate)?;
    let link = LinkId::between((&inviting, &invited.offer), (&header.origin, theirs));
    if link != header.link {
        return Err(Refusal::BadCertificate);
    }
    signed(envelope, hash, &keys)?;
    Ok(Guest { join: said, keys })
}

/// Lets through who brings an invitation that is open.
///
/// # Errors
/// Why it is not.
pub const fn standing(standing: Standing) -> Result<(), Refusal> {
    match standing {
        Standing::Open => Ok(()),
        Standing::Used => Err(Refusal::InvitationUsed),
        Standing::Revoked => Err(Refusal::InvitationRevoked),
        Standing::Ended => Err(Refusal::InvitationEnded),
    }
}
