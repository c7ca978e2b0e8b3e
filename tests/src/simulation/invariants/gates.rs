//! `gates`: nothing is deployed or promoted past a gate that is shut, as a naive reading of the log
//! tells it: not what was recalled, not in a freeze or outside of a window, not with too few
//! approvals, and not by policy where policy was told to leave it alone. What an engine believes to
//! be frozen, recalled or left alone is what that reading says.

use super::{Check, Invariant, Seen};
use crate::reference::gates::Gates as Reader;
use crate::world::World;
use std::collections::BTreeMap;

/// A naive reader for each site.
#[derive(Debug, Default)]
pub struct Gates {
    readers: BTreeMap<usize, Reader>,
}

impl Invariant for Gates {
    fn name(&self) -> &'static str {
        "gates"
    }

    fn reread(&mut self, site: usize) {
        self.readers.remove(&site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        let reader = self.readers.entry(seen.site).or_insert_with(|| Reader::of(seen.space));
        reader
            .read(seen.record)
            .map_err(|why| format!("site {} at Position {}: {why}", seen.site, seen.position))
    }

    fn examined(&mut self, world: &World, site: usize) -> Check {
        let (Some(reader), Some(space)) = (self.readers.get(&site), &world.sites[site].space)
        else {
            return Ok(());
        };
        reader.agrees(space.engine().state()).map_err(|why| format!("at site {site} {why}"))
    }

    fn met(&self) -> BTreeMap<&'static str, u64> {
        let mut all = BTreeMap::new();
        for (what, times) in self.readers.values().flat_map(|reader| &reader.met) {
            *all.entry(*what).or_default() += times;
        }
        all
    }
}
