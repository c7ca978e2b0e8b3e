//! A proof that a space contradicted itself: two things that it signed and that cannot both be
//! true.
//!
//! ```json
//! {"proof":"interspace/v1/contradiction","certificate":[...],"link":"<id>",
//!  "incarnation":"<id>","recipient":"<id>","at":7,
//!  "one":[{"header":"<base64>","bodyHash":"<hex>","signature":"<base64>",
//!          "entries":[{"incarnation":"<id>","position":9,"commit":"<hex>"}]}],"other":[...]}
//! {"proof":"interspace/v1/checkpoints","certificate":[...],"incarnation":"<id>","size":90,
//!  "one":{"header":"<base64>","bodyHash":"<hex>","signature":"<base64>"},"other":{...}}
//! ```
//!
//! One JSON object without white space, its fields in this order, and a line feed; here with line
//! breaks. It is verified by the engine's `trust::proof` and by nobody's word.

use crate::bytes::Malformed;
use crate::id::{Incarnation, LinkId, LinkSeq, Position, SpaceId};
use crate::limits::{ENVELOPE_ENTRIES_MAX, PROOF_BYTES_MAX, PROOF_ENVELOPES_MAX};
use crate::v1::document::certificate::Certificate;
use crate::v1::event::Commitment;
use crate::v1::model::HexHash;
use crate::v1::record::Evidence;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const CONTRADICTION: &str = "interspace/v1/contradiction";
const CHECKPOINTS: &str = "interspace/v1/checkpoints";

/// Two things that a space signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Two entries under one number.
    Contradiction(ContradictionProof),
    /// Two logs of one size.
    Checkpoints(CheckpointsProof),
}

/// Two stories that a space told on one link, in one incarnation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContradictionProof {
    /// The space's certificate.
    pub certificate: Certificate,
    /// The link.
    pub link: LinkId,
    /// The incarnation.
    pub incarnation: Incarnation,
    /// To whom both were told.
    pub recipient: SpaceId,
    /// The first number at which both say what c is, and say different things.
    pub at: LinkSeq,
    /// Consecutive envelopes of one story.
    pub one: Vec<SignedRun>,
    /// Consecutive envelopes of the other.
    pub other: Vec<SignedRun>,
}

/// Two roots that a space signed for one size of its log, in one incarnation, whomever it told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointsProof {
    /// The space's certificate.
    pub certificate: Certificate,
    /// The incarnation.
    pub incarnation: Incarnation,
    /// The size.
    pub size: u64,
    /// The signed part of one envelope.
    pub one: Evidence,
    /// The signed part of the other.
    pub other: Evidence,
}

/// The signed part of an envelope, and what its chain is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRun {
    /// What was signed.
    pub evidence: Evidence,
    /// Its entries, as far as the chain needs them.
    pub entries: Vec<Commitment>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContradictionFile {
    proof: String,
    certificate: Certificate,
    link: LinkId,
    incarnation: Incarnation,
    recipient: SpaceId,
    at: LinkSeq,
    one: Vec<RunFile>,
    other: Vec<RunFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointsFile {
    proof: String,
    certificate: Certificate,
    incarnation: Incarnation,
    size: u64,
    one: SignedFile,
    other: SignedFile,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RunFile {
    #[serde(with = "crate::base64")]
    header: Vec<u8>,
    body_hash: HexHash,
    #[serde(with = "crate::base64")]
    signature: Vec<u8>,
    entries: Vec<EntryFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SignedFile {
    #[serde(with = "crate::base64")]
    header: Vec<u8>,
    body_hash: HexHash,
    #[serde(with = "crate::base64")]
    signature: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryFile {
    incarnation: Incarnation,
    position: Position,
    commit: HexHash,
}

/// Which of the two a file says that it is.
#[derive(Deserialize)]
struct Mark {
    proof: String,
}

const MALFORMED: Malformed = Malformed::new("proof");

fn evidence(header: Vec<u8>, hash: HexHash, signature: &[u8]) -> Result<Evidence, Malformed> {
    let signature = signature.try_into().map_err(|_| MALFORMED)?;
    Ok(Evidence { header, body_hash: hash.0, signature })
}

impl RunFile {
    fn of(run: &SignedRun) -> Self {
        let entry = |entry: &Commitment| EntryFile {
            incarnation: entry.incarnation,
            position: entry.position,
            commit: HexHash(entry.commit),
        };
        Self {
            header: run.evidence.header.clone(),
            body_hash: HexHash(run.evidence.body_hash),
            signature: run.evidence.signature.to_vec(),
            entries: run.entries.iter().map(entry).collect(),
        }
    }

    fn run(self) -> Result<SignedRun, Malformed> {
        if self.entries.len() > ENVELOPE_ENTRIES_MAX {
            return Err(Malformed::new("proof: too many entries"));
        }
        let entry = |entry: EntryFile| Commitment {
            incarnation: entry.incarnation,
            position: entry.position,
            commit: entry.commit.0,
        };
        let entries = self.entries.into_iter().map(entry).collect();
        Ok(SignedRun { evidence: evidence(self.header, self.body_hash, &self.signature)?, entries })
    }
}

impl SignedFile {
    fn of(evidence: &Evidence) -> Self {
        Self {
            header: evidence.header.clone(),
            body_hash: HexHash(evidence.body_hash),
            signature: evidence.signature.to_vec(),
        }
    }

    fn evidence(self) -> Result<Evidence, Malformed> {
        evidence(self.header, self.body_hash, &self.signature)
    }
}

fn runs(files: Vec<RunFile>) -> Result<Vec<SignedRun>, Malformed> {
    if files.len() > PROOF_ENVELOPES_MAX {
        return Err(Malformed::new("proof: too many envelopes"));
    }
    files.into_iter().map(RunFile::run).collect()
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Malformed> {
    serde_json::from_str(text).map_err(|_| MALFORMED)
}

fn line<T: Serialize>(file: &T) -> String {
    let mut text = serde_json::to_string(file).expect("plain data is JSON");
    text.push('\n');
    text
}

impl Proof {
    /// The text of the file.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Self::Contradiction(proof) => line(&ContradictionFile {
                proof: CONTRADICTION.to_owned(),
                certificate: proof.certificate.clone(),
                link: proof.link,
                incarnation: proof.incarnation,
                recipient: proof.recipient,
                at: proof.at,
                one: proof.one.iter().map(RunFile::of).collect(),
                other: proof.other.iter().map(RunFile::of).collect(),
            }),
            Self::Checkpoints(proof) => line(&CheckpointsFile {
                proof: CHECKPOINTS.to_owned(),
                certificate: proof.certificate.clone(),
                incarnation: proof.incarnation,
                size: proof.size,
                one: SignedFile::of(&proof.one),
                other: SignedFile::of(&proof.other),
            }),
        }
    }

    /// The proof whose text this is. Nothing of it is verified.
    ///
    /// # Errors
    /// When it is too large or has another form.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        if text.len() > PROOF_BYTES_MAX {
            return Err(Malformed::new("proof: too large"));
        }
        let proof = match parsed::<Mark>(text)?.proof.as_str() {
            CONTRADICTION => {
                let file: ContradictionFile = parsed(text)?;
                Self::Contradiction(ContradictionProof {
                    certificate: file.certificate,
                    link: file.link,
                    incarnation: file.incarnation,
                    recipient: file.recipient,
                    at: file.at,
                    one: runs(file.one)?,
                    other: runs(file.other)?,
                })
            }
            CHECKPOINTS => {
                let file: CheckpointsFile = parsed(text)?;
                Self::Checkpoints(CheckpointsProof {
                    certificate: file.certificate,
                    incarnation: file.incarnation,
                    size: file.size,
                    one: file.one.evidence()?,
                    other: file.other.evidence()?,
                })
            }
            _ => return Err(Malformed::new("proof: version")),
        };
        // One form of each proof, so that no byte of a file can be another without being noticed.
        if proof.write() == text { Ok(proof) } else { Err(MALFORMED) }
    }
}
