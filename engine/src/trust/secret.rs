//! A secret's value in memory, and on its way to one space that may read it.

use crate::entropy::Entropy;
use crate::trust::epoch::{Encapped, Kem, Public, SealingKey};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::{
    Deserializable as _, OpModeR, OpModeS, Serializable as _, single_shot_open,
    single_shot_seal_with_rng,
};
use schema::hash::{Domain, Hash, hash, same};
use schema::id::{DocumentId, SpaceId};
use schema::latest::HandedSecret;
use schema::limits::SECRET_BYTES_MAX;
use schema::v1::secret::{About, Salt, read_plain};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The value of a secret. It is wiped when it is dropped, and nothing shows it by mistake: there is
/// no `Display` and no `Serialize`, and `Debug` says only what it is.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretValue(String);

/// A text that cannot be the value of a secret; it is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// There is nothing in it.
    #[error("the value is empty")]
    Empty,
    /// It is longer than [`SECRET_BYTES_MAX`].
    #[error("the value is longer than {SECRET_BYTES_MAX} bytes")]
    Long,
    /// No process can be given a NUL.
    #[error("the value has a NUL in it, which no step can be given")]
    Nul,
}

impl SecretValue {
    /// The value that is this text.
    ///
    /// # Errors
    /// When no step could be given it. The text is wiped all the same.
    pub fn new(text: String) -> Result<Self, Unfit> {
        let value = Self(text);
        match value.0.as_str() {
            "" => Err(Unfit::Empty),
            text if text.len() > SECRET_BYTES_MAX => Err(Unfit::Long),
            text if text.contains('\0') => Err(Unfit::Nul),
            _ => Ok(value),
        }
    }

    /// The value itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl PartialEq for SecretValue {
    fn eq(&self, other: &Self) -> bool {
        let hashed = |value: &Self| hash(Domain::SecretValue, &[value.0.as_bytes()]);
        same(&hashed(self), &hashed(other))
    }
}

impl Eq for SecretValue {}

impl<'de> Deserialize<'de> for SecretValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Value)
    }
}

/// Reads a value, and quotes nothing of what is none.
struct Value;

impl Visitor<'_> for Value {
    type Value = SecretValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretValue, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<SecretValue, E> {
        SecretValue::new(text).map_err(E::custom)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretValue, E> {
        Err(E::custom("expected a text"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretValue, E> {
        Err(E::custom("expected a text"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SecretValue, E> {
        Err(E::custom("expected a text"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretValue, E> {
        Err(E::custom("expected a text"))
    }
}

/// A value with the salt of its commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salted {
    /// The salt.
    pub salt: Salt,
    /// The value.
    pub value: SecretValue,
}

impl Salted {
    /// The value under a fresh salt.
    #[must_use]
    pub fn fresh(value: SecretValue, entropy: &mut Entropy) -> Self {
        Self { salt: entropy.bytes(), value }
    }

    /// What is sealed.
    #[must_use]
    pub fn plain(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&self.salt[..], self.value.expose().as_bytes()].concat())
    }

    /// From what was sealed. None if that was something else.
    #[must_use]
    pub fn read(plain: &[u8]) -> Option<Self> {
        let (salt, value) = read_plain(plain).ok()?;
        Some(Self { salt, value: SecretValue::new(value.to_owned()).ok()? })
    }

    /// The commitment to it.
    #[must_use]
    pub fn commitment(&self, about: &About<'_>) -> Hash {
        about.commitment(&self.salt, self.value.expose())
    }

    /// Whether it is what was committed to.
    #[must_use]
    pub fn is_committed(&self, about: &About<'_>, commitment: &Hash) -> bool {
        same(&self.commitment(about), commitment)
    }

    /// The value sealed for `recipient`, whose key of statement `key` is `public`, to lie at
    /// `index` beside `bundle`. None if nothing can be sealed to that key.
    #[must_use]
    pub fn hand(
        &self,
        bundle: &DocumentId,
        index: u32,
        recipient: SpaceId,
        (key, public): (u32, &Hash),
        entropy: &mut Entropy,
    ) -> Option<HandedSecret> {
        let public = Public::from_bytes(public).ok()?;
        let info = HandedSecret::info(bundle, index, &recipient, key);
        let (encapped, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            &public,
            &info,
            &self.plain(),
            &[],
            entropy.generator(),
        )
        .ok()?;
        let mut encapsulation = [0; 32];
        encapsulation.copy_from_slice(&encapped.to_bytes());
        Some(HandedSecret { index, recipient, key, encapsulation, sealed })
    }

    /// What was handed beside `bundle` to who has the secret half of its key. None if it was not
    /// sealed to that key, for that bundle and index.
    #[must_use]
    pub fn take(bundle: &DocumentId, handed: &HandedSecret, secret: &SealingKey) -> Option<Self> {
        let HandedSecret { index, recipient, key, encapsulation, sealed } = handed;
        let encapped = Encapped::from_bytes(encapsulation).ok()?;
        let info = HandedSecret::info(bundle, *index, recipient, *key);
        let plain = single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            secret.secret(),
            &encapped,
            &info,
            sealed,
            &[],
        );
        Self::read(&Zeroizing::new(plain.ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> SecretValue {
        SecretValue::new(text.to_owned()).unwrap()
    }

    #[test]
    fn t23_a_value_is_not_shown_by_mistake() {
        let value = value("hunter2");
        let entropy = &mut Entropy::from_seed([0; 32]);
        let shown = format!("{value:?} {:?}", Salted::fresh(value.clone(), entropy));
        assert!(!shown.contains("hunter2") && shown.starts_with("(secret)"), "{shown}");
        assert_eq!(value.expose(), "hunter2");
    }

    #[test]
    fn a_value_that_no_step_can_be_given_is_refused_without_being_quoted() {
        let long = "x".repeat(SECRET_BYTES_MAX + 1);
        for (text, why) in [("", Unfit::Empty), ("a\0b", Unfit::Nul), (&*long, Unfit::Long)] {
            assert_eq!(SecretValue::new(text.to_owned()), Err(why));
        }
        for json in ["4711", "-4711", "47.11", "true", "\"47\\u000011\"", "[\"4711\"]"] {
            let refused = serde_json::from_str::<SecretValue>(json).unwrap_err().to_string();
            assert!(!refused.contains("47") && !refused.contains("true"), "{refused}");
        }
    }

    #[test]
    fn what_is_handed_opens_with_the_recipients_key_for_this_bundle_and_index_alone() {
        let mut entropy = Entropy::from_seed([1; 32]);
        let (key, other) = (SealingKey::from_seed(&[2; 32]), SealingKey::from_seed(&[3; 32]));
        let (bundle, recipient) = (DocumentId([4; 32]), SpaceId([5; 32]));
        let salted = Salted::fresh(value("hunter2"), &mut entropy);
        let to = (7, &key.public());
        let handed = salted.hand(&bundle, 1, recipient, to, &mut entropy).unwrap();
        assert_eq!(Salted::take(&bundle, &handed, &key), Some(salted));
        assert_eq!(Salted::take(&bundle, &handed, &other), None);
        assert_eq!(Salted::take(&DocumentId([6; 32]), &handed, &key), None, "another bundle");
        for odd in [
            HandedSecret { index: 0, ..handed.clone() },
            HandedSecret { recipient: SpaceId([6; 32]), ..handed.clone() },
            HandedSecret { key: 8, ..handed.clone() },
            HandedSecret { encapsulation: [9; 32], ..handed.clone() },
            HandedSecret { sealed: handed.sealed[1..].to_vec(), ..handed.clone() },
        ] {
            assert_eq!(Salted::take(&bundle, &odd, &key), None, "{odd:?}");
        }
    }
}
