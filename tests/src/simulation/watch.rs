//! Reads what the devices hold, block by block, and shows it to every invariant.

use super::invariants::{Invariant, Seen, Told, all};
use crate::world::World;
use engine::run::Plan;
use schema::id::{LinkId, Position, SpaceId};
use schema::latest::Block;
use std::collections::BTreeMap;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The name of the invariant.
    pub invariant: &'static str,
    /// What is wrong.
    pub what: String,
}

/// Nothing wrong, or the first thing that is.
pub type Watched = Result<(), Violation>;

/// All invariants, and how far each device was read.
pub struct Watch {
    invariants: Vec<Box<dyn Invariant>>,
    /// Blocks and records of each site that were shown.
    read: Vec<(usize, u64)>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { invariants: all(), read: Vec::new() }
    }
}

impl Watch {
    fn each(&mut self, mut look: impl FnMut(&mut dyn Invariant) -> Result<(), String>) -> Watched {
        for invariant in &mut self.invariants {
            look(invariant.as_mut())
                .map_err(|what| Violation { invariant: invariant.name(), what })?;
        }
        Ok(())
    }

    /// What the invariants have seen happen, and how often.
    #[must_use]
    pub fn met(&self) -> BTreeMap<&'static str, u64> {
        self.invariants.iter().flat_map(|invariant| invariant.met()).collect()
    }

    /// A site starts again: its device is read anew.
    pub fn reread(&mut self, site: usize) {
        for invariant in &mut self.invariants {
            invariant.reread(site);
        }
        if let Some(read) = self.read.get_mut(site) {
            *read = (0, 0);
        }
    }

    /// The log of a site lost its end: see [`Invariant::cut_off`].
    pub fn cut_off(&mut self, site: usize, kept: u64, anew: bool) {
        for invariant in &mut self.invariants {
            invariant.cut_off(site, kept, anew);
        }
    }

    /// A site trusts a space that keeps to no rule: see [`Invariant::trusted_liar`].
    pub fn trusted_liar(&mut self, space: SpaceId, link: LinkId) {
        for invariant in &mut self.invariants {
            invariant.trusted_liar(space, link);
        }
    }

    /// Somebody wrote an entry in the name of a space: see [`Invariant::forged`].
    pub fn forged(&mut self, entry: &[u8]) {
        for invariant in &mut self.invariants {
            invariant.forged(entry);
        }
    }

    /// A site took a turn: shows what became durable, then lets everybody look.
    ///
    /// # Errors
    /// The first violation.
    pub fn turned(&mut self, world: &World, site: usize) -> Watched {
        self.show(world, site)?;
        self.each(|invariant| invariant.turned(world, site))
    }

    fn show(&mut self, world: &World, site: usize) -> Watched {
        self.read.resize(world.sites.len(), (0, 0));
        let here = &world.sites[site];
        let (mut blocks, mut records) = self.read[site];
        let size = here.space.as_ref().map(|space| {
            let (size, _, _) = space.engine().checkpoint();
            size
        });
        if size == Some(records) {
            return Ok(());
        }
        let image = here.device.image();
        while let Some(bytes) = image.bytes(blocks) {
            let first = Position(records + 1);
            let block = Block::read(bytes, first).map_err(|damage| Violation {
                invariant: "audit",
                what: format!("the log of site {site} cannot be read: {damage}"),
            })?;
            for (position, (record, _)) in (first.0..).map(Position).zip(&block.records) {
                let space = here.id;
                let seen = Seen { site, space, position, record };
                self.each(|invariant| invariant.record(&seen))?;
            }
            blocks += 1;
            records += block.records.len() as u64;
        }
        self.read[site] = (blocks, records);
        Ok(())
    }

    /// A person was told.
    ///
    /// # Errors
    /// The first violation.
    pub fn told(&mut self, told: &Told) -> Watched {
        self.each(|invariant| invariant.told(told))
    }

    /// A deployment was handed to a runner.
    ///
    /// # Errors
    /// The first violation.
    pub fn ran(&mut self, world: &World, site: usize, plan: &Plan) -> Watched {
        self.each(|invariant| invariant.ran(world, site, plan))
    }

    /// A fresh release went its way: see [`Invariant::released_afresh`].
    pub fn released_afresh(&mut self) {
        for invariant in &mut self.invariants {
            invariant.released_afresh();
        }
    }

    /// A site passes on what others signed: see [`Invariant::relays`].
    pub fn relays(&mut self, space: SpaceId) {
        for invariant in &mut self.invariants {
            invariant.relays(space);
        }
    }

    /// A secret was given a value: see [`Invariant::hides`].
    pub fn hides(&mut self, secret: &str) {
        for invariant in &mut self.invariants {
            invariant.hides(secret);
        }
    }

    /// A site sent an envelope.
    ///
    /// # Errors
    /// The first violation.
    pub fn sent(&mut self, site: usize, envelope: &[u8]) -> Watched {
        self.each(|invariant| invariant.sent(site, envelope))
    }

    /// An operator was told.
    ///
    /// # Errors
    /// The first violation.
    pub fn alarmed(&mut self, world: &World, site: usize, what: &str) -> Watched {
        self.each(|invariant| invariant.alarmed(world, site, what))
    }

    /// A site is looked at thoroughly.
    ///
    /// # Errors
    /// The first violation.
    pub fn examine(&mut self, world: &World, site: usize) -> Watched {
        self.each(|invariant| invariant.examined(world, site))
    }

    /// The world had time to come to rest.
    ///
    /// # Errors
    /// The first violation.
    pub fn rested(&mut self, world: &World) -> Watched {
        self.each(|invariant| invariant.rested(world))
    }
}
