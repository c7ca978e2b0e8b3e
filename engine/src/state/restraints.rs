//! What holds releases up because somebody said so: freezes, and what policy was told to leave
//! alone.

use crate::state::At;
use schema::id::EntryId;
use schema::latest::Actor;
use schema::name::{Name, Text};
use schema::v1::event::{FreezeLifted, FreezeMade, PolicyLifted, PolicyRule, PolicySet};
use std::collections::BTreeMap;

/// A freeze that was not lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// What it says.
    pub content: FreezeMade,
    /// Who made it.
    pub by: Actor,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// The entry that made it.
    pub entry: EntryId,
}

impl Freeze {
    /// Whether it holds at `now_ms`.
    #[must_use]
    pub fn holds(&self, now_ms: u64) -> bool {
        self.content.from_ms <= now_ms && !self.is_over(now_ms)
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now_ms: u64) -> bool {
        self.content.until_ms.is_some_and(|until_ms| until_ms <= now_ms)
    }
}

/// A rule for policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Why.
    pub reason: Text,
    /// Who said so.
    pub by: Actor,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restraints {
    freezes: BTreeMap<Name, Freeze>,
    policy: BTreeMap<PolicyRule, Told>,
}

impl Restraints {
    /// Every freeze that was not lifted, by name; its time may be over, or not have come.
    pub fn freezes(&self) -> impl Iterator<Item = &Freeze> {
        self.freezes.values()
    }

    /// A freeze that was not lifted.
    #[must_use]
    pub fn freeze(&self, name: &Name) -> Option<&Freeze> {
        self.freezes.get(name)
    }

    /// What policy leaves alone, and why.
    pub fn rules(&self) -> impl Iterator<Item = (&PolicyRule, &Told)> {
        self.policy.iter()
    }

    /// Whether policy was told so.
    #[must_use]
    pub fn has(&self, rule: &PolicyRule) -> bool {
        self.policy.contains_key(rule)
    }

    pub(super) fn made(&mut self, at: &At<'_>, event: &FreezeMade) {
        let freeze = Freeze {
            content: event.clone(),
            by: at.header.actor.clone(),
            at_ms: at.header.time_ms,
            entry: at.id,
        };
        self.freezes.insert(event.name.clone(), freeze);
    }

    pub(super) fn lifted(&mut self, event: &FreezeLifted) {
        self.freezes.remove(&event.name);
    }

    pub(super) fn set(&mut self, at: &At<'_>, event: &PolicySet) {
        // A pin of the same project and environment takes the place of the one before.
        if let PolicyRule::Pin { project, environment, .. } = &event.rule {
            self.policy.retain(|rule, _| {
                !matches!(rule, PolicyRule::Pin { project: its, environment: there, .. }
                    if its == project && there == environment)
            });
        }
        let told = Told {
            reason: event.reason.clone(),
            by: at.header.actor.clone(),
            at_ms: at.header.time_ms,
        };
        self.policy.insert(event.rule.clone(), told);
    }

    pub(super) fn unset(&mut self, event: &PolicyLifted) {
        self.policy.remove(&event.rule);
    }
}
