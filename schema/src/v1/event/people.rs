//! Events of people: what roles there are, where a role holds, and the tokens that act for people.

use crate::id::TokenId;
use crate::name::Name;
use crate::v1::model::Pattern;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What somebody is in a space. What each of them may do is the engine's to say.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees releases, results and the inbox.
    Viewer,
    /// Runs releases in environments.
    Deployer,
    /// Makes releases and sends them on.
    ReleaseManager,
    /// Lets releases of other spaces in, or keeps them out.
    Approver,
    /// May do everything where it holds; everywhere, the owner of the space.
    SpaceOwner,
    /// Sees everything that proves, and changes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Viewer,
        Self::Deployer,
        Self::ReleaseManager,
        Self::Approver,
        Self::SpaceOwner,
        Self::Auditor,
    ];

    /// The word, as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Deployer => "deployer",
            Self::ReleaseManager => "release-manager",
            Self::Approver => "approver",
            Self::SpaceOwner => "space-owner",
            Self::Auditor => "auditor",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("there is no role {text:?}; the roles are: {known}")
        })
    }
}

/// A role, and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The role.
    pub role: Role,
    /// Of which projects.
    pub project: Pattern,
    /// In which environments.
    pub environment: Pattern,
}

/// What a token leaves of the roles of its person. It takes away and never adds.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenScope {
    /// Only what one of these roles allows as well; no such limit if none is named.
    pub roles: Vec<Role>,
    /// Only these projects.
    pub project: Pattern,
    /// Only these environments.
    pub environment: Pattern,
}

/// An API token was made for a person. Who made it is the actor of the entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TokenCreated {
    /// Its id.
    pub id: TokenId,
    /// For whom.
    pub user: Name,
    /// What it is called; no two tokens of one person that are good are called the same.
    pub name: Name,
    /// H(token). A token is 256 random bits, so a plain hash is enough.
    pub hash: [u8; 32],
    /// What it leaves of the person's roles.
    pub scope: Box<TokenScope>,
    /// From when on it is worth nothing, milliseconds since 1970; none if it never expires.
    pub expires_ms: Option<u64>,
}

/// An API token is worth nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TokenRevoked {
    /// Which.
    pub id: TokenId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_is_not_there_is_answered_with_those_that_are() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            let json = serde_json::to_string(&role).unwrap();
            assert_eq!(json, format!("\"{}\"", role.as_str()));
        }
        let why = "admin".parse::<Role>().unwrap_err();
        assert!(why.contains("space-owner"), "{why}");
    }
}
