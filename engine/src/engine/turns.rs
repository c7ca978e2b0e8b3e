//! Who waits for an environment in which something runs, and whose turn it is when that has ended.

use super::Engine;
use schema::name::Name;
use schema::v1::model::ReleaseId;
use std::collections::{BTreeSet, VecDeque};

impl Engine {
    /// A release waits until nothing runs in an environment any more.
    pub(super) fn wait_for(&mut self, environment: &Name, release: ReleaseId) {
        let waiting = self.waiting.entry(environment.clone()).or_default();
        if !waiting.contains(&release) {
            waiting.push_back(release);
        }
    }

    fn is_busy(&self, environment: &Name) -> bool {
        self.state.cells.running().any(|(cell, _)| cell.slot.environment == *environment)
    }

    /// Lets those who wait try, one after the other, until one of them runs. Who tried.
    pub(super) fn take_turns(&mut self) -> BTreeSet<ReleaseId> {
        let mut tried = BTreeSet::new();
        for environment in std::mem::take(&mut self.freed) {
            // Who has to go on waiting stands behind the others again: each tries once.
            let all = self.waiting.get(&environment).map_or(0, VecDeque::len);
            for _ in 0..all {
                if self.is_busy(&environment) {
                    break;
                }
                let waiting = self.waiting.get_mut(&environment);
                let Some(next) = waiting.and_then(VecDeque::pop_front) else {
                    break;
                };
                tried.insert(next.clone());
                self.pursue(&BTreeSet::from([next]));
            }
        }
        tried
    }
}
