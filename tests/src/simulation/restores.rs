//! Spaces whose log is put back from a backup: its fence or a peer says that it lost its end, and
//! later its operator lets it live on.

use super::Run;
use super::watch::{Violation, Watched};
use crate::world::World;
use engine::engine::Engine;
use engine::inbox::recovery::Recovery;
use log_memory::{Device, Image, Mishap};
use schema::id::Incarnation;
use std::collections::BTreeMap;

/// How long an operator may take to let a space live on, in milliseconds.
const HESITATION_MS: u64 = 40_000;

/// A copy of what a site's device held.
#[derive(Debug, Clone)]
struct Backup {
    image: Image,
    /// Records in it.
    size: u64,
}

/// How far a site is that lost the end of its log.
#[derive(Debug, Clone)]
enum Stage {
    /// Its fence says so, and it does not open. Its operator acts at this time.
    Closed(u64),
    /// Its whole folder was put back, the fence too: only a peer can tell. Its operator acts some
    /// time after one did.
    Old(Option<u64>),
    /// It lives on, and its peers give back what they have.
    LivesOn,
}

/// The backups of a run, and what became of them.
#[derive(Debug, Default)]
pub struct Restores {
    backups: BTreeMap<usize, Backup>,
    under_way: BTreeMap<usize, (Stage, Backup)>,
}

impl Restores {
    /// Whether no site is on its way back.
    #[must_use]
    pub fn are_over(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Whether a site does not start, because its fence forbids it.
    #[must_use]
    pub fn keep_closed(&self, site: usize) -> bool {
        self.under_way.get(&site).is_some_and(|(stage, _)| matches!(stage, Stage::Closed(_)))
    }
}

/// Whether every peer answered, and gave back what it had to give.
fn is_whole(engine: &Engine) -> bool {
    engine.traffic().values().all(|traffic| {
        traffic.outbox.answered() && traffic.recovery.as_ref().is_none_or(Recovery::is_done)
    })
}

/// Whether a peer was told of more entries than a site's log has now: people see it there.
fn is_missed(world: &World, site: usize) -> bool {
    let Some(space) = &world.sites[site].space else { return false };
    space.engine().traffic().iter().any(|(link, here)| {
        let peer = world.site_of(&here.peer).and_then(|peer| world.sites[peer].space.as_ref());
        let there = peer.and_then(|peer| peer.engine().traffic().get(link));
        let head = (here.outbox.incarnation(), here.outbox.newest());
        let told = there.and_then(|there| there.head);
        told.is_some_and(|(life, newest)| life == head.0 && newest > head.1)
    })
}

impl Run {
    /// Makes backups, puts them back, and goes on with what was put back.
    pub(super) fn suffer_restores(&mut self) -> Watched {
        if self.world.below(1_000) < 12 {
            self.back_up();
        }
        // What a space had back from another one is told nobody again: the other one must keep it.
        if self.restores.are_over() && self.world.below(1_000) < 8 {
            self.put_back()?;
        }
        self.go_on_after_loss(false)
    }

    fn back_up(&mut self) {
        let site = self.world.chance.index(self.world.sites.len());
        // What a space in the middle sent on comes back to it before it knows the release again,
        // and results that come meanwhile are not passed on: SECURITY.md says so.
        if self.people.relayed && site == 1 {
            return;
        }
        let known = self.restores.under_way.contains_key(&site);
        if let Some(space) = self.world.sites[site].space.as_ref().filter(|_| !known) {
            let size = space.engine().checkpoint().0;
            let image = self.world.sites[site].device.image();
            self.note(&format!("a backup of site {site}, {size} records"));
            self.restores.backups.insert(site, Backup { image, size });
        }
    }

    /// A site of which there is a backup loses what it wrote since.
    fn put_back(&mut self) -> Watched {
        let behind = |(site, backup): &(&usize, &Backup)| {
            self.world.sites[**site].device.image().blocks() > backup.image.blocks()
        };
        let sites: Vec<usize> =
            self.restores.backups.iter().filter(behind).map(|(site, _)| *site).collect();
        let Some(site) = self.world.chance.pick(&sites).copied() else { return Ok(()) };
        let Some(backup) = self.restores.backups.remove(&site) else { return Ok(()) };
        self.steps += 1;
        self.world.faults.count("backup_put_back");
        let fenced = self.world.sites[site].space.is_some() && self.world.chance.percent(50);
        if fenced {
            self.settle_one(site)?;
        }
        self.world.crash(site);
        self.people.lost(&mut self.world, site, backup.size);
        self.down.remove(&site);
        self.planned.remove(&site);
        self.watch.cut_off(site, backup.size, false);
        let size = backup.size;
        if fenced {
            self.note(&format!("the log of site {site} loses all but {size} records"));
            let device = &self.world.sites[site].device;
            device.plan(u64::MAX, Mishap::Lost);
            device.forget(device.image().blocks() - backup.image.blocks());
            let until = self.world.clock_ms + self.world.below(HESITATION_MS);
            self.restores.under_way.insert(site, (Stage::Closed(until), backup));
            return self.stays_closed(site);
        }
        self.note(&format!("site {site} is put back to {size} records"));
        // The backup is older than anything that is still on its way.
        self.world.silence(site);
        self.world.sites[site].device = Device::from_image(backup.image.clone());
        self.restores.under_way.insert(site, (Stage::Old(None), backup));
        self.start(site)
    }

    /// A log that is shorter than its fence does not open.
    fn stays_closed(&mut self, site: usize) -> Watched {
        let (entropy, now) = (self.world.bytes(), self.world.now_at(site));
        match self.world.sites[site].start(entropy, now) {
            Err(_) => {
                self.world.faults.count("fence_held");
                Ok(())
            }
            Ok(()) => Err(Violation {
                invariant: "lives",
                what: format!("the log of site {site} opens behind its fence"),
            }),
        }
    }

    /// Operators let spaces live on, and people come back once their spaces are whole. In a `hurry`
    /// nobody hesitates.
    ///
    /// # Errors
    /// The first violation.
    pub(super) fn go_on_after_loss(&mut self, hurry: bool) -> Watched {
        let sites: Vec<usize> = self.restores.under_way.keys().copied().collect();
        for site in sites {
            let now_ms = self.world.clock_ms;
            let engine = self.world.sites[site].space.as_ref().map(engine::space::Space::engine);
            let read_only = engine.is_some_and(Engine::is_read_only);
            let whole = engine.is_some_and(is_whole);
            let missed = is_missed(&self.world, site);
            let Some((stage, _)) = self.restores.under_way.get_mut(&site) else { continue };
            match stage {
                Stage::Closed(until) if hurry || *until <= now_ms => self.live_on(site)?,
                Stage::Old(None) if read_only || (whole && missed) => {
                    let until = now_ms + self.world.chance.below(HESITATION_MS);
                    *stage = Stage::Old(Some(until));
                    self.world.faults.count("rolled_back");
                    let who = if read_only { "it hears" } else { "people see" };
                    self.note(&format!("site {site} was rolled back, {who}"));
                }
                Stage::Old(Some(until)) if hurry || *until <= now_ms => self.live_on(site)?,
                Stage::Old(None) if whole => {
                    self.world.faults.count("loss_unnoticed");
                    self.note(&format!("nobody has what site {site} lost"));
                    self.is_whole_again(site);
                    self.watch.cut_off(site, u64::MAX, true);
                }
                Stage::LivesOn if whole => {
                    self.note(&format!("site {site} has back what its peers had"));
                    self.is_whole_again(site);
                }
                Stage::Closed(_) | Stage::Old(_) | Stage::LivesOn => {}
            }
        }
        Ok(())
    }

    fn is_whole_again(&mut self, site: usize) {
        self.restores.under_way.remove(&site);
        self.restores.backups.clear();
        self.people.away.remove(&site);
    }

    /// The operator lets a space live on from its backup, without what it wrote since it was put
    /// back and did not know.
    fn live_on(&mut self, site: usize) -> Watched {
        let Some((stage, backup)) = self.restores.under_way.get_mut(&site) else { return Ok(()) };
        *stage = Stage::LivesOn;
        let backup = backup.clone();
        self.steps += 1;
        self.world.faults.count("lived_on");
        self.note(&format!("site {site} lives on"));
        self.world.crash(site);
        self.people.crashed(&mut self.world, site);
        self.down.remove(&site);
        self.planned.remove(&site);
        self.watch.cut_off(site, backup.size, true);
        let device = Device::from_image(backup.image);
        let incarnation = Incarnation(self.world.bytes());
        device.begin_anew(incarnation).map_err(|fault| Violation {
            invariant: "lives",
            what: format!("site {site} cannot live on: {fault}"),
        })?;
        self.world.sites[site].device = device.clone();
        if self.world.chance.percent(20) {
            // The power goes while it says so for the first time.
            let mishap = [Mishap::Lost, Mishap::Kept][self.world.chance.index(2)];
            device.plan(0, mishap);
            let (entropy, now) = (self.world.bytes(), self.world.now_at(site));
            let started = self.world.sites[site].start(entropy, now);
            self.note(&format!("its first append fails: {}", started.is_err()));
            self.world.crash(site);
        }
        self.start(site)
    }
}
