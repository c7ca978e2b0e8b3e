//! DSSE: the signed envelope around JSON that other people's tools already read.
//!
//! ```json
//! {"payloadType": "application/vnd.interspace.receipt.v1+json",
//!  "payload": "<base64>",
//!  "signatures": [{"keyid": "<who>", "sig": "<base64>"}]}
//! ```
//!
//! Signed is the pre-authentication encoding
//! `"DSSEv1" SP len(type) SP type SP len(payload) SP payload`
//! (<https://github.com/secure-systems-lab/dsse>, version 1.0.2). `keyid` is a hint and proves
//! nothing: here the number of the key statement, or `root`.

use crate::bytes::{Malformed, Writer};
use crate::hash::{Domain, hash};
use crate::id::DocumentId;
use crate::limits::DOCUMENT_BYTES_MAX;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What a document is; part of the signed bytes, so that one kind never passes as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One statement of a certificate.
    KeyStatement,
    /// A random number that a link is made of.
    Offer,
    /// A release on its way.
    Bundle,
    /// What one deployment did.
    Receipt,
    /// That a release was found bad.
    Recall,
    /// That a person lets a release into an environment, or does not.
    Approval,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::KeyStatement,
        Self::Offer,
        Self::Bundle,
        Self::Receipt,
        Self::Recall,
        Self::Approval,
    ];

    /// The payload type.
    #[must_use]
    pub const fn payload_type(self) -> &'static str {
        match self {
            Self::KeyStatement => "application/vnd.interspace.key-statement.v1+json",
            Self::Offer => "application/vnd.interspace.offer.v1+json",
            Self::Bundle => "application/vnd.interspace.bundle.v1+json",
            Self::Receipt => "application/vnd.interspace.receipt.v1+json",
            Self::Recall => "application/vnd.interspace.recall.v1+json",
            Self::Approval => "application/vnd.interspace.approval.v1+json",
        }
    }
}

/// A document. What it says is not verified until the engine's `trust` has done so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Document {
    payload_type: String,
    #[serde(with = "crate::base64")]
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

/// One signature of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Which key, as a hint.
    pub keyid: String,
    /// The Ed25519 signature.
    #[serde(with = "crate::base64")]
    pub sig: Vec<u8>,
}

/// The bytes that a signature over `payload` of type `payload_type` is over.
#[must_use]
pub fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Document {
    /// A document of `kind` around the JSON of `payload`, signed by `sign`, which is given the
    /// bytes to sign and answers with a key id and a signature for each signer.
    ///
    /// # Panics
    /// Never: the payloads of this crate have no maps with keys other than text.
    pub fn sign<T: Serialize>(
        kind: Kind,
        payload: &T,
        sign: impl FnOnce(&[u8]) -> Vec<Signature>,
    ) -> Self {
        let payload = serde_json::to_vec(payload).expect("plain data is JSON");
        let payload_type = kind.payload_type().to_owned();
        let signatures = sign(&signed_bytes(&payload_type, &payload));
        Self { payload_type, payload, signatures }
    }

    /// The same document with one signature more, before those that it has. `sign` is given the
    /// bytes to sign.
    #[must_use]
    pub fn countersigned(&self, sign: impl FnOnce(&[u8]) -> Signature) -> Self {
        let mut document = self.clone();
        document.signatures.insert(0, sign(&self.signed_bytes()));
        document
    }

    /// The document whose JSON this is.
    ///
    /// # Errors
    /// When it is too large or has another form.
    pub fn read(json: &str) -> Result<Self, Malformed> {
        if json.len() > DOCUMENT_BYTES_MAX {
            return Err(Malformed::new("document: too large"));
        }
        serde_json::from_str(json).map_err(|_| Malformed::new("document"))
    }

    /// The JSON.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("plain data is JSON")
    }

    /// The id: H(type, payload), each behind its length. It does not depend on the signatures, so
    /// that a countersigned document stays the same document.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        let mut bytes = Writer::new();
        bytes.variable(self.payload_type.as_bytes()).variable(&self.payload);
        DocumentId(hash(Domain::Document, &[&bytes.finish()]))
    }

    /// The bytes that each signature is over.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        signed_bytes(&self.payload_type, &self.payload)
    }

    /// The signatures.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// What it says, if it is of `kind`.
    ///
    /// # Errors
    /// When it is of another kind, or its payload has another form.
    pub fn payload<T: DeserializeOwned>(&self, kind: Kind) -> Result<T, Malformed> {
        if self.payload_type != kind.payload_type() {
            return Err(Malformed::new("document: payload type"));
        }
        serde_json::from_slice(&self.payload).map_err(|_| Malformed::new("document: payload"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_bytes_are_those_of_the_specification() {
        let bytes = signed_bytes("http://example.com/HelloWorld", b"hello world");
        assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn a_document_of_one_kind_is_not_read_as_another() {
        let document = Document::sign(Kind::Offer, &7, |_| Vec::new());
        assert_eq!(document.payload::<u8>(Kind::Offer), Ok(7));
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Offer) {
            assert!(document.payload::<u8>(kind).is_err());
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        let json = r#"{"payloadType":"a","payload":"","signatures":[],"more":1}"#;
        assert!(Document::read(json).is_err());
    }
}
