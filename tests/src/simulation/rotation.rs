//! Spaces that replace their keys: now and then, several times in a row, while links are cut and
//! with crashes in between.

use super::Run;
use crate::world::name;
use engine::command::{Done, Rejection, Request};
use engine::decide::configuration::OPERATOR;
use schema::id::CommandId;
use schema::latest::{Actor, Revocation};
use std::collections::BTreeMap;

/// The rotations of a run.
#[derive(Debug, Default)]
pub struct Rotations {
    /// How many each site is still to do at once.
    waiting: BTreeMap<usize, u64>,
    /// The wish with which each site rotated last.
    wishes: BTreeMap<usize, usize>,
}

impl Run {
    /// Begins rotations, and goes on with those that were begun.
    pub(super) fn suffer_rotation(&mut self) {
        if self.world.below(1_000) < 6 {
            let site = self.world.chance.index(self.world.sites.len());
            let times = 1 + self.world.below(3);
            self.rotations.waiting.insert(site, times);
        }
        let waiting: Vec<usize> = self.rotations.waiting.keys().copied().collect();
        for site in waiting {
            if !self.rotate(site, Vec::new()) {
                continue;
            }
            let left = self.rotations.waiting.get_mut(&site).map_or(0, |left| {
                *left -= 1;
                *left
            });
            if left == 0 {
                self.rotations.waiting.remove(&site);
            }
            if self.world.chance.percent(25) {
                // Its keys are there, and whether its log names them is open.
                self.crash(site);
            }
        }
    }

    /// Whether a rotation of a site is not answered yet.
    pub(super) fn is_rotating(&self, site: usize) -> bool {
        let wish = self.rotations.wishes.get(&site).map(|number| &self.people.wishes[*number]);
        wish.is_some_and(|wish| wish.answer.is_none())
    }

    /// What was answered to the last rotation of a site.
    pub(super) fn rotated(&self, site: usize) -> Option<&Result<Done, Rejection>> {
        let number = self.rotations.wishes.get(&site)?;
        self.people.wishes[*number].answer.as_ref()
    }

    /// The operator of a site asks for new keys. False if it is down, or does so already: whoever
    /// has not heard that it was done asks again with the same keys.
    pub(super) fn rotate(&mut self, site: usize, revoked: Vec<Revocation>) -> bool {
        if self.world.sites[site].space.is_none() || self.is_rotating(site) {
            return false;
        }
        self.steps += 1;
        self.world.faults.count("rotated");
        let command = self.world.new_keys(site, revoked);
        let id = CommandId(self.world.bytes());
        let actor = Actor::Person(name(OPERATOR));
        let request = Request { id, actor, token: None, command };
        self.rotations.wishes.insert(site, self.people.wishes.len());
        let what = self.people.add(&mut self.world, site, request);
        self.note(&what);
        true
    }
}
