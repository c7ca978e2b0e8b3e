//! `contradiction`: honest spaces never contradict themselves, no link is rolled back, and nobody
//! is alarmed. A space whose log was put back from a backup may hear that from its peers, until it
//! lives on, and nothing else. The link to a hostile space may be found contradictory.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::id::{LinkId, SpaceId};
use schema::latest::{Event, Record};
use std::collections::BTreeSet;

/// Looks for what only a liar or a restored backup should cause.
#[derive(Debug, Default)]
pub struct Contradiction {
    /// Whose log was put back, and nobody may know yet.
    put_back: BTreeSet<usize>,
    hostile: Option<LinkId>,
}

impl Contradiction {
    fn is_hostile(&self, link: &LinkId) -> bool {
        self.hostile.as_ref() == Some(link)
    }
}

impl Invariant for Contradiction {
    fn name(&self) -> &'static str {
        "contradiction"
    }

    fn cut_off(&mut self, site: usize, _: u64, anew: bool) {
        if anew {
            self.put_back.remove(&site);
        } else {
            self.put_back.insert(site);
        }
    }

    fn trusted_liar(&mut self, _: SpaceId, link: LinkId) {
        self.hostile = Some(link);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        let Record::Own(own) = seen.record else {
            return Ok(());
        };
        match own.entry.event() {
            Ok(Event::LinkContradicted(found)) if self.is_hostile(&found.link) => Ok(()),
            Ok(Event::LinkContradicted(contradicted)) => Err(format!(
                "site {} found a contradiction on link {} at {}",
                seen.site,
                contradicted.link.short(),
                contradicted.at
            )),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn alarmed(&mut self, _: &World, site: usize, what: &str) -> Check {
        let of_liar = |link: LinkId| what.contains(&format!("link {} contradicts", link.short()));
        if self.hostile.is_some_and(of_liar) {
            return Ok(());
        }
        if self.put_back.contains(&site) && what.contains("rolled back") {
            return Ok(());
        }
        Err(format!("site {site} alarmed its operator: {what}"))
    }

    fn turned(&mut self, world: &World, site: usize) -> Check {
        let Some(space) =
            world.sites[site].space.as_ref().filter(|_| !self.put_back.contains(&site))
        else {
            return Ok(());
        };
        let mut links = space.engine().traffic().iter();
        match links.find(|(_, traffic)| traffic.outbox.rolled_back()) {
            None => Ok(()),
            Some((link, _)) => {
                Err(format!("site {site} takes itself for rolled back on link {}", link.short()))
            }
        }
    }
}
