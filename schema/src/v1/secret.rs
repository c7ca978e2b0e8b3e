//! Secrets of a release: the commitment that everybody sees, and the two forms in which the value
//! lies sealed: to the at-rest key of a space, and to the sealing key of a space that may read it.
//!
//! ```text
//! commitment   H("secret-commitment", owner 32, project, version, revision u32, name, scope,
//!                salt 32, value)
//! plain        salt 32, value (UTF-8), in a kept secret and in a handed one
//! at rest      XChaCha20-Poly1305, random nonce; AAD "interspace/v1/at-rest", key u32, space 32,
//!                then of a value that was set    u8 1, project, name, bincode of where it
//!                                                applies; plain is the value alone
//!                or of a secret of a release     u8 2, owner 32, project, version, revision u32,
//!                                                name, scope
//! handed       HPKE Base, single shot, AAD empty; info "interspace/v1/secret", bundle 32,
//!                index u32, recipient 32, key u32, suite u16
//! ```
//!
//! The scope of a release's secret is its JSON, empty where it applies everywhere. Names, versions,
//! scopes and values stand behind their u32 lengths, but the value in *plain*,
//! which ends with it.

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::{Domain, Hash, hash};
use crate::id::{DocumentId, EntryId, SpaceId};
use crate::limits::SECRET_BYTES_MAX;
use crate::name::Name;
use crate::v1::envelope::SUITE;
use crate::v1::model::{HexHash, ReleaseId, Scope, Where};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Random bytes that are drawn for each value and release, so that equal values never look equal.
pub type Salt = [u8; 32];

/// A secret as everybody sees it who sees the release: that there is one, and what proves its
/// value to who can open it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretCommitment {
    /// Its name; steps see the value as an environment variable.
    pub name: Name,
    /// Where it applies.
    pub scope: Scope,
    /// The commitment to its value.
    pub commitment: HexHash,
}

/// Bytes that are sealed to an at-rest key of the space in whose log they are.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AtRest {
    /// The number of the at-rest key.
    pub key: u32,
    /// The nonce.
    pub nonce: [u8; 24],
    /// What is sealed, with its tag.
    pub sealed: Vec<u8>,
}

/// The value of a secret of a release, as a space that may read it keeps it. It stands where its
/// commitment stands in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct KeptSecret {
    /// The entry that the value is from: where it was set, or the promotion that brought it.
    pub from: EntryId,
    /// Salt and value.
    pub sealed: AtRest,
}

/// The value of a secret of a bundle, sealed for one space that may read it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HandedSecret {
    /// Where its commitment stands in the bundle's snapshot, from 0.
    pub index: u32,
    /// Who can open it.
    pub recipient: SpaceId,
    /// The number of the recipient's key statement to whose sealing key it is sealed.
    pub key: u32,
    /// The HPKE encapsulation.
    pub encapsulation: [u8; 32],
    /// Salt and value, sealed, with the tag.
    pub sealed: Vec<u8>,
}

/// What a commitment is about beside salt and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// The release.
    pub release: &'a ReleaseId,
    /// The revision of the bundle.
    pub revision: u32,
    /// The name of the secret.
    pub name: &'a Name,
    /// Its scope.
    pub scope: &'a Scope,
}

/// What something that is sealed at rest is: bound to it, so that it passes for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A value as it was set for a project of this space.
    Set {
        /// The project.
        project: &'a Name,
        /// The name of the secret.
        name: &'a Name,
        /// Where it applies.
        scope: &'a Where,
    },
    /// A secret of a release.
    Release(About<'a>),
}

impl About<'_> {
    fn write(&self, out: &mut Writer) {
        let Self { release, revision, name, scope } = self;
        out.fixed(&release.project.space.0)
            .variable(release.project.name.as_str().as_bytes())
            .variable(release.version.as_str().as_bytes())
            .u32(*revision)
            .variable(name.as_str().as_bytes())
            .variable(scope.text().as_bytes());
    }

    /// The commitment to `value` under `salt`.
    #[must_use]
    pub fn commitment(&self, salt: &Salt, value: &str) -> Hash {
        let mut head = Writer::new();
        self.write(&mut head);
        head.fixed(salt);
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes();
        hash(Domain::SecretCommitment, &[&head.finish(), &length, value.as_bytes()])
    }
}

impl Place<'_> {
    /// The additional data under which it is sealed to the at-rest key `key` of `space`.
    #[must_use]
    pub fn aad(&self, key: u32, space: &SpaceId) -> Vec<u8> {
        let mut aad = Writer::new();
        aad.fixed(b"interspace/v1/at-rest").u32(key).fixed(&space.0);
        match self {
            Self::Set { project, name, scope } => {
                aad.u8(1)
                    .variable(project.as_str().as_bytes())
                    .variable(name.as_str().as_bytes())
                    .variable(&crate::codec::encode(*scope));
            }
            Self::Release(about) => about.write(aad.u8(2)),
        }
        aad.finish()
    }
}

impl HandedSecret {
    /// What HPKE binds it to: the bundle beside which it lies, its index, and who may open it.
    #[must_use]
    pub fn info(bundle: &DocumentId, index: u32, recipient: &SpaceId, key: u32) -> Vec<u8> {
        let mut info = Writer::new();
        info.fixed(b"interspace/v1/secret").fixed(&bundle.0).u32(index);
        info.fixed(&recipient.0).u32(key).u16(SUITE);
        info.finish()
    }
}

/// Salt and value from the bytes that were sealed.
///
/// # Errors
/// When they are too few, or the value is too long or no text.
pub fn read_plain(bytes: &[u8]) -> Result<(Salt, &str), Malformed> {
    const WHAT: &str = "secret";
    let mut reader = Reader::new(bytes, WHAT);
    let salt = reader.array()?;
    let value = &bytes[size_of::<Salt>()..];
    if value.len() > SECRET_BYTES_MAX {
        return Err(Malformed::new(WHAT));
    }
    std::str::from_utf8(value).map(|value| (salt, value)).map_err(|_| Malformed::new(WHAT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::model::ProjectId;

    fn release(version: &str) -> ReleaseId {
        let project = ProjectId { space: SpaceId([1; 32]), name: "Web".parse().unwrap() };
        ReleaseId { project, version: version.parse().unwrap() }
    }

    #[test]
    fn a_commitment_changes_with_everything_that_it_is_about() {
        let (release, other) = (release("1.0.0"), release("1.0.1"));
        let (name, shorter): (Name, Name) = ("PASS".parse().unwrap(), "PAS".parse().unwrap());
        let steps = vec!["S".parse().unwrap()];
        let (scope, wide) = (Scope::default(), Scope { steps, ..Scope::default() });
        let about = About { release: &release, revision: 1, name: &name, scope: &scope };
        let mut all = vec![
            about.commitment(&[0; 32], "v"),
            about.commitment(&[1; 32], "v"),
            about.commitment(&[0; 32], "w"),
            About { release: &other, ..about }.commitment(&[0; 32], "v"),
            About { revision: 2, ..about }.commitment(&[0; 32], "v"),
            About { name: &shorter, ..about }.commitment(&[0; 32], "v"),
            About { name: &shorter, scope: &wide, ..about }.commitment(&[0; 32], "v"),
        ];
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn what_was_sealed_is_a_salt_and_a_text_that_is_not_too_long() {
        let bytes = [&[7; 32], "häß".as_bytes()].concat();
        assert_eq!(read_plain(&bytes), Ok(([7; 32], "häß")));
        let long = [vec![7; 32], vec![b'x'; SECRET_BYTES_MAX + 1]].concat();
        for odd in [&bytes[..31], &[&bytes[..], &[0xff]].concat(), &long] {
            assert!(read_plain(odd).is_err());
        }
    }
}
