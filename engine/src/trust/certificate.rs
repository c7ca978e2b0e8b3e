//! A certificate, verified: the keys of a space at each number, and its offer.

use crate::trust::epoch::can_be_sealed_to;
use crate::trust::signature::PublicKey;
use schema::bytes::Malformed;
use schema::hash::Hash;
use schema::id::{SpaceId, base32};
use schema::latest::{Certificate, Document, KeyStatement, Kind, Offer, Revocation};
use schema::limits::CERTIFICATE_STATEMENTS_MAX;
use schema::name::Name;
use schema::v1::document::certificate::Genesis;
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
    /// It is signed under a key statement that is not known, and that its signer may have made.
    #[error("signed under key statement {0}, which is not known here")]
    Unstated(u32),
    /// It says that it is of a space that it is not of.
    #[error("the document is of another space than its signer")]
    Foreign,
}

/// The keys of one space, each proven by its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    space: SpaceId,
    genesis: Genesis,
    root: PublicKey,
    statements: Vec<(KeyStatement, PublicKey)>,
    offer: Option<Hash>,
    documents: Vec<Document>,
}

impl Keys {
    /// Verifies a certificate: numbers from 1 without gaps, one genesis, each statement signed by
    /// the root key and from the second on by its predecessor too, unless it revokes that one; the
    /// one suite there is, no weak key for signing or sealing; the offer signed by the key that it
    /// names.
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
        let root = PublicKey::from_bytes(&genesis.root.0).ok_or(Disbelief::WeakKey(0))?;
        let mut keys = Self {
            space: genesis.space(),
            genesis,
            root,
            statements: Vec::new(),
            offer: None,
            documents: Vec::new(),
        };
        for document in statements {
            keys.continue_with(document)?;
        }
        if let [document] = offer {
            let offer: Offer =
                keys.document(document, Kind::Offer, |offer: &Offer| (offer.space, offer.key))?;
            keys.offer = Some(offer.random.0);
            keys.documents.push(document.clone());
        }
        Ok(keys)
    }

    /// Takes the next statement in.
    fn continue_with(&mut self, document: &Document) -> Result<(), Disbelief> {
        if self.statements.len() >= CERTIFICATE_STATEMENTS_MAX {
            return Err(Malformed::new("certificate: too many statements").into());
        }
        let number = u32::try_from(self.statements.len()).unwrap_or(u32::MAX).saturating_add(1);
        let statement: KeyStatement = document.payload(Kind::KeyStatement)?;
        if statement.number != number
            || statement.genesis != self.genesis
            || statement.space != self.space
            || statement.revoked.iter().any(|revoked| !(1..number).contains(&revoked.key))
        {
            return Err(Disbelief::Broken(number));
        }
        require(document, "root", &self.root)?;
        if let Some((previous, key)) = self.statements.last()
            && !statement.revoked.iter().any(|revoked| revoked.key == previous.number)
        {
            require(document, &previous.number.to_string(), key)?;
        }
        let key = PublicKey::from_bytes(&statement.signing.0).ok_or(Disbelief::WeakKey(number))?;
        if !can_be_sealed_to(&statement.sealing.0) {
            return Err(Disbelief::WeakKey(number));
        }
        self.statements.push((statement, key));
        let at = self.documents.len() - usize::from(self.offer.is_some());
        self.documents.insert(at, document.clone());
        Ok(())
    }

    /// These keys with the statements that follow on them. What is known already is skipped if it
    /// is the same.
    ///
    /// # Errors
    /// [`Disbelief`] with the first thing that is wrong; then nothing of it is believed.
    pub fn continued(&self, statements: &[Document]) -> Result<Self, Disbelief> {
        let mut keys = self.clone();
        for document in statements {
            let statement: KeyStatement = document.payload(Kind::KeyStatement)?;
            let index = (statement.number as usize).checked_sub(1);
            match index.and_then(|at| keys.statements.get(at)) {
                Some((known, _)) if *known == statement => {}
                Some(_) => return Err(Disbelief::Broken(statement.number)),
                None => keys.continue_with(document)?,
            }
        }
        Ok(keys)
    }

    /// Whether these keys are `known` or follow on them. What is older, or another story, may be in
    /// the hands of who stole a key that was replaced.
    #[must_use]
    pub fn follow(&self, known: &Self) -> bool {
        let newest = known.newest();
        self.statement(newest.number) == Some(newest)
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

    /// The statement of this number.
    #[must_use]
    pub fn statement(&self, number: u32) -> Option<&KeyStatement> {
        let index = (number as usize).checked_sub(1)?;
        self.statements.get(index).map(|(statement, _)| statement)
    }

    /// The statements with greater numbers, as documents.
    #[must_use]
    pub fn after(&self, number: u32) -> &[Document] {
        let end = self.statements.len();
        &self.documents[(number as usize).min(end)..end]
    }

    /// What the statements with greater numbers revoke.
    pub fn revoked_after(&self, number: u32) -> impl Iterator<Item = &Revocation> {
        let newer = self.statements.iter().skip(number as usize);
        newer.flat_map(|(statement, _)| &statement.revoked)
    }

    /// The number of the newest statement that revokes a key; 0 when none does.
    #[must_use]
    pub fn newest_revoking(&self) -> u32 {
        let revoking = self.statements.iter().rev().find(|(s, _)| !s.revoked.is_empty());
        revoking.map_or(0, |(statement, _)| statement.number)
    }

    /// Whether a later statement took this key back.
    #[must_use]
    pub fn is_revoked(&self, number: u32) -> bool {
        let mut all = self.statements.iter().flat_map(|(statement, _)| &statement.revoked);
        all.any(|revocation| revocation.key == number)
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
            None if self.may_state(number) => return Err(Disbelief::Unstated(number)),
            None => return Err(Disbelief::BadSignature(key)),
        }
        Ok(payload)
    }

    /// Whether a statement of this number may follow on these.
    fn may_state(&self, number: u32) -> bool {
        number > self.newest().number && number as usize <= CERTIFICATE_STATEMENTS_MAX
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
