//! Values: those that travel with a release, those that each environment or tenant supplies, and
//! what the steps of one deployment see of them.

use crate::name::{Name, Text};
use crate::v1::model::{Scope, Where};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// Any text.
    #[default]
    Text,
    /// A number: digits, perhaps with a sign before and a fraction behind.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of these.
    Choice(Vec<Text>),
}

impl ValueType {
    /// Whether a value is of this type.
    #[must_use]
    pub fn admits(&self, value: &Text) -> bool {
        let value = value.as_str();
        match self {
            Self::Text => true,
            Self::Number => is_number(value),
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Choice(all) => all.iter().any(|one| one.as_str() == value),
        }
    }

    /// What a value has to be, for people.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Text => "any text".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Choice(all) => {
                let all: Vec<&str> = all.iter().map(Text::as_str).collect();
                format!("one of: {}", all.join(", "))
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

/// For what a template asks.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// One value for each environment.
    #[default]
    Environment,
    /// One value for each tenant.
    Tenant,
    /// One value for each tenant in each of its environments.
    TenantEnvironment,
}

/// A value that each environment, or tenant, must supply.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The name of the value; steps see it as an environment variable.
    pub name: Name,
    /// What a person is asked.
    pub label: Text,
    /// More about it.
    pub help: Text,
    /// What a value may be.
    pub kind: ValueType,
    /// For what it asks.
    pub per: Per,
    /// Whether a deployment may go without a value.
    pub required: bool,
    /// The value where none is given.
    pub default: Option<Text>,
}

/// An answer to a template. No value is an answer too.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateValue {
    /// The template.
    pub template: Name,
    /// The environment of the deploying space; none where the template asks per tenant.
    pub environment: Option<Name>,
    /// The tenant of the deploying space; none where the template asks per environment.
    pub tenant: Option<Name>,
    /// The value; none stands for *explicitly no value*.
    pub value: Option<Text>,
}

impl TemplateValue {
    /// An answer for an environment.
    #[must_use]
    pub const fn of(template: Name, environment: Name, value: Option<Text>) -> Self {
        Self { template, environment: Some(environment), tenant: None, value }
    }
}

/// A value that travels with the release. Several may have one name: what applies most narrowly is
/// what a step sees. `S` is where it applies: as people write it in a project, frozen in a release.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable<S = Scope> {
    /// Its name; steps see it as an environment variable.
    pub name: Name,
    /// Its value. `#{NAME}` in it stands for the value of another.
    pub value: Text,
    /// Where it applies.
    pub scope: S,
}

/// A secret that a project declares; its value is set apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub struct Secret {
    /// Its name; steps see the value as an environment variable.
    pub name: Name,
    /// Where it applies.
    pub scope: Where,
}

/// A value as steps of one deployment see it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Bound {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Text,
    /// The steps that see it; every step if none is named.
    pub steps: Vec<Name>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_of_the_type_that_its_template_names() {
        let text = |text: &str| -> Text { text.parse().unwrap() };
        let choice = ValueType::Choice(vec![text("blue"), text("green")]);
        for (kind, fits, odd) in [
            (ValueType::Number, vec!["0", "-1", "+2.50"], vec!["", "-", "1.", ".5", "1e3", " 1"]),
            (ValueType::Boolean, vec!["true", "false"], vec!["", "True", "yes"]),
            (choice, vec!["blue", "green"], vec!["", "red", "Blue"]),
            (ValueType::Text, vec!["", "anything"], vec![]),
        ] {
            assert!(fits.into_iter().all(|value| kind.admits(&text(value))), "{kind:?}");
            assert!(odd.into_iter().all(|value| !kind.admits(&text(value))), "{kind:?}");
        }
    }
}
