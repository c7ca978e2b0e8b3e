//! The peer that signs and seals every event by itself: one Ed25519 signature and one
//! XChaCha20-Poly1305 seal for each, under the same kind of epoch key.
//!
//! It does no more than that: no header, no chain, no hash of the body; its key schedule is set up
//! once. Whatever it leaves out makes it faster, so the ratio to it is not flattering.

use crate::Failure;
use crate::party::Party;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use engine::entropy::Entropy;
use engine::trust::epoch::{Direction, begin};
use engine::trust::signature::{PublicKey, SecretKey};
use schema::id::LinkId;
use schema::latest::EnvelopeKind;

/// An event as this peer sends it.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    nonce: [u8; 24],
    body: Vec<u8>,
    signature: [u8; 64],
}

/// Both ends of the peer's connection.
pub(crate) struct Singly {
    secret: SecretKey,
    public: PublicKey,
    cipher: XChaCha20Poly1305,
    entropy: Entropy,
}

impl Singly {
    /// From `origin` to `recipient`, with the keys that they have.
    pub(crate) fn new(origin: &Party, recipient: &Party, link: LinkId) -> Result<Self, Failure> {
        let mut entropy = Entropy::from_seed([5; 32]);
        let spaces = (origin.identity.space(), recipient.identity.space());
        let direction = Direction { origin: spaces.0, recipient: spaces.1, link };
        let sealing = &recipient.keys.newest().sealing.0;
        let (_, keys) = begin(&direction, sealing, &mut entropy).ok_or("no usable key")?;
        let secret = SecretKey::from_seed(&origin.seeds.signing);
        let public = PublicKey::from_bytes(&secret.public()).ok_or("a weak key")?;
        let cipher = XChaCha20Poly1305::new(keys.key(EnvelopeKind::Entries).into());
        Ok(Self { secret, public, cipher, entropy })
    }

    /// Signs and seals one event.
    pub(crate) fn seal(&mut self, event: &[u8]) -> Result<Sealed, Failure> {
        let nonce = self.entropy.bytes();
        let signature = self.secret.sign(event);
        let body = self.cipher.encrypt(&XNonce::from(nonce), event);
        let body = body.map_err(|_| "an event could not be sealed")?;
        Ok(Sealed { nonce, body, signature })
    }

    /// Opens and verifies one event.
    pub(crate) fn open(&self, sealed: &Sealed) -> Result<Vec<u8>, Failure> {
        let event = self.cipher.decrypt(&XNonce::from(sealed.nonce), &*sealed.body);
        let event = event.map_err(|_| "an event could not be opened")?;
        if !self.public.verifies(&event, &sealed.signature) {
            return Err("the signature of an event is wrong".into());
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer() -> Singly {
        let (origin, recipient) = (Party::new("one", 1).unwrap(), Party::new("two", 2).unwrap());
        Singly::new(&origin, &recipient, LinkId([9; 32])).unwrap()
    }

    #[test]
    fn what_was_sealed_singly_opens_again() {
        let mut peer = peer();
        let sealed = peer.seal(b"an event").unwrap();
        assert_eq!(peer.open(&sealed).unwrap(), b"an event");
    }

    #[test]
    fn what_was_changed_on_the_way_is_refused() {
        let mut peer = peer();
        let sealed = peer.seal(b"an event").unwrap();
        let mut other_body = sealed.clone();
        other_body.body[0] ^= 1;
        assert!(peer.open(&other_body).is_err());
        let other = peer.seal(b"another event").unwrap();
        let swapped = Sealed { signature: other.signature, ..sealed };
        let why = peer.open(&swapped).unwrap_err().to_string();
        assert!(why.contains("signature"), "{why}");
    }
}
