//! What time alone makes possible: releases that soaked for long enough.

use super::Engine;
use crate::progress::{lifecycle, opens_ms};
use schema::v1::model::ReleaseId;
use std::collections::BTreeSet;

impl Engine {
    /// Whose time has come is looked at again.
    pub(super) fn wake(&mut self) {
        let now_ms = self.now.wall_ms;
        while let Some((at_ms, _)) = self.wakes.first()
            && *at_ms <= now_ms
            && let Some((_, release)) = self.wakes.pop_first()
        {
            self.touched.insert(release);
        }
    }

    /// Remembers when these releases have to be looked at again.
    pub(super) fn sleep(&mut self, releases: &BTreeSet<ReleaseId>) {
        let now_ms = self.now.wall_ms;
        for release in releases {
            if let Some(at_ms) = opens_ms(&self.state, release, now_ms) {
                self.wakes.insert((at_ms, release.clone()));
            }
        }
    }

    /// When the next has to be looked at, monotonic milliseconds.
    pub(super) fn wakes_at_ms(&self) -> Option<u64> {
        let (at_ms, _) = self.wakes.first()?;
        Some(self.now.monotonic_ms.saturating_add(at_ms.saturating_sub(self.now.wall_ms)))
    }

    /// At a start: the newest release of each project that goes through a lifecycle with a time to
    /// soak, which may have passed while nobody looked.
    pub(super) fn touch_soaked(&mut self) {
        let projects = self.state.releases.projects();
        let newest = projects.filter_map(|project| self.state.releases.of(project).next_back());
        let soaks = newest.filter(|(id, release)| {
            lifecycle(&self.state, id, release)
                .is_some_and(|lifecycle| lifecycle.phases.iter().any(|phase| phase.soak_s > 0))
        });
        let soaking: Vec<ReleaseId> = soaks.map(|(id, _)| id.clone()).collect();
        self.touched.extend(soaking);
    }
}
