//! Ed25519, strictly: no weak keys, no signature that is valid in more than one form.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use schema::hash::Hash;

/// A public key that was checked not to be weak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key, unless it is no point of the curve or a weak one: a degenerate key makes any
    /// message verify.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Whether `signature` over `message` is of this key (`verify_strict`).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

/// A secret key that signs.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key with this seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Hash {
        self.0.verifying_key().to_bytes()
    }

    /// The signature over `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_the_key_under_which_any_message_verifies_is_refused() {
        let mut identity_point = [0; 32];
        identity_point[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity_point), None);
        assert_eq!(PublicKey::from_bytes(&[0; 32]), None);
    }

    #[test]
    fn a_signature_is_of_its_message_and_key_alone() {
        let key = SecretKey::from_seed(&[7; 32]);
        let public = PublicKey::from_bytes(&key.public()).expect("a strong key");
        let other = PublicKey::from_bytes(&SecretKey::from_seed(&[8; 32]).public());
        let signature = key.sign(b"message");
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"massage", &signature));
        assert!(!other.expect("a strong key").verifies(b"message", &signature));
        assert!(!public.verifies(b"message", &signature[..63]));
    }
}
