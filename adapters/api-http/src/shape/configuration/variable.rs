//! Variables of a project as the file holds them: plain with a value, or secret without one.

use super::is_default;
use schema::name::{Name, Text};
use schema::v1::event::Pattern;
use schema::v1::model::{Secret, Variable, Where};
use serde::{Deserialize, Serialize};

/// A variable: plain with its value, or secret without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "VariableKeys", into = "VariableKeys")]
pub enum VariableTable {
    /// Everybody who sees the release sees the value.
    Plain(Variable<Where>),
    /// The value is set apart from the file, and is not for everybody's eyes.
    Secret(Secret),
}

/// The keys of a variable.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariableKeys {
    name: Name,
    #[serde(default, skip_serializing_if = "is_default")]
    value: Option<Text>,
    #[serde(default, skip_serializing_if = "is_default")]
    secret: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    environments: Vec<Pattern>,
    #[serde(default, skip_serializing_if = "is_default")]
    tenants: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    channels: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    steps: Vec<Name>,
}

impl TryFrom<VariableKeys> for VariableTable {
    type Error = String;

    fn try_from(keys: VariableKeys) -> Result<Self, String> {
        let VariableKeys { name, value, secret, environments, tenants, channels, steps } = keys;
        let scope = Where { environments, tenants, channels, steps };
        match (value, secret) {
            (Some(value), false) => Ok(Self::Plain(Variable { name, value, scope })),
            (None, true) => Ok(Self::Secret(Secret { name, scope })),
            (None, false) => {
                Err(format!("the variable {name} has neither a value nor secret = true"))
            }
            (Some(_), true) => Err(format!(
                "the value of the secret {name} does not belong into this file: leave it out, and \
                 `interspace secret set`"
            )),
        }
    }
}

impl From<VariableTable> for VariableKeys {
    fn from(table: VariableTable) -> Self {
        let (name, value, scope) = match table {
            VariableTable::Plain(Variable { name, value, scope }) => (name, Some(value), scope),
            VariableTable::Secret(Secret { name, scope }) => (name, None, scope),
        };
        let Where { environments, tenants, channels, steps } = scope;
        let secret = value.is_none();
        Self { name, value, secret, environments, tenants, channels, steps }
    }
}
