//! What goes wrong with the broker of a run: it is killed, wiped, tampered with, or out of reach;
//! and who carries which link in the first place.

use super::Run;
use super::watch::Watched;
use crate::broker::Manners;
use crate::broker::stream::{Limits, UNSYNCED_MS_MAX};
use crate::broker::trouble::Wrong;
use crate::chance::Chance;
use engine::step::Input;

/// Longest time for which a broker or a connection to it is gone, in milliseconds.
const OUTAGE_MS_MAX: u64 = 30_000;

fn manners(chance: &mut Chance) -> Manners {
    Manners {
        delay_ms_max: 5 + chance.below(40),
        lost_percent: chance.below(8),
        twice_percent: chance.below(8),
        ack_lost_percent: chance.below(8),
        ack_late_percent: chance.below(8),
        corrupt_percent: chance.below(4),
        limits: Limits {
            subject_messages_max: 1 + chance.index(12),
            // Never less than one envelope of the largest size.
            bytes_max: (1 + chance.index(8)) * 1024 * 1024,
            pending_max: 1 + chance.index(16),
        },
    }
}

impl Run {
    /// Chooses what carries each link from the source: the network, the broker, or each one of
    /// the two.
    pub(super) fn choose_carriers(&mut self) {
        let brokered = [0, 50, 100][self.world.chance.index(3)];
        for target in 1..self.world.sites.len() {
            if self.world.chance.percent(brokered) {
                self.world.carriers.broker(0, target);
                self.note(&format!("the broker carries 0-{target}"));
            }
        }
        self.world.broker.manners = manners(&mut self.world.chance);
    }

    pub(super) fn trouble_the_broker(&mut self) -> Watched {
        self.steps += 1;
        if !self.world.carriers.has_broker() {
            return Ok(());
        }
        match self.world.below(10) {
            0..=1 => self.kill_the_broker(),
            2 => self.wipe_the_broker(),
            3..=4 => {
                let (chance, faults) = (&mut self.world.chance, &mut self.world.faults);
                let evicted = self.world.broker.evict(chance, faults);
                self.note(&format!("the broker evicts {evicted}"));
            }
            5..=6 => {
                let now_ms = self.world.clock_ms;
                let (chance, faults) = (&mut self.world.chance, &mut self.world.faults);
                let replayed = self.world.broker.replay(now_ms, chance, faults);
                let words: Vec<String> = replayed.iter().map(ToString::to_string).collect();
                self.note(&format!("a client replays to {}", words.join(" ")));
            }
            7 => self.lose_the_way(Wrong::Forbidden),
            8 => self.lose_the_way(Wrong::Mute),
            _ => self.lose_the_way(Wrong::Deaf),
        }
        Ok(())
    }

    fn kill_the_broker(&mut self) {
        let world = &mut self.world;
        let since = world.clock_ms.saturating_sub(world.chance.below(UNSYNCED_MS_MAX));
        let until = world.clock_ms + 500 + world.chance.below(OUTAGE_MS_MAX);
        world.broker.kill(world.sites.len(), since, until, &mut world.faults);
        self.note(&format!("the broker is killed, knows nothing since {since}, back at {until}"));
    }

    /// With a restart, which all see, or as somebody deletes a stream, which nobody is told.
    fn wipe_the_broker(&mut self) {
        let mut from = self.world.clock_ms;
        if self.world.chance.percent(50) {
            self.kill_the_broker();
            from += OUTAGE_MS_MAX / 2;
        }
        let world = &mut self.world;
        world.broker.wipe(from, &mut world.chance, &mut world.faults);
        self.note("the broker has lost everything");
    }

    fn lose_the_way(&mut self, wrong: Wrong) {
        let site = self.world.chance.index(self.world.sites.len());
        let until = self.world.clock_ms + 500 + self.world.below(OUTAGE_MS_MAX);
        self.note(&format!("between site {site} and the broker: {wrong:?} until {until}"));
        self.world.broker.trouble.begin(site, wrong, until);
    }

    /// Who had lost its connection to the broker has it again, and is told. That a way was silent
    /// is noticed now and then.
    pub(super) fn reconnect(&mut self, mended: Vec<(usize, Wrong)>) {
        for (site, wrong) in mended {
            let noticed = match wrong {
                Wrong::Unreachable => true,
                Wrong::Mute | Wrong::Deaf => self.world.chance.percent(50),
                Wrong::Forbidden => false,
            };
            self.note(&format!("between site {site} and the broker: {wrong:?} no longer"));
            if !noticed || self.world.sites[site].space.is_none() {
                continue;
            }
            for peer in self.world.carriers.peers(site) {
                let peer = self.world.sites[peer].id;
                // Another server of the cluster may take larger or smaller envelopes.
                let envelope_bytes_max = 256 << self.world.chance.index(13);
                let inputs = &mut self.world.sites[site].inputs;
                inputs.push(Input::Carries { peer, envelope_bytes_max });
                inputs.push(Input::Connected(peer));
            }
        }
    }
}
