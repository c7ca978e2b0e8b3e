//! What time alone makes possible: a release has soaked for long enough, a freeze is over, a window
//! opens.

use super::Engine;
use crate::gates::opens_ms;
use crate::progress::standings;
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

    /// At a start nobody remembers who waited, or for what: of each project, what is newer than the
    /// newest release that has gone all its way is looked at again.
    pub(super) fn touch_unfinished(&mut self) {
        let now_ms = self.now.wall_ms;
        let mut unfinished = Vec::new();
        for project in self.state.releases.projects() {
            for (id, _) in self.state.releases.of(project).rev() {
                let phases = standings(&self.state, id, None, now_ms);
                if !phases.is_empty() && phases.iter().all(|phase| phase.soaked(now_ms)) {
                    break;
                }
                unfinished.push(id.clone());
            }
        }
        self.touched.extend(unfinished);
    }
}
