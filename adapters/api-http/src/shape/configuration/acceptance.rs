//! Rules for bundles of other spaces as the file holds them.

use super::is_default;
use super::template::ValueTable;
use schema::name::Name;
use schema::v1::model::{Acceptance, TemplateValue};
use serde::{Deserialize, Serialize};

/// What is done with bundles of one project of one space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceTable {
    /// The space, by the name it has here.
    pub from: Name,
    /// The project there.
    pub project: Name,
    /// The lifecycle here.
    pub lifecycle: Name,
    /// Whether policy accepts by itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub automatic: bool,
    /// Values, known beforehand.
    #[serde(default, skip_serializing_if = "is_default")]
    pub values: Vec<ValueTable>,
}

impl From<AcceptanceTable> for Acceptance {
    fn from(table: AcceptanceTable) -> Self {
        let AcceptanceTable { from, project, lifecycle, automatic, values } = table;
        let values = values.into_iter().map(TemplateValue::from).collect();
        Self { from, project, lifecycle, automatic, values }
    }
}

impl From<Acceptance> for AcceptanceTable {
    fn from(rule: Acceptance) -> Self {
        let Acceptance { from, project, lifecycle, automatic, values } = rule;
        let values = values.into_iter().map(ValueTable::from).collect();
        Self { from, project, lifecycle, automatic, values }
    }
}
