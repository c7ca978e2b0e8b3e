//! `contradiction`: honest spaces never contradict themselves, no link is rolled back, and nobody
//! is alarmed.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::latest::{Event, Record};

/// Looks for what only a liar or a restored backup should cause.
#[derive(Debug)]
pub struct Contradiction;

impl Invariant for Contradiction {
    fn name(&self) -> &'static str {
        "contradiction"
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
        Err(format!("site {site} alarmed its operator: {what}"))
    }

    fn turned(&mut self, world: &World, site: usize) -> Check {
        let Some(space) = &world.sites[site].space else {
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
