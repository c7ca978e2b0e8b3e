//! Steps of a process as the file holds them.

use super::is_default;
use schema::name::{Name, PackageName, Text};
use schema::v1::event::Pattern;
use schema::v1::model::{Condition, Step, Where, Work};
use serde::{Deserialize, Serialize};

/// Seconds after which an attempt has failed, where the file does not say.
const TIMEOUT_S: u32 = 300;

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StepKeys", into = "StepKeys")]
pub struct StepTable(Step<Where>);

/// The keys of a step.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepKeys {
    name: Name,
    /// The program and its arguments.
    #[serde(default, skip_serializing_if = "is_default")]
    run: Option<Vec<Text>>,
    /// What a person has to do.
    #[serde(default, skip_serializing_if = "is_default")]
    manual: Option<Text>,
    #[serde(default, skip_serializing_if = "is_default")]
    timeout_s: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    retries: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    retry_delay_s: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    when: Condition,
    #[serde(default, skip_serializing_if = "is_default")]
    environments: Vec<Pattern>,
    #[serde(default, skip_serializing_if = "is_default")]
    tenants: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    channels: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    roles: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    packages: Vec<PackageName>,
}

impl TryFrom<StepKeys> for StepTable {
    type Error = String;

    fn try_from(keys: StepKeys) -> Result<Self, String> {
        let name = keys.name;
        let (work, timeout_s) = match (keys.run, keys.manual) {
            (Some(run), None) => (Work::Run(run), keys.timeout_s.unwrap_or(TIMEOUT_S)),
            (None, Some(manual)) if keys.timeout_s.is_none() => (Work::Manual(manual), 0),
            (None, Some(_)) => {
                return Err(format!(
                    "the step {name} waits for a person, without end: leave timeout_s out"
                ));
            }
            (Some(_), Some(_)) => {
                return Err(format!(
                    "the step {name} has both run and manual: make two steps of it"
                ));
            }
            (None, None) => {
                return Err(format!(
                    "the step {name} does nothing: write run = [\"PROGRAM\", \"ARGUMENT\"], or \
                     manual = \"what somebody has to do\""
                ));
            }
        };
        let (environments, tenants, channels) = (keys.environments, keys.tenants, keys.channels);
        Ok(Self(Step {
            name,
            work,
            timeout_s,
            retries: keys.retries,
            retry_delay_s: keys.retry_delay_s,
            when: keys.when,
            scope: Where { environments, tenants, channels, steps: Vec::new() },
            roles: keys.roles,
            packages: keys.packages,
        }))
    }
}

impl From<StepTable> for StepKeys {
    fn from(StepTable(step): StepTable) -> Self {
        let (run, manual, timeout_s) = match step.work {
            Work::Run(run) => {
                (Some(run), None, Some(step.timeout_s).filter(|timeout_s| *timeout_s != TIMEOUT_S))
            }
            Work::Manual(manual) => (None, Some(manual), None),
        };
        let Where { environments, tenants, channels, .. } = step.scope;
        Self {
            name: step.name,
            run,
            manual,
            timeout_s,
            retries: step.retries,
            retry_delay_s: step.retry_delay_s,
            when: step.when,
            environments,
            tenants,
            channels,
            roles: step.roles,
            packages: step.packages,
        }
    }
}

impl From<StepTable> for Step<Where> {
    fn from(StepTable(step): StepTable) -> Self {
        step
    }
}

impl From<Step<Where>> for StepTable {
    fn from(step: Step<Where>) -> Self {
        Self(step)
    }
}
