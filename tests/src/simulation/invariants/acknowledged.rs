//! `acknowledged`: what counts as acknowledged at the sender never exceeds what is durable at the
//! recipient.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::id::{LinkId, LinkSeq};
use schema::latest::Record;
use std::collections::BTreeMap;

/// What is durable at each recipient.
#[derive(Debug, Default)]
pub struct Acknowledged {
    durable: BTreeMap<(usize, LinkId), LinkSeq>,
}

impl Invariant for Acknowledged {
    fn name(&self) -> &'static str {
        "acknowledged"
    }

    fn reread(&mut self, site: usize) {
        self.durable.retain(|(at, _), _| *at != site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        if let Record::Mirrored(mirrored) = seen.record {
            self.durable.insert((seen.site, mirrored.link), mirrored.link_seq);
        }
        Ok(())
    }

    /// Every link of every site that is up: the one that turned may be at either end.
    fn turned(&mut self, world: &World, _: usize) -> Check {
        for (sender, site) in world.sites.iter().enumerate() {
            let Some(space) = &site.space else { continue };
            for (link, traffic) in space.engine().traffic() {
                let recipient = world.site_of(&traffic.peer);
                let durable = recipient.and_then(|at| self.durable.get(&(at, *link)));
                let durable = durable.copied().unwrap_or_default();
                let (outbox, link) = (&traffic.outbox, link.short());
                if outbox.acknowledged() > durable || outbox.applied() > durable {
                    return Err(format!(
                        "site {sender} counts {} of link {link} as acknowledged and {} as \
                         applied, of which {durable} are durable",
                        outbox.acknowledged(),
                        outbox.applied()
                    ));
                }
            }
        }
        Ok(())
    }
}
