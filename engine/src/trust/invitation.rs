//! Who has a token: its secret makes a proof, its public half, which is the id, checks it.
//!
//! The proof is a signature and no MAC, so that neither log holds anything that lets somebody in:
//! the one that invites keeps the public half, the one that accepts keeps one proof, bound to both
//! spaces and both offers.

use crate::trust::signature::{PublicKey, SecretKey};
use schema::hash::Hash;
use schema::id::{InvitationId, LinkId, SpaceId};
use schema::v1::join::proved;

/// How an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Who has the token may use it.
    Open,
    /// Somebody did.
    Used,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Ended,
}

impl Standing {
    /// A short stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        }
    }
}

/// What the door knows of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invited {
    /// How it stands.
    pub standing: Standing,
    /// What this space puts into the id of the link.
    pub offer: Hash,
    /// Who alone may come, if anybody is named.
    pub guest: Option<SpaceId>,
}

/// The id of the invitation with this secret.
#[must_use]
pub fn id_of(secret: &[u8; 32]) -> InvitationId {
    InvitationId(SecretKey::from_seed(secret).public())
}

/// The proof of who asks that it has the secret.
#[must_use]
pub fn prove(secret: &[u8; 32], link: &LinkId, asking: &SpaceId, inviting: &SpaceId) -> [u8; 64] {
    SecretKey::from_seed(secret).sign(&proved(link, asking, inviting))
}

/// Whether `proof` shows that who asks has the secret.
#[must_use]
pub fn proves(
    invitation: &InvitationId,
    proof: &[u8; 64],
    link: &LinkId,
    asking: &SpaceId,
    inviting: &SpaceId,
) -> bool {
    PublicKey::from_bytes(&invitation.0)
        .is_some_and(|key| key.verifies(&proved(link, asking, inviting), proof))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t10_a_proof_is_of_one_token_one_link_and_one_direction() {
        let (secret, link) = ([7; 32], LinkId([1; 32]));
        let (asking, inviting) = (SpaceId([2; 32]), SpaceId([3; 32]));
        let proof = prove(&secret, &link, &asking, &inviting);
        let id = id_of(&secret);
        assert!(proves(&id, &proof, &link, &asking, &inviting));
        assert!(!proves(&id, &proof, &link, &inviting, &asking), "the other direction");
        assert!(!proves(&id, &proof, &LinkId([9; 32]), &asking, &inviting), "another link");
        assert!(!proves(&id, &proof, &link, &SpaceId([9; 32]), &inviting), "somebody else");
        assert!(!proves(&id_of(&[8; 32]), &proof, &link, &asking, &inviting), "another token");
    }
}
