//! What goes wrong in a run: crashes and starts, logs that fail, cuts, clocks that jump.

use super::Run;
use super::watch::{Violation, Watched};
use engine::log::Fault;
use log_memory::Mishap;

/// A hundred years, in milliseconds.
const CENTURY_MS: u64 = 100 * 365 * 24 * 3_600_000;

impl Run {
    pub(super) fn failed(&mut self, site: usize, fault: &Fault) {
        let kind = match self.planned.remove(&site) {
            Some(Mishap::Kept) => "append_torn",
            Some(Mishap::Full) => "device_full",
            Some(Mishap::Lost) | None => "append_failed",
        };
        self.world.faults.count(kind);
        self.note(&format!("site {site} fails: {fault}"));
        self.is_down(site);
    }

    fn is_down(&mut self, site: usize) {
        self.people.crashed(&mut self.world, site);
        let start = self.world.clock_ms + 50 + self.world.below(8_000);
        self.down.insert(site, start);
    }

    pub(super) fn crash_somebody(&mut self) -> Watched {
        self.steps += 1;
        let site = self.world.chance.index(self.world.sites.len());
        if self.world.sites[site].space.is_none() {
            return Ok(());
        }
        self.watch.examine(&self.world, site)?;
        self.crash(site);
        Ok(())
    }

    /// Stops a site between two turns.
    pub fn crash(&mut self, site: usize) {
        self.world.faults.count("crashed");
        self.note(&format!("crash {site}"));
        self.world.crash(site);
        self.is_down(site);
    }

    /// Starts a site that is down from what its device holds.
    ///
    /// # Errors
    /// The first violation.
    pub fn start(&mut self, site: usize) -> Watched {
        self.down.remove(&site);
        self.world.faults.count("restarted");
        self.note(&format!("start {site}"));
        let entropy = self.world.bytes();
        self.world.sites[site].clock_shift_ms = self.world.below(1_000_000);
        let now = self.world.now_at(site);
        let started = self.world.sites[site].start(entropy, now);
        started.map_err(|why| Violation {
            invariant: "views",
            what: format!("site {site} does not come back from its log: {why}"),
        })?;
        self.watch.reread(site);
        self.watch.turned(&self.world, site)?;
        // A log that fails is told among what happened.
        let _ = self.world.turn(site, Vec::new());
        self.look()
    }

    pub(super) fn plan_mishap(&mut self) -> Watched {
        self.steps += 1;
        let site = self.world.chance.index(self.world.sites.len());
        let mishap = [Mishap::Lost, Mishap::Kept, Mishap::Full][self.world.chance.index(3)];
        let appends = self.world.below(4);
        self.note(&format!("plan {mishap:?} at {site} after {appends}"));
        self.world.sites[site].device.plan(appends, mishap);
        self.planned.insert(site, mishap);
        Ok(())
    }

    pub(super) fn cut(&mut self) -> Watched {
        self.steps += 1;
        let target = 1 + self.world.chance.index(self.world.sites.len() - 1);
        let until = self.world.clock_ms + 500 + self.world.below(40_000);
        self.note(&format!("cut 0-{target} until {until}"));
        self.world.cut(0, target, until);
        Ok(())
    }

    pub(super) fn jump(&mut self) -> Watched {
        self.steps += 1;
        self.world.wall_shift_ms = self.world.below(CENTURY_MS);
        self.world.faults.count("clock_jumped");
        self.note(&format!("wall clocks jump to {}", self.world.now().wall_ms));
        Ok(())
    }

    pub(super) fn settle(&mut self) -> Watched {
        self.steps += 1;
        let site = self.world.chance.index(self.world.sites.len());
        self.settle_one(site)
    }

    pub(super) fn settle_one(&mut self, site: usize) -> Watched {
        self.world.sites[site].forget_keys();
        self.world.sites[site].settle().map_err(|fault| Violation {
            invariant: "views",
            what: format!("the log of site {site} does not settle: {fault}"),
        })
    }

    pub(super) fn examine_somebody(&mut self) -> Watched {
        self.steps += 1;
        let site = self.world.chance.index(self.world.sites.len());
        self.watch.examine(&self.world, site)
    }
}
