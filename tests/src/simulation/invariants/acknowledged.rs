//! `acknowledged`: what counts as acknowledged at the sender never exceeds what is durable at the
//! recipient. A recipient whose log lost its end had it, and so had one that was told that its peer's
//! key was stolen; its sender learns that in time.

use super::{Check, Invariant, Seen};
use crate::world::World;
use schema::id::{Incarnation, LinkId, LinkSeq};
use schema::latest::{Event, Record};
use schema::v1::event::PeerStated;
use std::collections::BTreeMap;

/// A link towards a site, in one life of its sender.
type Way = (usize, LinkId, Incarnation);

/// What is durable at each recipient.
#[derive(Debug, Default)]
pub struct Acknowledged {
    durable: BTreeMap<Way, LinkSeq>,
    /// What was durable before the recipient lost it.
    lost: BTreeMap<Way, LinkSeq>,
}

impl Acknowledged {
    /// The sender may not know yet that this is no longer there.
    fn excuse(&mut self, way: Way) {
        let durable = self.durable.get(&way).copied().unwrap_or_default();
        let lost = self.lost.entry(way).or_default();
        *lost = durable.max(*lost);
    }

    fn check(&self, world: &World, excused: bool) -> Check {
        for (sender, site) in world.sites.iter().enumerate() {
            let Some(space) = &site.space else { continue };
            for (link, traffic) in space.engine().traffic() {
                let outbox = &traffic.outbox;
                let recipient = world.site_of(&traffic.peer);
                let way = recipient.map(|at| (at, *link, outbox.incarnation()));
                let durable = way.and_then(|way| self.durable.get(&way)).copied();
                let lost = way.and_then(|way| self.lost.get(&way)).filter(|_| excused).copied();
                let durable = durable.max(lost).unwrap_or_default();
                let link = link.short();
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

impl Invariant for Acknowledged {
    fn name(&self) -> &'static str {
        "acknowledged"
    }

    fn cut_off(&mut self, site: usize, _: u64, _: bool) {
        let here = |way: &&Way| way.0 == site;
        let ways: Vec<Way> = self.durable.keys().filter(here).copied().collect();
        ways.into_iter().for_each(|way| self.excuse(way));
    }

    fn reread(&mut self, site: usize) {
        self.durable.retain(|(at, ..), _| *at != site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        if let Record::Own(own) = seen.record
            && let Ok(Event::PeerStated(PeerStated { cut: Some(cut), .. })) = own.entry.event()
        {
            let cuts = |way: &&Way| way.0 == seen.site && way.2 == cut.incarnation;
            let ways: Vec<Way> = self.durable.keys().filter(cuts).copied().collect();
            for way in ways {
                self.excuse(way);
                let durable = self.durable.entry(way).or_default();
                *durable = cut.at.min(*durable);
            }
        }
        if let Record::Mirrored(mirrored) = seen.record
            && mirrored.id.origin != seen.space
        {
            let way = (seen.site, mirrored.link, mirrored.link_incarnation);
            self.durable.insert(way, mirrored.link_seq);
        }
        Ok(())
    }

    /// Every link of every site that is up: the one that turned may be at either end.
    fn turned(&mut self, world: &World, _: usize) -> Check {
        self.check(world, true)
    }

    fn rested(&mut self, world: &World) -> Check {
        self.check(world, false)
    }
}
