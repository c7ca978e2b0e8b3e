//! Secrets: the values that were set for projects of this space, and those that peers' bundles
//! brought, all of them sealed to this space's at-rest key.

use crate::state::At;
use crate::state::configuration::Configuration;
use schema::id::{DocumentId, EntryId};
use schema::latest::{Actor, AtRest, KeptSecret};
use schema::name::Name;
use schema::v1::event::{ReleaseCreated, SecretSet, SecretUnset, SecretsKept};
use schema::v1::model::Secret;
use std::collections::BTreeMap;

/// A value that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The entry that set it.
    pub entry: EntryId,
    /// Who set it.
    pub by: Actor,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// The value.
    pub sealed: AtRest,
}

/// All secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Secrets {
    set: BTreeMap<(Name, Secret), Set>,
    /// By bundle and not by release: a bundle that comes again, because what came before was
    /// retracted, finds its values here.
    kept: BTreeMap<DocumentId, Vec<KeptSecret>>,
    newest_key: u32,
}

impl Secrets {
    /// The value of a secret of a project; none if it was not set.
    #[must_use]
    pub fn value(&self, project: &Name, secret: &Secret) -> Option<&Set> {
        self.set.get(&(project.clone(), secret.clone()))
    }

    /// Every value that is set, with its project and which secret it is of.
    pub fn all(&self) -> impl Iterator<Item = (&Name, &Secret, &Set)> {
        self.set.iter().map(|((project, secret), set)| (project, secret, set))
    }

    /// The secrets of a peer's bundle; none before they were opened.
    #[must_use]
    pub fn kept(&self, bundle: &DocumentId) -> Option<&[KeptSecret]> {
        self.kept.get(bundle).map(Vec::as_slice)
    }

    /// The highest number of an at-rest key that anything in the log was ever sealed to; 0 if
    /// nothing was.
    #[must_use]
    pub const fn newest_key(&self) -> u32 {
        self.newest_key
    }

    fn sealed(&mut self, key: u32) {
        self.newest_key = self.newest_key.max(key);
    }

    pub(super) fn created(&mut self, event: &ReleaseCreated) {
        for kept in &event.secrets {
            self.sealed(kept.sealed.key);
        }
    }

    pub(super) fn set(&mut self, at: &At<'_>, event: &SecretSet) {
        let set = Set {
            entry: at.id,
            by: at.header.actor.clone(),
            at_ms: at.header.time_ms,
            sealed: event.sealed.clone(),
        };
        self.sealed(event.sealed.key);
        let secret = Secret { name: event.name.clone(), scope: event.scope.clone() };
        self.set.insert((event.project.clone(), secret), set);
    }

    pub(super) fn unset(&mut self, event: &SecretUnset) {
        let secret = Secret { name: event.name.clone(), scope: event.scope.clone() };
        self.set.remove(&(event.project.clone(), secret));
    }

    pub(super) fn keep(&mut self, event: &SecretsKept) {
        for kept in &event.secrets {
            self.sealed(kept.sealed.key);
        }
        self.kept.insert(event.bundle, event.secrets.clone());
    }

    /// What is not declared any more is forgotten: who declares it again sets it again.
    pub(super) fn configured(&mut self, configuration: &Configuration) {
        self.set.retain(|(project, secret), _| {
            configuration.project(project).is_some_and(|project| project.secrets.contains(secret))
        });
    }
}
