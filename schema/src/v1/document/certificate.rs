//! A certificate: the numbered key statements of a space, and in an exported one its offer.
//!
//! A certificate file is a JSON array of DSSE documents: the key statements in the order of their
//! numbers, then at most one offer. Each key statement is signed by the root key that its genesis
//! names, and the id of the space is the hash of that genesis.

use crate::bytes::{Malformed, Writer};
use crate::hash::{Domain, hash};
use crate::id::{Incarnation, SpaceId};
use crate::limits::{CERTIFICATE_STATEMENTS_MAX, DOCUMENT_BYTES_MAX};
use crate::name::Name;
use crate::v1::document::dsse::Document;
use crate::v1::model::HexHash;
use serde::{Deserialize, Serialize};

/// What the id of a space is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The root key, Ed25519.
    pub root: HexHash,
    /// The suite of algorithms.
    pub suite: u16,
    /// Random, so that the same root key can begin another space.
    pub random: HexHash,
}

impl Genesis {
    /// The id: H(root, suite, random).
    #[must_use]
    pub fn space(&self) -> SpaceId {
        let mut bytes = Writer::new();
        bytes.fixed(&self.root.0).u16(self.suite).fixed(&self.random.0);
        SpaceId(hash(Domain::Space, &[&bytes.finish()]))
    }
}

/// One statement about the keys of a space; a later number replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStatement {
    /// The space.
    pub space: SpaceId,
    /// From 1, without gaps.
    pub number: u32,
    /// The name that the space gives itself. Others may call it differently.
    pub name: Name,
    /// What the space's id is made of.
    pub genesis: Genesis,
    /// The key that signs entries and documents, Ed25519.
    pub signing: HexHash,
    /// The key that others seal to, X25519.
    pub sealing: HexHash,
    /// When it was made, milliseconds since 1970.
    pub time_ms: u64,
    /// Earlier keys that sign nothing any more, and since when.
    pub revoked: Vec<Revocation>,
}

/// A signing key that was stolen or lost: what it signed before stays, what it signed after is
/// not of the space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The number of the statement that named the key.
    pub key: u32,
    /// The incarnation of the log in which it signed last.
    pub incarnation: Incarnation,
    /// Records that the log had then: entries up to this Position are the space's own.
    pub size: u64,
}

/// The random number that a space puts into the ids of its links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The space that offers.
    pub space: SpaceId,
    /// The number of the key statement whose signing key signs this.
    pub key: u32,
    /// Random.
    pub random: HexHash,
}

/// A certificate file; nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Certificate {
    /// The statements and at most one offer.
    pub documents: Vec<Document>,
}

impl Certificate {
    /// The certificate whose JSON this is.
    ///
    /// # Errors
    /// When it is too large or has another form.
    pub fn read(json: &str) -> Result<Self, Malformed> {
        if json.len() > DOCUMENT_BYTES_MAX {
            return Err(Malformed::new("certificate: too large"));
        }
        let certificate: Self =
            serde_json::from_str(json).map_err(|_| Malformed::new("certificate"))?;
        if certificate.documents.len() > CERTIFICATE_STATEMENTS_MAX + 1 {
            return Err(Malformed::new("certificate: too many statements"));
        }
        Ok(certificate)
    }

    /// The JSON, a document a line.
    #[must_use]
    pub fn write(&self) -> String {
        let lines: Vec<String> = self.documents.iter().map(Document::write).collect();
        format!("[\n{}\n]\n", lines.join(",\n"))
    }
}
