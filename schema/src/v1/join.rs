//! Join: how who accepted an invitation asks to be let in, in an envelope of kind *join*.
//!
//! ```text
//! invitation 32, proof 64, certificate (JSON, with its offer) behind its length
//! ```
//!
//! The recipient reads it before it knows the space that sent it: the proof shows that it has the
//! token, and the certificate inside proves the key that signs the envelope.

use crate::bytes::{Malformed, Reader, Writer};
use crate::id::{InvitationId, LinkId, SpaceId};
use crate::limits::INVITATION_CERTIFICATE_BYTES_MAX;

/// What the proof is a signature over is this, the link, who asks and who invited.
pub const PROOF_DOMAIN: &[u8] = b"interspace/v1/join\0";

/// What who accepted an invitation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Which invitation.
    pub invitation: InvitationId,
    /// The signature of the invitation's key over [`proved`].
    pub proof: [u8; 64],
    /// The certificate of who asks, with its offer, as JSON.
    pub certificate: String,
}

/// The bytes that a proof is a signature over. The link names both spaces and both offers; that
/// who asks comes before who invited tells the two apart.
#[must_use]
pub fn proved(link: &LinkId, asking: &SpaceId, inviting: &SpaceId) -> Vec<u8> {
    let mut out = Writer::new();
    out.fixed(PROOF_DOMAIN).fixed(&link.0).fixed(&asking.0).fixed(&inviting.0);
    out.finish()
}

impl Join {
    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&self.invitation.0).fixed(&self.proof).variable(self.certificate.as_bytes());
        out.finish()
    }

    /// The join whose bytes these are.
    ///
    /// # Errors
    /// When the certificate is too long, or bytes are missing or left.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, "join");
        let (invitation, proof) = (InvitationId(input.array()?), input.array()?);
        let certificate = input.variable(INVITATION_CERTIFICATE_BYTES_MAX)?.to_vec();
        let certificate = String::from_utf8(certificate).map_err(|_| input.malformed())?;
        input.finish()?;
        Ok(Self { invitation, proof, certificate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_is_read_back_to_the_last_byte() {
        let invitation = InvitationId([1; 32]);
        let join = Join { invitation, proof: [2; 64], certificate: "[]".to_owned() };
        let bytes = join.write();
        assert_eq!(Join::read(&bytes), Ok(join));
        assert!(Join::read(&bytes[..bytes.len() - 1]).is_err());
        assert!(Join::read(&[bytes, vec![0]].concat()).is_err());
    }
}
