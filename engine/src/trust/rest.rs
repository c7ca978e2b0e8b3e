//! What is sealed at rest: to a key of the space that is kept beside its log and never in it.

use crate::entropy::Entropy;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use schema::id::SpaceId;
use schema::latest::AtRest;
use schema::v1::secret::Place;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The at-rest keys of a space, by number. The newest seals; older ones only open what they sealed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RestKeys(BTreeMap<u32, Zeroizing<[u8; 32]>>);

impl std::fmt::Debug for RestKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RestKeys")
    }
}

impl RestKeys {
    /// The same with one key more.
    #[must_use]
    pub fn with(mut self, number: u32, key: [u8; 32]) -> Self {
        self.learn(number, key);
        self
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the key of this number is here.
    #[must_use]
    pub fn has(&self, number: u32) -> bool {
        self.0.contains_key(&number)
    }

    /// Learns one key more.
    pub(super) fn learn(&mut self, number: u32, key: [u8; 32]) {
        self.0.insert(number, Zeroizing::new(key));
    }

    /// Seals `plain`, to be found again in its place in the log of `space`. None if there is no
    /// key at all.
    #[must_use]
    pub fn seal(
        &self,
        space: &SpaceId,
        place: &Place<'_>,
        plain: &[u8],
        entropy: &mut Entropy,
    ) -> Option<AtRest> {
        let (number, key) = self.0.last_key_value()?;
        let nonce = entropy.bytes();
        let aad = place.aad(*number, space);
        let sealed = XChaCha20Poly1305::new((&**key).into())
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .ok()?;
        Some(AtRest { key: *number, nonce, sealed })
    }

    /// What was sealed in this place. None if its key is not here, or it is something else.
    #[must_use]
    pub fn open(
        &self,
        space: &SpaceId,
        place: &Place<'_>,
        sealed: &AtRest,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let key = self.0.get(&sealed.key)?;
        let aad = place.aad(sealed.key, space);
        XChaCha20Poly1305::new((&**key).into())
            .decrypt(&XNonce::from(sealed.nonce), Payload { msg: &sealed.sealed, aad: &aad })
            .ok()
            .map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::name::Name;
    use schema::v1::model::Where;

    const SPACE: SpaceId = SpaceId([1; 32]);

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_sealed_at_rest_opens_in_its_place_and_in_no_other() {
        let (web, shop, pass) = (name("Web"), name("Shop"), name("PASS"));
        let everywhere = Where::default();
        let mut entropy = Entropy::from_seed([2; 32]);
        let keys = RestKeys::default().with(1, [3; 32]);
        let place = Place::Set { project: &web, name: &pass, scope: &everywhere };
        let sealed = keys.seal(&SPACE, &place, b"value", &mut entropy).unwrap();
        assert_eq!(keys.open(&SPACE, &place, &sealed).as_deref(), Some(&b"value".to_vec()));
        let elsewhere = Place::Set { project: &shop, name: &pass, scope: &everywhere };
        assert_eq!(keys.open(&SPACE, &elsewhere, &sealed), None, "another project");
        let swapped = Place::Set { project: &pass, name: &web, scope: &everywhere };
        assert_eq!(keys.open(&SPACE, &swapped, &sealed), None, "another name");
        assert_eq!(keys.open(&SpaceId([2; 32]), &place, &sealed), None, "another space");
        let again = keys.seal(&SPACE, &place, b"value", &mut entropy).unwrap();
        assert_ne!(sealed.sealed, again.sealed, "equal values do not look equal");
        for at in 0..sealed.sealed.len() {
            let mut flipped = sealed.clone();
            flipped.sealed[at] ^= 1;
            assert_eq!(keys.open(&SPACE, &place, &flipped), None, "byte {at}");
        }
    }

    #[test]
    fn the_newest_key_seals_and_an_older_one_still_opens() {
        let (web, pass, everywhere) = (name("Web"), name("PASS"), Where::default());
        let place = Place::Set { project: &web, name: &pass, scope: &everywhere };
        let mut entropy = Entropy::from_seed([2; 32]);
        let first = RestKeys::default().with(1, [3; 32]);
        let old = first.seal(&SPACE, &place, b"old", &mut entropy).unwrap();
        let both = first.clone().with(2, [4; 32]);
        let new = both.seal(&SPACE, &place, b"new", &mut entropy).unwrap();
        assert_eq!((old.key, new.key), (1, 2));
        assert!(both.open(&SPACE, &place, &old).is_some());
        assert!(first.open(&SPACE, &place, &new).is_none());
        assert!(RestKeys::default().seal(&SPACE, &place, b"x", &mut entropy).is_none());
    }
}
