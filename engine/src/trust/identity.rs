//! This space's own keys: what signs and opens in its name.

use crate::entropy::Entropy;
use crate::trust::certificate::{Disbelief, Keys};
use crate::trust::epoch::SealingKey;
use crate::trust::rest::RestKeys;
use crate::trust::signature::SecretKey;
use schema::hash::Hash;
use schema::id::{Incarnation, SpaceId};
use schema::latest::{Certificate, Checkpoint, Document, KeyStatement, Kind, Offer, Revocation};
use schema::name::Name;
use schema::v1::document::certificate::Genesis;
use schema::v1::document::dsse::Signature;
use schema::v1::envelope::SUITE;
use schema::v1::model::HexHash;
use serde::Serialize;
use std::collections::BTreeMap;
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
    /// The key itself: what this space seals for itself, at rest.
    pub at_rest: [u8; 32],
}

impl Seeds {
    /// Draws four new seeds.
    #[must_use]
    pub fn draw(entropy: &mut Entropy) -> Self {
        Self {
            root: entropy.bytes(),
            signing: entropy.bytes(),
            sealing: entropy.bytes(),
            at_rest: entropy.bytes(),
        }
    }
}

/// The secret seeds under one key statement.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Pair {
    /// Ed25519, signs entries and documents.
    pub signing: [u8; 32],
    /// X25519, opens what is sealed to this space.
    pub sealing: [u8; 32],
}

impl Pair {
    /// Draws two new seeds.
    #[must_use]
    pub fn draw(entropy: &mut Entropy) -> Self {
        Self { signing: entropy.bytes(), sealing: entropy.bytes() }
    }
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair")
    }
}

/// The secret seeds that a node holds of a space, by the number of the key statement. The newest
/// sign; older ones only open what peers sealed that do not know the newest yet. Beside them its
/// at-rest keys, which no statement names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Secrets {
    pairs: BTreeMap<u32, Pair>,
    rest: RestKeys,
}

impl Secrets {
    /// The same with one pair more.
    #[must_use]
    pub fn with(mut self, number: u32, pair: Pair) -> Self {
        self.pairs.insert(number, pair);
        self
    }

    /// The same with one at-rest key more.
    #[must_use]
    pub fn with_at_rest(self, number: u32, key: [u8; 32]) -> Self {
        Self { rest: self.rest.with(number, key), ..self }
    }

    /// The pair of a statement.
    #[must_use]
    pub fn pair(&self, number: u32) -> Option<&Pair> {
        self.pairs.get(&number)
    }

    /// Forgets the pairs of all statements before this one; at-rest keys stay.
    pub fn forget_before(&mut self, number: u32) {
        self.pairs.retain(|known, _| *known >= number);
    }

    /// The numbers of the statements whose seeds are here.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.pairs.keys().copied()
    }
}

impl From<&Seeds> for Secrets {
    /// The secrets of a space that was just founded.
    fn from(seeds: &Seeds) -> Self {
        let pair = Pair { signing: seeds.signing, sealing: seeds.sealing };
        Self::default().with(1, pair).with_at_rest(1, seeds.at_rest)
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
    signing: Option<SecretKey>,
    sealing: BTreeMap<u32, SealingKey>,
    secrets: Secrets,
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
        revoked: Vec::new(),
    };
    let document = Document::sign(Kind::KeyStatement, &statement, |message| {
        vec![Signature { keyid: "root".to_owned(), sig: root.sign(message).to_vec() }]
    });
    Certificate { documents: vec![document] }
}

/// The next key statement after those of `keys`, for the keys of `pair`. It is signed by the root
/// key, and by the key before unless that one is revoked or its seed is not at hand.
#[must_use]
pub fn continue_statements(
    keys: &Keys,
    root: &[u8; 32],
    before: Option<&Pair>,
    pair: &Pair,
    revoked: Vec<Revocation>,
    time_ms: u64,
) -> Document {
    let newest = keys.newest();
    let statement = next(keys, pair, revoked, time_ms);
    let root = SecretKey::from_seed(root);
    Document::sign(Kind::KeyStatement, &statement, |message| {
        let mut signatures =
            vec![Signature { keyid: "root".to_owned(), sig: root.sign(message).to_vec() }];
        let revoked = statement.revoked.iter().any(|revoked| revoked.key == newest.number);
        if let Some(before) = before.filter(|_| !revoked) {
            let sig = SecretKey::from_seed(&before.signing).sign(message).to_vec();
            signatures.push(Signature { keyid: newest.number.to_string(), sig });
        }
        signatures
    })
}

/// What the next key statement after those of `keys` says.
pub(crate) fn next(
    keys: &Keys,
    pair: &Pair,
    revoked: Vec<Revocation>,
    time_ms: u64,
) -> KeyStatement {
    let newest = keys.newest();
    KeyStatement {
        number: newest.number + 1,
        signing: HexHash(SecretKey::from_seed(&pair.signing).public()),
        sealing: HexHash(SealingKey::from_seed(&pair.sealing).public()),
        time_ms,
        revoked,
        ..newest.clone()
    }
}

impl Identity {
    /// The identity of a space: its statements and the secrets that are at hand.
    #[must_use]
    pub fn of(keys: &Keys, secrets: Secrets) -> Self {
        let mut identity = Self {
            space: keys.space(),
            name: keys.name().clone(),
            number: 0,
            signing: None,
            sealing: BTreeMap::new(),
            secrets,
        };
        identity.renew(keys);
        identity
    }

    /// The identity that `seeds` and the space's own certificate make.
    ///
    /// # Errors
    /// When the keys are not those that the newest statement names.
    pub fn new(keys: &Keys, seeds: &Seeds) -> Result<Self, Disbelief> {
        let identity = Self::of(keys, seeds.into());
        if identity.can_sign() { Ok(identity) } else { Err(Disbelief::Foreign) }
    }

    /// Goes on under the newest statement of `keys`, as far as its secrets are here.
    pub(crate) fn renew(&mut self, keys: &Keys) {
        let newest = keys.newest();
        self.name = newest.name.clone();
        self.number = newest.number;
        self.signing = None;
        self.sealing.clear();
        for (number, pair) in &self.secrets.pairs {
            let Some(statement) = keys.statement(*number) else { continue };
            let sealing = SealingKey::from_seed(&pair.sealing);
            if sealing.public() != statement.sealing.0 {
                continue;
            }
            self.sealing.insert(*number, sealing);
            let signing = SecretKey::from_seed(&pair.signing);
            if *number == newest.number && signing.public() == newest.signing.0 {
                self.signing = Some(signing);
            }
        }
    }

    /// Learns the secrets of a statement that is about to be appended.
    pub(crate) fn learn(&mut self, number: u32, pair: Pair) {
        self.secrets.pairs.insert(number, pair);
    }

    /// Learns an at-rest key.
    pub(crate) fn learn_at_rest(&mut self, number: u32, key: [u8; 32]) {
        self.secrets.rest.learn(number, key);
    }

    /// Forgets the secrets of all statements before this one.
    pub(crate) fn forget_before(&mut self, number: u32) {
        self.secrets.forget_before(number);
        self.sealing.retain(|known, _| *known >= number);
    }

    /// Whether the newest statement's secrets are here.
    #[must_use]
    pub fn can_sign(&self) -> bool {
        self.signing.is_some() && self.sealing.contains_key(&self.number)
    }

    /// The secrets that are here.
    #[must_use]
    pub(crate) const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The keys to which this space seals for itself.
    #[must_use]
    pub const fn at_rest(&self) -> &RestKeys {
        &self.secrets.rest
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

    /// The key that opens what was sealed to this statement's key.
    pub(crate) fn sealing(&self, number: u32) -> Option<&SealingKey> {
        self.sealing.get(&number)
    }

    /// Signs bytes that say themselves what they are.
    ///
    /// # Panics
    /// Never in an open space: it is not opened without the secrets of its newest statement.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.as_ref().expect("an open space has its newest secrets").sign(message)
    }

    /// Signs a document.
    pub fn document<T: Serialize>(&self, kind: Kind, payload: &T) -> Document {
        Document::sign(kind, payload, |message| {
            let sig = self.sign(message).to_vec();
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
