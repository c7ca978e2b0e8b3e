//! Spaces, one network, one clock: everything above the adapters, without threads and without
//! chance that a seed does not repeat.

use crate::network::Network;
use crate::site::Site;
use engine::command::{Command, Done, Rejection, Request};
use engine::entropy::Entropy;
use engine::log::Fault;
use engine::step::{Effect, Input, Now};
use schema::id::{CommandId, ObjectId, SpaceId};
use schema::latest::Actor;
use schema::limits::PIECE_BYTES_MAX;
use schema::name::Name;
use schema::v1::model::{Disclosure, Grant};
use std::collections::BTreeMap;

/// When the world's clocks begin: 2026-01-01.
const EPOCH_MS: u64 = 1_767_225_600_000;

/// A name, or a mistake in the test.
///
/// # Panics
/// When it is no name.
#[must_use]
pub fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Spaces and what is between them.
pub struct World {
    /// The spaces, by the order in which they were founded.
    pub sites: Vec<Site>,
    /// What carries envelopes.
    pub network: Network,
    /// Milliseconds since the beginning.
    pub clock_ms: u64,
    chance: Entropy,
    by_id: BTreeMap<SpaceId, usize>,
    replies: u64,
    /// What operators were told.
    pub alarms: Vec<(usize, String)>,
}

impl World {
    /// An empty world in which everything follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        Self {
            sites: Vec::new(),
            network: Network::new(),
            clock_ms: 0,
            chance: Entropy::from_seed(bytes),
            by_id: BTreeMap::new(),
            replies: 0,
            alarms: Vec::new(),
        }
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        u64::from_be_bytes(self.chance.bytes()) % bound
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.chance.bytes()
    }

    /// Both clocks of a site.
    #[must_use]
    pub fn now(&self) -> Now {
        Now { wall_ms: EPOCH_MS + self.clock_ms, monotonic_ms: self.clock_ms }
    }

    /// Founds a space.
    pub fn found(&mut self, called: &str) -> usize {
        let (keys, entropy) = (self.bytes(), self.bytes());
        let site = Site::found(called, keys, entropy, self.now());
        let index = self.sites.len();
        self.by_id.insert(site.id, index);
        self.sites.push(site);
        index
    }

    /// The site of a space.
    #[must_use]
    pub fn site_of(&self, space: &SpaceId) -> Option<usize> {
        self.by_id.get(space).copied()
    }

    /// Links two spaces: each imports the other's certificate.
    ///
    /// # Panics
    /// When that is rejected.
    pub fn link(&mut self, one: usize, other: usize, grants: [Vec<Grant>; 2]) {
        let [for_one, for_other] = grants;
        for (here, there, grants) in [(one, other, for_one), (other, one, for_other)] {
            let state = self.sites[there].engine().state();
            let certificate = state.certificate().expect("founded").write();
            let command = Command::Trust { certificate, name: None, grants };
            self.ask(here, "ops", command).expect("trusted");
        }
    }

    /// The grants of a source towards its target, and of the target towards its source.
    #[must_use]
    pub fn usual_grants(project: &str) -> [Vec<Grant>; 2] {
        [
            vec![Grant::AcceptResults],
            vec![Grant::AcceptReleases(name(project)), Grant::SendResults(Disclosure::Full)],
        ]
    }

    /// A person asks for something under a new command id.
    ///
    /// # Errors
    /// When it is rejected.
    pub fn ask(&mut self, site: usize, who: &str, command: Command) -> Result<Done, Rejection> {
        let id = CommandId(self.bytes());
        self.ask_as(site, Request { id, actor: Actor::Person(name(who)), command })
    }

    /// A request with its own id, as a person repeats it.
    ///
    /// # Errors
    /// When it is rejected.
    ///
    /// # Panics
    /// When the site is down, or its log fails.
    pub fn ask_as(&mut self, site: usize, request: Request) -> Result<Done, Rejection> {
        self.replies += 1;
        let reply = self.replies;
        let asked = Input::Asked { request, reply };
        self.turn(site, vec![asked]).expect("the log of a site that is asked does not fail");
        let answer = self.sites[site].answers.remove(&reply);
        answer.expect("every question is answered in its turn")
    }

    /// One turn of a site; what may be seen is carried out.
    ///
    /// # Errors
    /// When its log fails; the site is down then.
    pub fn turn(&mut self, site: usize, inputs: Vec<Input>) -> Result<(), Fault> {
        let now = self.now();
        let Some(space) = &mut self.sites[site].space else {
            return Ok(());
        };
        match space.turn(now, inputs) {
            Ok(effects) => {
                for effect in effects {
                    self.carry_out(site, effect);
                }
                Ok(())
            }
            Err(fault) => {
                self.sites[site].stop();
                Err(fault)
            }
        }
    }

    fn carry_out(&mut self, site: usize, effect: Effect) {
        match effect {
            Effect::Reply { reply, answer } => {
                self.sites[site].answers.insert(reply, answer);
            }
            Effect::Send { peer, bytes } => {
                if let Some(to) = self.site_of(&peer) {
                    let delay = 1 + self.below(20);
                    self.network.send(site, to, bytes, self.clock_ms + delay);
                }
            }
            Effect::Run(plan) => {
                let ends_at = self.clock_ms + 50 + self.below(500);
                self.sites[site].runner.start(plan, ends_at);
            }
            Effect::Look { object, size } => self.sites[site].look(object, size),
            Effect::Store(piece) => self.sites[site].store(piece),
            Effect::ReadPiece { link, object, offset } => {
                self.sites[site].read_piece(link, object, offset);
            }
            Effect::Alarm(what) => self.alarms.push((site, what)),
            Effect::Publish { .. } => unreachable!("a space seals what it publishes"),
        }
    }

    /// Moves the clock to the next thing that happens, but not beyond `until_ms`, and lets it
    /// happen. False when nothing happens before.
    ///
    /// # Errors
    /// The site whose log failed, with the fault.
    pub fn advance(&mut self, until_ms: u64) -> Result<bool, (usize, Fault)> {
        let times = self.sites.iter().filter_map(Site::deadline_ms);
        let next = times.chain(self.network.deadline_ms()).min();
        let Some(at) = next.filter(|at| *at <= until_ms) else {
            self.clock_ms = until_ms;
            return Ok(false);
        };
        self.clock_ms = self.clock_ms.max(at);
        let due = self.network.due(self.clock_ms);
        for (to, bytes) in due {
            let Some(space) = &mut self.sites[to].space else {
                continue;
            };
            let input = space.receive(bytes);
            self.sites[to].inputs.push(input);
        }
        for site in 0..self.sites.len() {
            self.sites[site].collect(self.clock_ms);
            if self.sites[site].is_due(self.clock_ms) {
                let inputs = std::mem::take(&mut self.sites[site].inputs);
                self.turn(site, inputs).map_err(|fault| (site, fault))?;
            }
        }
        Ok(true)
    }

    /// Lets everything happen that happens within `ms`.
    ///
    /// # Panics
    /// When a log fails.
    pub fn run(&mut self, ms: u64) {
        let until = self.clock_ms + ms;
        while self.advance(until).expect("no log fails here") {}
    }

    /// Stops a site without warning: what was not durable is lost.
    pub fn crash(&mut self, site: usize) {
        self.sites[site].stop();
    }

    /// Starts a site from what its device holds.
    ///
    /// # Errors
    /// When the log does not open.
    pub fn start(&mut self, site: usize) -> Result<(), String> {
        let (entropy, now) = (self.bytes(), self.now());
        self.sites[site].start(entropy, now)?;
        self.turn(site, Vec::new()).map_err(|fault| fault.to_string())
    }

    /// Puts an object into a site's store, as `package push` does before its command.
    pub fn put_object(&mut self, site: usize, bytes: Vec<u8>) -> ObjectId {
        self.sites[site].store.put(bytes)
    }
}

/// How many pieces an object of this size has.
#[must_use]
pub const fn pieces(size: u64) -> u64 {
    size.div_ceil(PIECE_BYTES_MAX as u64)
}
