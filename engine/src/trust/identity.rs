//! This space's own keys: what signs and opens in its name.

use crate::entropy::Entropy;
use crate::trust::certificate::{Disbelief, Keys};
use crate::trust::epoch::SealingKey;
use crate::trust::signature::SecretKey;
use schema::hash::Hash;
use schema::id::{Incarnation, SpaceId};
use schema::latest::{Certificate, Checkpoint, Document, KeyStatement, Kind, Offer};
use schema::name::Name;
use schema::v1::document::certificate::Genesis;
use schema::v1::document::dsse::Signature;
use schema::v1::envelope::SUITE;
use schema::v1::model::HexHash;
use serde::Serialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The secret seeds of a space's keys, as they are kept in key files. The root key signs key
/// statements only.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seeds {
    /// Ed25519, signs key statements.
    pub root: [u8; 32],
    /// Ed25519, signs entries and documents.
    pub signing: [u8; 32],
    /// X25519, opens what is sealed to this space.
    pub sealing: [u8; 32],
}

impl Seeds {
    /// Draws three new seeds.
    #[must_use]
    pub fn draw(entropy: &mut Entropy) -> Self {
        Self { root: entropy.bytes(), signing: entropy.bytes(), sealing: entropy.bytes() }
    }
}

impl std::fmt::Debug for Seeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seeds")
    }
}

/// The keys in use, and the statement that names them.
#[derive(Debug)]
pub struct Identity {
    space: SpaceId,
    name: Name,
    number: u32,
    signing: SecretKey,
    sealing: SealingKey,
}

/// Makes the first certificate of a new space.
#[must_use]
pub fn found(name: &Name, seeds: &Seeds, random: Hash, time_ms: u64) -> Certificate {
    let root = SecretKey::from_seed(&seeds.root);
    let genesis = Genesis { root: HexHash(root.public()), suite: SUITE, random: HexHash(random) };
    let statement = KeyStatement {
        space: genesis.space(),
        number: 1,
        name: name.clone(),
        genesis,
        signing: HexHash(SecretKey::from_seed(&seeds.signing).public()),
        sealing: HexHash(SealingKey::from_seed(&seeds.sealing).public()),
        time_ms,
    };
    let document = Document::sign(Kind::KeyStatement, &statement, |message| {
        vec![Signature { keyid: "root".to_owned(), sig: root.sign(message).to_vec() }]
    });
    Certificate { documents: vec![document] }
}

impl Identity {
    /// The identity that `seeds` and the space's own certificate make.
    ///
    /// # Errors
    /// When the keys are not those that the newest statement names.
    pub fn new(keys: &Keys, seeds: &Seeds) -> Result<Self, Disbelief> {
        let newest = keys.newest();
        let signing = SecretKey::from_seed(&seeds.signing);
        let sealing = SealingKey::from_seed(&seeds.sealing);
        if signing.public() != newest.signing.0 || sealing.public() != newest.sealing.0 {
            return Err(Disbelief::Foreign);
        }
        Ok(Self {
            space: keys.space(),
            name: newest.name.clone(),
            number: newest.number,
            signing,
            sealing,
        })
    }

    /// The space.
    #[must_use]
    pub const fn space(&self) -> SpaceId {
        self.space
    }

    /// The name that the space gives itself.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The number of the key statement in use.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The key that opens.
    pub(crate) const fn sealing(&self) -> &SealingKey {
        &self.sealing
    }

    /// Signs bytes that say themselves what they are.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message)
    }

    /// Signs a document.
    pub fn document<T: Serialize>(&self, kind: Kind, payload: &T) -> Document {
        Document::sign(kind, payload, |message| {
            let sig = self.signing.sign(message).to_vec();
            vec![Signature { keyid: self.number.to_string(), sig }]
        })
    }

    /// Signs an offer of `random`.
    #[must_use]
    pub fn offer(&self, random: Hash) -> Document {
        let offer = Offer { space: self.space, key: self.number, random: HexHash(random) };
        self.document(Kind::Offer, &offer)
    }

    /// Signs what the log says about itself.
    #[must_use]
    pub fn checkpoint(&self, log: &Incarnation, size: u64, root: Hash, time_ms: u64) -> Checkpoint {
        let note = Checkpoint::note(&self.space, log, size, &root, time_ms);
        let signature = self.sign(note.as_bytes());
        Checkpoint { size, root, time_ms, key: self.number, signature }
    }
}
