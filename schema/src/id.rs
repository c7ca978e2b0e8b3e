//! Ids and the only two orderings: [`Position`] in a log, [`LinkSeq`] on a link.
//!
//! Ids are shown as lowercase base32 without padding, whole or short. They are labels, never proof.

use crate::hash::{Domain, Hash, hash};
use bincode::{Decode, Encode};
use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use thiserror::Error;

/// Lowercase base32 (RFC 4648) without padding; upper case is read as well.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut spec: Specification = BASE32_NOPAD.specification();
    spec.symbols = spec.symbols.to_lowercase();
    spec.translate.from = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned();
    spec.translate.to = "abcdefghijklmnopqrstuvwxyz".to_owned();
    spec.encoding().expect("a valid specification")
});

/// Bytes as lowercase base32 without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    BASE32.encode(bytes)
}

/// Bytes as lowercase hex, as `sha256sum` and `b3sum` print them.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not {what}: expected {length} characters of lowercase base32")]
pub struct NotAnId {
    what: &'static str,
    length: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// The first eight characters, for people; not enough to be unique among enemies.
            #[must_use]
            pub fn short(&self) -> String {
                base32(&self.0[..5])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let bytes = BASE32.decode(text.as_bytes()).ok();
                bytes
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or(NotAnId { what: $what, length: usize::div_ceil($bytes * 8, 5) })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A space: the hash of its genesis.
    SpaceId,
    32,
    "the id of a space"
);
id!(
    /// A link between two spaces; the same on both sides.
    LinkId,
    32,
    "the id of a link"
);
id!(
    /// One life of a log: random; a new one is declared only after a loss.
    Incarnation,
    16,
    "an incarnation"
);
id!(
    /// What makes a command repeatable: random from a person, derived by policy.
    CommandId,
    16,
    "the id of a command"
);
id!(
    /// An API token: the id of the command that created it. It names the token and opens nothing.
    TokenId,
    16,
    "the id of a token"
);
id!(
    /// An invitation: the public key whose seed is in the token. It names the invitation and opens
    /// nothing.
    InvitationId,
    32,
    "the id of an invitation"
);
id!(
    /// A signed document: the hash of its payload type and payload.
    DocumentId,
    32,
    "the id of a document"
);
id!(
    /// The digest of a release: covers its whole frozen snapshot.
    ReleaseDigest,
    32,
    "the digest of a release"
);
id!(
    /// An object (package) by the BLAKE3 hash of its bytes.
    ObjectId,
    32,
    "the id of an object"
);

id!(
    /// A set of parts: what one export made. Random.
    SetId,
    16,
    "the id of a set of parts"
);

impl LinkId {
    /// The id of the link between two spaces, from what each of them offered. The order of the
    /// arguments does not matter: the smaller space id comes first.
    #[must_use]
    pub fn between(one: (&SpaceId, &Hash), other: (&SpaceId, &Hash)) -> Self {
        let (low, high) = if one.0 <= other.0 { (one, other) } else { (other, one) };
        Self(hash(Domain::Link, &[&low.0.0, &high.0.0, low.1, high.1]))
    }
}

impl CommandId {
    /// The command id that follows from `parts`: the first half of their hash.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&hash(Domain::Command, parts)[..16]);
        Self(id)
    }

    /// The command id that policy uses for what it does because of `cause`: the same cause and
    /// rule give the same id, so that a policy that runs twice acts once.
    #[must_use]
    pub fn derived(cause: &EntryId, rule: &str) -> Self {
        let position = cause.position.0.to_be_bytes();
        Self::of(&[&cause.origin.0, &cause.incarnation.0, &position, rule.as_bytes()])
    }
}

/// A place in one space's log, from 1.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Position(pub u64);

/// A place in what one space sends another over one link, from 1, without gaps.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct LinkSeq(pub u64);

macro_rules! ordering {
    ($name:ident) => {
        impl $name {
            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

ordering!(Position);
ordering!(LinkSeq);

/// An entry anywhere: the log that first held it, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct EntryId {
    /// The space that wrote it.
    pub origin: SpaceId,
    /// The incarnation of that space's log.
    pub incarnation: Incarnation,
    /// The place in that log.
    pub position: Position,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.origin.short(), self.incarnation.short(), self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_from_what_is_shown() {
        let id = SpaceId([0xa5; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 52);
    }

    #[test]
    fn a_link_has_the_same_id_on_both_sides() {
        let (a, b) = ((&SpaceId([1; 32]), &[3; 32]), (&SpaceId([2; 32]), &[4; 32]));
        assert_eq!(LinkId::between(a, b), LinkId::between(b, a));
        assert_ne!(LinkId::between(a, b), LinkId::between((a.0, b.1), (b.0, a.1)));
    }

    #[test]
    fn t18_text_that_could_leave_a_subject_is_no_id() {
        for text in ["", "*", ">", "a.b", "a b", "a\r\nPUB", "1", "\u{430}"] {
            assert!(text.parse::<SpaceId>().is_err(), "{text:?}");
        }
    }
}
