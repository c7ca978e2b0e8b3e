//! The keys of an epoch: HPKE once for each, then one key for each kind of envelope.
//!
//! RFC 9180, mode Base, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. The context is
//! used through its exporter only: a context that must be opened in order would not survive a
//! carrier that reorders.

use crate::entropy::Entropy;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, setup_receiver,
    setup_sender_with_rng,
};
use schema::bytes::Writer;
use schema::hash::Hash;
use schema::id::{LinkId, SpaceId};
use schema::latest::EnvelopeKind;
use schema::v1::envelope::SUITE;
use zeroize::Zeroizing;

pub(super) type Kem = X25519HkdfSha256;
type Secret = <Kem as hpke::Kem>::PrivateKey;
pub(super) type Public = <Kem as hpke::Kem>::PublicKey;
pub(super) type Encapped = <Kem as hpke::Kem>::EncappedKey;

/// The secret key that opens what is sealed to a space.
pub struct SealingKey(Secret);

impl SealingKey {
    /// The key with this seed (RFC 9180, `DeriveKeyPair`).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Kem::derive_keypair(seed).0)
    }

    /// The secret half, as the library knows it.
    pub(super) const fn secret(&self) -> &Secret {
        &self.0
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Hash {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&Kem::sk_to_pk(&self.0).to_bytes());
        bytes
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey")
    }
}

/// Which way an epoch goes: bound into its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Direction {
    /// Who seals.
    pub origin: SpaceId,
    /// Who opens.
    pub recipient: SpaceId,
    /// On which link.
    pub link: LinkId,
}

impl Direction {
    fn info(&self) -> Vec<u8> {
        let mut info = Writer::new();
        info.fixed(b"interspace/v1/hpke").fixed(&self.origin.0).fixed(&self.recipient.0);
        info.fixed(&self.link.0).u16(SUITE);
        info.finish()
    }
}

/// The keys of one epoch, one for each kind of envelope. They are never stored.
#[derive(Clone)]
pub struct EpochKeys(Vec<Zeroizing<[u8; 32]>>);

impl EpochKeys {
    /// The key for `kind`.
    #[must_use]
    pub fn key(&self, kind: EnvelopeKind) -> &[u8; 32] {
        &self.0[usize::from(kind.number()) - 1]
    }

    /// One key for each kind, in the order of their numbers.
    fn export(mut exporter: impl FnMut(&[u8], &mut [u8]) -> bool) -> Option<Self> {
        let mut keys = Vec::with_capacity(EnvelopeKind::ALL.len());
        for kind in EnvelopeKind::ALL {
            let mut key = Zeroizing::new([0; 32]);
            if !exporter(kind.label().as_bytes(), key.as_mut_slice()) {
                return None;
            }
            keys.push(key);
        }
        Some(Self(keys))
    }
}

impl std::fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EpochKeys")
    }
}

/// Begins an epoch towards the holder of `public`: what names it on the wire, and its keys. None
/// if `public` is no usable key.
#[must_use]
pub fn begin(
    direction: &Direction,
    public: &Hash,
    entropy: &mut Entropy,
) -> Option<([u8; 32], EpochKeys)> {
    let public = Public::from_bytes(public).ok()?;
    let (encapped, context) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &public,
        &direction.info(),
        entropy.generator(),
    )
    .ok()?;
    let mut name = [0; 32];
    name.copy_from_slice(&encapped.to_bytes());
    let keys = EpochKeys::export(|label, out| context.export(label, out).is_ok())?;
    Some((name, keys))
}

/// Whether `public` is a key that something can be sealed to: a point of small order would make
/// the same secret with everybody. A throwaway epoch is begun, so that the library that seals
/// later is the one that is asked.
#[must_use]
pub fn can_be_sealed_to(public: &Hash) -> bool {
    let nobody = SpaceId([0; 32]);
    let direction = Direction { origin: nobody, recipient: nobody, link: LinkId([0; 32]) };
    // Nothing is ever sealed under it; the randomness hides nothing.
    begin(&direction, public, &mut Entropy::from_seed([0; 32])).is_some()
}

/// Joins the epoch that `encapsulation` names. None if it is not for this key and direction in a
/// usable way.
#[must_use]
pub fn join(
    direction: &Direction,
    secret: &SealingKey,
    encapsulation: &[u8; 32],
) -> Option<EpochKeys> {
    let encapped = Encapped::from_bytes(encapsulation).ok()?;
    let context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeR::Base,
        &secret.0,
        &encapped,
        &direction.info(),
    )
    .ok()?;
    EpochKeys::export(|label, out| context.export(label, out).is_ok())
}
