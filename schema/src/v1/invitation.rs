//! An invitation: one token that lets whoever has it become a peer, once.
//!
//! ```text
//! isp-invite-1-, then without padding base64url of:
//! certificate (JSON, with its offer) behind its length, ends u64, secret 32,
//! checksum: the first 8 bytes of H(invitation; everything before)
//! ```
//!
//! The offer is one of its own: no other link is made of it. The secret is the seed of an Ed25519
//! key whose public half is the id of the invitation. White space is left out when it is read,
//! because mail breaks lines; everything else must be exactly what [`Invitation::write`] gives.

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::{Domain, hash};
use crate::limits::INVITATION_CERTIFICATE_BYTES_MAX;
use data_encoding::BASE64URL_NOPAD;
use std::fmt;

/// What an invitation begins with, for people and for scanners that look for secrets.
pub const PREFIX: &str = "isp-invite-1-";

const WHAT: &str = "invitation";
const CHECKSUM: usize = 8;

/// Characters of the longest invitation.
const TEXT_MAX: usize =
    PREFIX.len() + (4 + INVITATION_CERTIFICATE_BYTES_MAX + 8 + 32 + CHECKSUM).div_ceil(3) * 4;

/// What a token says; nothing of it is verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The certificate of the space that invites, with an offer for this one link, as JSON.
    pub certificate: String,
    /// From when on it is worth nothing, milliseconds since 1970, by the clock of who invites.
    pub ends_ms: u64,
    /// The seed of the key that proves who has it.
    pub secret: [u8; 32],
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invitation")
    }
}

impl Invitation {
    /// The token: one line.
    ///
    /// # Panics
    /// Never for a certificate within [`INVITATION_CERTIFICATE_BYTES_MAX`].
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = Writer::new();
        out.variable(self.certificate.as_bytes()).u64(self.ends_ms).fixed(&self.secret);
        let mut bytes = out.finish();
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// What a token says.
    ///
    /// # Errors
    /// When it is too long, has another form, or its checksum is wrong.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new(WHAT);
        let text: String =
            text.chars().filter(|c| !c.is_ascii_whitespace()).take(TEXT_MAX + 1).collect();
        if text.len() > TEXT_MAX {
            return Err(Malformed::new("invitation: too large"));
        }
        let body = text.strip_prefix(PREFIX).ok_or_else(malformed)?;
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| malformed())?;
        let (said, sum) = bytes.split_last_chunk::<CHECKSUM>().ok_or_else(malformed)?;
        if checksum(said) != *sum {
            return Err(Malformed::new("invitation: checksum"));
        }
        let mut input = Reader::new(said, WHAT);
        let certificate = input.variable(INVITATION_CERTIFICATE_BYTES_MAX)?.to_vec();
        let certificate = String::from_utf8(certificate).map_err(|_| malformed())?;
        let (ends_ms, secret) = (input.u64()?, input.array()?);
        input.finish()?;
        Ok(Self { certificate, ends_ms, secret })
    }
}

fn checksum(said: &[u8]) -> [u8; CHECKSUM] {
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&hash(Domain::Invitation, &[said])[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        let certificate = "[\n{}\n]\n".to_owned();
        Invitation { certificate, ends_ms: 1_767_225_600_000, secret: [7; 32] }
    }

    #[test]
    fn an_invitation_is_one_line_and_is_read_back_also_where_a_mail_broke_it() {
        let token = invitation().write();
        assert!(token.starts_with("isp-invite-1-") && !token.contains(char::is_whitespace));
        assert_eq!(Invitation::read(&token), Ok(invitation()));
        let (one, other) = token.split_at(40);
        assert_eq!(Invitation::read(&format!(" {one}\r\n  {other}\n")), Ok(invitation()));
    }

    #[test]
    fn an_invitation_with_any_character_altered_added_or_missing_is_refused() {
        let token = invitation().write();
        for at in 0..token.len() {
            for other in ["A", "b", "0", "-", "_", "=", ".", "\u{e4}"] {
                let altered = format!("{}{other}{}", &token[..at], &token[at + 1..]);
                if altered != token {
                    assert!(Invitation::read(&altered).is_err(), "{altered}");
                }
            }
            let missing = format!("{}{}", &token[..at], &token[at + 1..]);
            assert!(Invitation::read(&missing).is_err(), "{missing}");
        }
        assert!(Invitation::read(&format!("{token}A")).is_err());
    }

    #[test]
    fn t23_an_invitation_is_not_shown_by_accident() {
        assert_eq!(format!("{:?}", invitation()), "Invitation");
    }

    #[test]
    fn t14_a_certificate_beyond_the_limit_is_refused() {
        let certificate = " ".repeat(INVITATION_CERTIFICATE_BYTES_MAX + 1);
        let token = Invitation { certificate, ..invitation() }.write();
        assert!(Invitation::read(&token).is_err());
    }
}
