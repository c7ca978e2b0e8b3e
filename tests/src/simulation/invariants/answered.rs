//! `answered`: nothing that was answered to a person is lost after a crash. With the end of a log
//! goes what was answered with entries that stood there, and nothing else.

use super::{Check, Invariant, Seen, Told};
use crate::world::World;
use schema::id::{CommandId, Position};
use schema::latest::Record;
use std::collections::{BTreeMap, BTreeSet};

/// What was answered, and what the logs hold.
#[derive(Debug, Default)]
pub struct Answered {
    told: BTreeMap<(usize, CommandId), Told>,
    held: BTreeMap<(usize, Position), CommandId>,
    anew: BTreeSet<usize>,
}

impl Answered {
    fn kept(&self, told: &Told) -> Check {
        let lost = told.entries.iter().find(|entry| {
            let held = self.held.get(&(told.site, entry.position));
            held != Some(&told.command)
        });
        match lost {
            None => Ok(()),
            Some(entry) => Err(format!(
                "site {} answered wish {} with the entry at Position {}, which is not in its log",
                told.site, told.wish, entry.position
            )),
        }
    }
}

impl Invariant for Answered {
    fn name(&self) -> &'static str {
        "answered"
    }

    fn cut_off(&mut self, site: usize, kept: u64, _: bool) {
        self.told.retain(|(at, _), told| {
            *at != site || told.entries.iter().all(|entry| entry.position.0 <= kept)
        });
    }

    fn reread(&mut self, site: usize) {
        self.held.retain(|(at, _), _| *at != site);
        self.anew.insert(site);
    }

    fn record(&mut self, seen: &Seen<'_>) -> Check {
        if let Record::Own(own) = seen.record {
            let key = (seen.site, seen.position);
            self.held.insert(key, own.entry.header().command);
        }
        Ok(())
    }

    fn told(&mut self, told: &Told) -> Check {
        self.kept(told)?;
        let key = (told.site, told.command);
        if let Some(before) = self.told.insert(key, told.clone())
            && !before.entries.is_empty()
            && before.entries != told.entries
        {
            return Err(format!(
                "site {} answered wish {} with other entries than before",
                told.site, told.wish
            ));
        }
        Ok(())
    }

    fn turned(&mut self, _: &World, site: usize) -> Check {
        if !self.anew.remove(&site) {
            return Ok(());
        }
        let mut here = self.told.values().filter(|told| told.site == site);
        here.try_for_each(|told| self.kept(told))
    }
}
