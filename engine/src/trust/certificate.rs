//! A certificate, verified: the keys of a space at each number, and its offer.

use crate::trust::epoch::can_be_sealed_to;
use crate::trust::signature::PublicKey;
use schema::bytes::Malformed;
use schema::hash::Hash;
use schema::id::{SpaceId, base32};
use schema::latest::{Certificate, Document, KeyStatement, Kind, Offer};
use schema::limits::CERTIFICATE_STATEMENTS_MAX;
use schema::name::Name;
use schema::v1::envelope::SUITE;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why a certificate or a document is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Disbelief {
    /// It has another form.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// It has no key statement.
    #[error("the certificate has no key statement")]
    Empty,
    /// A key statement has another number, space or genesis than it should.
    #[error("key statement {0} does not continue the certificate")]
    Broken(u32),
    /// A key is weak or no key at all.
    #[error("key statement {0} names a weak key")]
    WeakKey(u32),
    /// A signature that must be there is missing or wrong.
    #[error("the signature by key {0} is missing or wrong")]
    BadSignature(String),
    /// It says that it is of a space that it is not of.
    #[error("the document is of another space than its signer")]
    Foreign,
}

/// The keys of one space, each proven by its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    space: SpaceId,
    statements: Vec<(KeyStatement, PublicKey)>,
    offer: Option<Hash>,
    documents: Vec<Document>,
}

impl Keys {
    /// Verifies a certificate: numbers from 1 without gaps, one genesis, each statement signed by
    /// the root key and from the second on by its predecessor, the one suite there is, no weak key
    /// for signing or sealing; the offer signed by the key that it names.
    ///
    /// # Errors
    /// [`Disbelief`] with the first thing that is wrong.
    pub fn verify(certificate: &Certificate) -> Result<Self, Disbelief> {
        let documents = &certificate.documents;
        let offered =
            documents.last().is_some_and(|last| last.payload::<Offer>(Kind::Offer).is_ok());
        let (statements, offer) = documents.split_at(documents.len() - usize::from(offered));
        let first = statements.first().ok_or(Disbelief::Empty)?;
        let genesis = first.payload::<KeyStatement>(Kind::KeyStatement)?.genesis;
        if genesis.suite != SUITE {
            return Err(Malformed::new("certificate: suite").into());
        }
        if statements.len() > CERTIFICATE_STATEMENTS_MAX {
            return Err(Malformed::new("certificate: too many statements").into());
        }
        let root = PublicKey::from_bytes(&genesis.root.0).ok_or(Disbelief::WeakKey(0))?;
        let mut keys = Self {
            space: genesis.space(),
            statements: Vec::new(),
            offer: None,
            documents: statements.to_vec(),
        };
        for (number, document) in (1..).zip(statements) {
            let statement: KeyStatement = document.payload(Kind::KeyStatement)?;
            if statement.number != number
                || statement.genesis != genesis
                || statement.space != keys.space
            {
                return Err(Disbelief::Broken(number));
            }
            require(document, "root", &root)?;
            if let Some((previous, key)) = keys.statements.last() {
                require(document, &previous.number.to_string(), key)?;
            }
            let key =
                PublicKey::from_bytes(&statement.signing.0).ok_or(Disbelief::WeakKey(number))?;
            if !can_be_sealed_to(&statement.sealing.0) {
                return Err(Disbelief::WeakKey(number));
            }
            keys.statements.push((statement, key));
        }
        if let [document] = offer {
            let offer: Offer =
                keys.document(document, Kind::Offer, |offer: &Offer| (offer.space, offer.key))?;
            keys.offer = Some(offer.random.0);
            keys.documents.push(document.clone());
        }
        Ok(keys)
    }

    /// The space.
    #[must_use]
    pub const fn space(&self) -> SpaceId {
        self.space
    }

    /// The newest statement.
    ///
    /// # Panics
    /// Never: a certificate without one is not believed.
    #[must_use]
    pub fn newest(&self) -> &KeyStatement {
        &self.statements.last().expect("at least one statement").0
    }

    /// The name that the space gives itself.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.newest().name
    }

    /// What it puts into the ids of its links, where its certificate says so.
    #[must_use]
    pub const fn offer(&self) -> Option<&Hash> {
        self.offer.as_ref()
    }

    /// The signing key of a statement.
    #[must_use]
    pub fn signing(&self, number: u32) -> Option<&PublicKey> {
        let index = (number as usize).checked_sub(1)?;
        self.statements.get(index).map(|(_, key)| key)
    }

    /// The certificate: statements, and the offer if there is one.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        Certificate { documents: self.documents.clone() }
    }

    /// What `document` says, if it is of `kind` and signed by this space with the key that it
    /// names. `claims` reads from the payload whose it says it is, and under which key.
    ///
    /// # Errors
    /// [`Disbelief`] with the reason.
    pub fn document<T: DeserializeOwned>(
        &self,
        document: &Document,
        kind: Kind,
        claims: impl FnOnce(&T) -> (SpaceId, u32),
    ) -> Result<T, Disbelief> {
        let payload: T = document.payload(kind)?;
        let (space, number) = claims(&payload);
        if space != self.space {
            return Err(Disbelief::Foreign);
        }
        let key = number.to_string();
        match self.signing(number) {
            Some(public) => require(document, &key, public)?,
            None => return Err(Disbelief::BadSignature(key)),
        }
        Ok(payload)
    }

    /// The fingerprint: the whole id of the space in groups of four, for comparing aloud.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.space)
    }
}

/// The fingerprint of a space: its whole id in groups of four.
#[must_use]
pub fn fingerprint(space: &SpaceId) -> String {
    let text = base32(&space.0);
    let groups: Vec<&str> =
        (0..text.len()).step_by(4).map(|at| &text[at..(at + 4).min(text.len())]).collect();
    groups.join(" ")
}

/// Fails unless one of the document's signatures is under `keyid` and of `key`.
fn require(document: &Document, keyid: &str, key: &PublicKey) -> Result<(), Disbelief> {
    let message = document.signed_bytes();
    let signed = document
        .signatures()
        .iter()
        .any(|signature| signature.keyid == keyid && key.verifies(&message, &signature.sig));
    if signed { Ok(()) } else { Err(Disbelief::BadSignature(keyid.to_owned())) }
}
