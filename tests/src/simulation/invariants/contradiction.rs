//! `contradiction`: honest spaces never contradict themselves, no link is rolled back, and nobody
//! is alarmed. A space whose log was put back from a backup may hear that from its peers, until it
//! lives on, and nothing else.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::latest::{Event, Record};
use std::collections::BTreeSet;

/// Looks for what only a liar or a restored backup should cause.
#[derive(Debug, Default)]
pub struct Contradiction {
    /// Whose log was put back, and nobody may know yet.
    put_back: BTreeSet<usize>,
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

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        let Record::Own(own) = seen.record else {
            return Ok(());
        };
        match own.entry.event() {
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
