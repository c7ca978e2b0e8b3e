//! `arrival`: at the very end a fresh release reaches every target by itself, and its source sees
//! that, proven.

use super::{Check, Invariant};
use crate::pipeline::version;
use crate::simulation::arrival::{FRESH, LAST};
use crate::world::World;
use engine::views::dashboard::{Shown, cells};

/// Looks for the fresh release, once it was made.
#[derive(Debug, Default)]
pub struct Arrival {
    expected: bool,
}

impl Invariant for Arrival {
    fn name(&self) -> &'static str {
        "arrival"
    }

    fn released_afresh(&mut self) {
        self.expected = true;
    }

    fn rested(&mut self, world: &World) -> Check {
        if !self.expected {
            return Ok(());
        }
        let shown = |site: usize| cells(world.sites[site].engine().state());
        let known = shown(0);
        for (number, site) in world.sites.iter().enumerate().skip(1) {
            let arrived = |cell: &&Shown| {
                let there = cell.space == site.id && cell.environment.as_str() == LAST;
                let installed = cell.installed.as_ref();
                there && installed.is_some_and(|it| it.version == version(FRESH) && it.proven)
            };
            if !shown(number).iter().any(|cell| arrived(&cell)) {
                return Err(format!("{FRESH} is not in {LAST} of site {number}"));
            }
            if !known.iter().any(|cell| arrived(&cell)) {
                return Err(format!("the source has no proof that {FRESH} is at site {number}"));
            }
        }
        Ok(())
    }
}
