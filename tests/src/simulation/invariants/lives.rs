//! `lives`: a log that knows that it lost its end writes nothing and publishes nothing until its
//! operator lets it live on.

use super::{Check, Invariant};
use crate::world::World;
use std::collections::BTreeMap;

/// What each log that lost its end had when it heard of that: blocks, and envelopes of entries
/// published.
#[derive(Debug, Default)]
pub struct Lives {
    ended: BTreeMap<usize, (usize, u64)>,
}

impl Invariant for Lives {
    fn name(&self) -> &'static str {
        "lives"
    }

    /// After a start it has to hear it again.
    fn reread(&mut self, site: usize) {
        self.ended.remove(&site);
    }

    fn turned(&mut self, world: &World, site: usize) -> Check {
        let here = &world.sites[site];
        let Some(space) = &here.space else {
            return Ok(());
        };
        let now = (here.device.image().blocks(), here.published);
        if let Some(then) = self.ended.get(&site)
            && *then != now
        {
            return Err(format!(
                "site {site} lost the end of its log and goes on in its old life: blocks and \
                 published envelopes were {then:?} and are {now:?}"
            ));
        }
        if space.engine().is_read_only() {
            self.ended.insert(site, now);
        }
        Ok(())
    }
}
