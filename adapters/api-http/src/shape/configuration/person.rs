//! People and their roles as the file holds them.

use super::is_default;
use schema::name::Name;
use schema::v1::event::{Assignment, Pattern, Role, User};
use serde::{Deserialize, Serialize};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserTable {
    /// The name.
    pub name: Name,
    /// What they may do, and where. Without a role they may do nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub roles: Vec<RoleTable>,
}

/// A role of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleTable {
    /// Which.
    pub role: Role,
    /// Of which projects: `*`, `NAME`, `SPACE: NAME` or `SPACE: *`. Everywhere, if left out.
    #[serde(default = "Pattern::all", skip_serializing_if = "Pattern::is_all")]
    pub project: Pattern,
    /// In which environments, written alike.
    #[serde(default = "Pattern::all", skip_serializing_if = "Pattern::is_all")]
    pub environment: Pattern,
}

impl From<RoleTable> for Assignment {
    fn from(RoleTable { role, project, environment }: RoleTable) -> Self {
        Self { role, project, environment }
    }
}

impl From<User> for UserTable {
    fn from(user: User) -> Self {
        let role =
            |Assignment { role, project, environment }| RoleTable { role, project, environment };
        Self { name: user.name, roles: user.roles.into_iter().map(role).collect() }
    }
}
