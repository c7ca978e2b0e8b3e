//! Names for bytes: BLAKE3 with a domain for each use, SHA-256 for the log's tree.

use crate::id::{Incarnation, LinkId, LinkSeq, Position, SpaceId};
use sha2::{Digest as _, Sha256};

/// A 32-byte hash.
pub type Hash = [u8; 32];

/// What a BLAKE3 hash is for. The string is the `derive_key` context, so that a hash made for one
/// use never equals one made for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// The id of a space.
    Space,
    /// The id of a link.
    Link,
    /// The chain over the entries of a link.
    Chain,
    /// The ciphertext of an envelope.
    Body,
    /// The digest of a release.
    Release,
    /// One part of a release.
    ReleasePart,
    /// What blinds one part of a release.
    ReleaseSalt,
    /// The id of a document.
    Document,
    /// A command id that policy derives from its cause.
    Command,
    /// A token, as it is stored.
    Token,
    /// A part of an export, all of it.
    Part,
    /// The commitment to the value of a secret.
    SecretCommitment,
    /// A secret's value, to compare it with another in a time that tells nothing.
    SecretValue,
    /// An invitation, as it is passed on.
    Invitation,
}

impl Domain {
    /// The `derive_key` context.
    #[must_use]
    pub const fn context(self) -> &'static str {
        match self {
            Self::Space => "interspace/v1/space",
            Self::Link => "interspace/v1/link",
            Self::Chain => "interspace/v1/chain",
            Self::Body => "interspace/v1/body",
            Self::Release => "interspace/v1/release",
            Self::ReleasePart => "interspace/v1/release-part",
            Self::ReleaseSalt => "interspace/v1/release-salt",
            Self::Document => "interspace/v1/document",
            Self::Command => "interspace/v1/command",
            Self::Token => "interspace/v1/token",
            Self::Part => "interspace/v1/part",
            Self::SecretCommitment => "interspace/v1/secret-commitment",
            Self::SecretValue => "interspace/v1/secret-value",
            Self::Invitation => "interspace/v1/invitation",
        }
    }
}

/// H: the BLAKE3 hash of `parts`, one after the other, in `domain`. The caller's layout must make
/// the joint readable: parts of fixed length, or lengths before them.
#[must_use]
pub fn hash(domain: Domain, parts: &[&[u8]]) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(domain.context());
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// Whether two hashes are the same, in a time that does not depend on where they differ.
#[must_use]
pub fn same(one: &Hash, other: &Hash) -> bool {
    blake3::Hash::from_bytes(*one) == blake3::Hash::from_bytes(*other)
}

/// SHA-256 of `parts`, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The commitment to an entry: `SHA-256("interspace/v1/entry\0", salt, entry bytes)`.
#[must_use]
pub fn commit(salt: &[u8; 16], entry: &[u8]) -> Hash {
    sha256(&[b"interspace/v1/entry\0", salt, entry])
}

/// c(0): where the chain of a link begins.
#[must_use]
pub fn chain_start(
    origin: &SpaceId,
    recipient: &SpaceId,
    link: &LinkId,
    incarnation: &Incarnation,
) -> Hash {
    hash(Domain::Chain, &[&origin.0, &recipient.0, &link.0, &incarnation.0])
}

/// c(n) from c(n-1). `incarnation` and `position` are those of the entry in its origin's log.
#[must_use]
pub fn chain_next(
    previous: &Hash,
    link_seq: LinkSeq,
    incarnation: &Incarnation,
    position: Position,
    commit: &Hash,
) -> Hash {
    hash(
        Domain::Chain,
        &[previous, &link_seq.0.to_be_bytes(), &incarnation.0, &position.0.to_be_bytes(), commit],
    )
}
