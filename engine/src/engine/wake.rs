//! What time alone makes possible: a release has soaked for long enough, a freeze is over, a window
//! opens.

use super::Engine;
use crate::gates::opens_ms;
use crate::progress::{Place, Standing, standings};
use crate::state::releases::Answer;
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

    /// Nobody remembers who waited, or for what: of each project, the newest release that has
    /// reached a place where policy acts and was not tried there is looked at again. Older ones
    /// never move because of it, but for what was cut short.
    pub(super) fn touch_unfinished(&mut self) {
        let now_ms = self.now.wall_ms;
        let mut unfinished = Vec::new();
        for project in self.state.releases.projects() {
            let mut seen: BTreeSet<Place> = BTreeSet::new();
            let mut waits = false;
            for (id, release) in self.state.releases.of(project).rev() {
                // Where a release was tried, older ones have nothing to do any more.
                let mut newest = release.newest().import().is_some_and(|import| {
                    import.answer == Answer::Waiting && seen.is_empty() && !waits
                });
                // Older ones that wait were left there.
                waits |= newest;
                newest |= release.is_cut_short();
                for phase in standings(&self.state, id, None, now_ms) {
                    let open = phase.automatic && phase.reached;
                    for (place, standing) in phase.places {
                        let tried = standing != Standing::Untried;
                        if (open || tried) && seen.insert(place) {
                            newest |= open && !tried;
                        }
                    }
                    // What soaks reaches the next phase by itself.
                    newest |= phase.soaked_ms.is_some_and(|from| from > now_ms);
                }
                if newest {
                    unfinished.push(id.clone());
                }
            }
        }
        self.touched.extend(unfinished);
    }
}
