//! Variable templates and the answers to them as the file holds them.

use super::is_default;
use schema::name::{Name, Text};
use schema::v1::model::{Per, Template, TemplateValue, ValueType};
use serde::{Deserialize, Serialize};

/// A variable template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TemplateKeys", into = "TemplateKeys")]
pub struct TemplateTable(Template);

/// The word for what a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TypeWord {
    #[default]
    Text,
    Number,
    Boolean,
    Choice,
}

/// The keys of a template.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateKeys {
    name: Name,
    label: Text,
    #[serde(default, skip_serializing_if = "is_default")]
    help: Option<Text>,
    #[serde(default, rename = "type", skip_serializing_if = "is_default")]
    kind: TypeWord,
    #[serde(default, skip_serializing_if = "is_default")]
    choices: Vec<Text>,
    #[serde(default, skip_serializing_if = "is_default")]
    per: Per,
    #[serde(default, skip_serializing_if = "is_default")]
    required: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    default: Option<Text>,
}

impl TryFrom<TemplateKeys> for TemplateTable {
    type Error = String;

    fn try_from(keys: TemplateKeys) -> Result<Self, String> {
        let TemplateKeys { name, label, help, kind, choices, per, required, default } = keys;
        let kind = match (kind, choices.is_empty()) {
            (TypeWord::Text, true) => ValueType::Text,
            (TypeWord::Number, true) => ValueType::Number,
            (TypeWord::Boolean, true) => ValueType::Boolean,
            (TypeWord::Choice, false) => ValueType::Choice(choices),
            (TypeWord::Choice, true) => {
                return Err(format!(
                    "the template {name} lets nothing be chosen: write choices = [\"ONE\", \"TWO\"]"
                ));
            }
            (TypeWord::Text | TypeWord::Number | TypeWord::Boolean, false) => {
                return Err(format!(
                    "the template {name} has choices and is of another type: write type = \
                     \"choice\", or leave choices out"
                ));
            }
        };
        let help = match help {
            Some(help) => help,
            None => "".parse().map_err(|why: schema::name::BadName| why.to_string())?,
        };
        Ok(Self(Template { name, label, help, kind, per, required, default }))
    }
}

impl From<TemplateTable> for TemplateKeys {
    fn from(TemplateTable(template): TemplateTable) -> Self {
        let Template { name, label, help, kind, per, required, default } = template;
        let (kind, choices) = match kind {
            ValueType::Text => (TypeWord::Text, Vec::new()),
            ValueType::Number => (TypeWord::Number, Vec::new()),
            ValueType::Boolean => (TypeWord::Boolean, Vec::new()),
            ValueType::Choice(choices) => (TypeWord::Choice, choices),
        };
        let help = Some(help).filter(|help| !help.as_str().is_empty());
        Self { name, label, help, kind, choices, per, required, default }
    }
}

impl From<TemplateTable> for Template {
    fn from(TemplateTable(template): TemplateTable) -> Self {
        template
    }
}

impl From<Template> for TemplateTable {
    fn from(template: Template) -> Self {
        Self(template)
    }
}

/// An answer to a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ValueKeys", into = "ValueKeys")]
pub struct ValueTable(TemplateValue);

/// The keys of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueKeys {
    template: Name,
    #[serde(default, skip_serializing_if = "is_default")]
    environment: Option<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    tenant: Option<Name>,
    /// Left out for *explicitly no value*.
    #[serde(default, skip_serializing_if = "is_default")]
    value: Option<Text>,
}

impl TryFrom<ValueKeys> for ValueTable {
    type Error = String;

    fn try_from(keys: ValueKeys) -> Result<Self, String> {
        let ValueKeys { template, environment, tenant, value } = keys;
        if environment.is_none() && tenant.is_none() {
            return Err(format!(
                "the value of {template} is for nothing: write environment = \"NAME\", tenant = \
                 \"NAME\" or both, as the template asks per environment, tenant or \
                 tenant-environment"
            ));
        }
        Ok(Self(TemplateValue { template, environment, tenant, value }))
    }
}

impl From<ValueTable> for ValueKeys {
    fn from(ValueTable(value): ValueTable) -> Self {
        let TemplateValue { template, environment, tenant, value } = value;
        Self { template, environment, tenant, value }
    }
}

impl From<ValueTable> for TemplateValue {
    fn from(ValueTable(value): ValueTable) -> Self {
        value
    }
}

impl From<TemplateValue> for ValueTable {
    fn from(value: TemplateValue) -> Self {
        Self(value)
    }
}
