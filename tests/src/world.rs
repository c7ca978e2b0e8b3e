//! Spaces, one network, one clock: everything above the adapters, without threads and without
//! chance that a seed does not repeat.

use crate::broker::message::Token;
use crate::broker::trouble::Wrong;
use crate::broker::{Broker, Delivered};
use crate::carriers::Carriers;
use crate::chance::Chance;
use crate::faults::Faults;
use crate::network::{Network, Parcel};
use crate::site::{Site, StoreWork};
use engine::command::{Command, Done, Rejection, Request};
use engine::decide::configuration::OPERATOR;
use engine::entropy::Entropy;
use engine::log::Fault;
use engine::run::Plan;
use engine::step::{Effect, Input, Now};
use engine::trust::identity::{Pair, continue_statements};
use log_memory::{Device, Image};
use schema::id::{CommandId, Incarnation, ObjectId, SpaceId};
use schema::latest::{Actor, EnvelopeKind, Revocation};
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

/// Something that others may want to know of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A site took its turn.
    Turned {
        /// Which.
        site: usize,
        /// How many inputs it took.
        inputs: usize,
        /// A hash over everything that it then did.
        effects: [u8; 32],
    },
    /// A site's log failed; it is down.
    Failed(usize, Fault),
    /// A deployment was handed to the runner of a site.
    Ran(usize, Box<Plan>),
    /// A site sent an envelope.
    Sent(usize, Vec<u8>),
    /// A site answered.
    Answered(usize, u64, Result<Done, Rejection>),
    /// An operator was told.
    Alarmed(usize, String),
}

/// Spaces and what is between them.
pub struct World {
    /// The spaces, by the order in which they were founded.
    pub sites: Vec<Site>,
    /// What carries envelopes.
    pub network: Network,
    /// What carries envelopes of some links instead.
    pub broker: Broker,
    /// Of which links.
    pub carriers: Carriers,
    /// Whether recipients acknowledge to the broker before they append: a sabotage.
    pub acknowledges_early: bool,
    /// Envelopes that nobody carries: a sabotage.
    pub loses: Option<EnvelopeKind>,
    /// Whether runners tell of every deployment that it succeeded: a sabotage.
    pub boasts: bool,
    /// Pieces of packages that were sent to a space that is no site.
    pub given_away: u64,
    /// Milliseconds since the beginning.
    pub clock_ms: u64,
    /// How far the wall clocks are off, in milliseconds.
    pub wall_shift_ms: u64,
    /// The stores take up to so long for an answer, in milliseconds.
    pub store_ms_max: u64,
    /// Of a hundred deployments so many fail.
    pub failing_percent: u64,
    /// What decides.
    pub chance: Chance,
    /// What went wrong.
    pub faults: Faults,
    /// What happened and was not looked at yet.
    pub happened: Vec<Happening>,
    by_id: BTreeMap<SpaceId, usize>,
    replies: u64,
    /// What operators were told.
    pub alarms: Vec<(usize, String)>,
}

impl World {
    /// An empty world in which everything follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            sites: Vec::new(),
            network: Network::new(),
            broker: Broker::default(),
            carriers: Carriers::default(),
            acknowledges_early: false,
            loses: None,
            boasts: false,
            given_away: 0,
            clock_ms: 0,
            wall_shift_ms: 0,
            store_ms_max: 0,
            failing_percent: 0,
            chance: Chance::from_seed(seed),
            faults: Faults::default(),
            happened: Vec::new(),
            by_id: BTreeMap::new(),
            replies: 0,
            alarms: Vec::new(),
        }
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.chance.below(bound)
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.chance.bytes()
    }

    /// Both clocks of a site that never started again.
    #[must_use]
    pub const fn now(&self) -> Now {
        Now { wall_ms: EPOCH_MS + self.wall_shift_ms + self.clock_ms, monotonic_ms: self.clock_ms }
    }

    /// Both clocks of a site.
    #[must_use]
    pub fn now_at(&self, site: usize) -> Now {
        let mut now = self.now();
        now.monotonic_ms += self.sites[site].clock_shift_ms;
        now.wall_ms = now.wall_ms.saturating_add_signed(self.sites[site].wall_shift_ms);
        now
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

    /// A person asks for something under a new command id. Who is no user of the space does it at
    /// its node, as the operator.
    ///
    /// # Errors
    /// When it is rejected.
    pub fn ask(&mut self, site: usize, who: &str, command: Command) -> Result<Done, Rejection> {
        let id = CommandId(self.bytes());
        let known = self.sites[site].engine().state().configuration.user(&name(who)).is_some();
        let actor = Actor::Person(name(if known { who } else { OPERATOR }));
        self.ask_as(site, Request { id, actor, token: None, command })
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
        let now = self.now_at(site);
        let Some(space) = &mut self.sites[site].space else {
            return Ok(());
        };
        let count = inputs.len();
        match space.turn(now, inputs) {
            Ok(effects) => {
                let happened = Happening::Turned { site, inputs: count, effects: hash(&effects) };
                self.happened.push(happened);
                for effect in effects {
                    self.carry_out(site, effect);
                }
                Ok(())
            }
            Err(fault) => {
                self.sites[site].stop();
                self.happened.push(Happening::Failed(site, fault.clone()));
                Err(fault)
            }
        }
    }

    fn carry_out(&mut self, site: usize, effect: Effect) {
        match effect {
            Effect::Reply { reply, answer } => {
                let happened = Happening::Answered(site, reply, answer.clone());
                self.happened.push(happened);
                self.sites[site].answers.insert(reply, answer);
            }
            Effect::Send { peer, kind, bytes } => {
                // Pieces of packages are for whoever has the release.
                if kind != EnvelopeKind::Piece {
                    self.happened.push(Happening::Sent(site, bytes.clone()));
                }
                self.sites[site].published += u64::from(kind == EnvelopeKind::Entries);
                let stranger = self.site_of(&peer).is_none();
                self.given_away += u64::from(stranger && kind == EnvelopeKind::Piece);
                if let Some(to) = self.site_of(&peer).filter(|_| self.loses != Some(kind)) {
                    self.send(site, to, bytes);
                }
            }
            Effect::Run(plan) => {
                self.happened.push(Happening::Ran(site, Box::new(plan.clone())));
                let ends_at = self.clock_ms + 50 + self.below(500);
                let fails = self.chance.percent(self.failing_percent);
                self.sites[site].runner.start(plan, ends_at, fails);
            }
            Effect::Cancel(deployment) => {
                let at_ms = self.clock_ms + 20;
                self.sites[site].runner.cancel(deployment, at_ms);
            }
            Effect::AnswerManual { deployment, answer } => {
                let at_ms = self.clock_ms + 20;
                self.sites[site].runner.answer(deployment, &answer, at_ms);
            }
            Effect::Look { object, size, .. } => {
                self.ask_store(site, StoreWork::Look { object, size })
            }
            Effect::Store(piece) => self.ask_store(site, StoreWork::Store(piece)),
            Effect::Discard { object, size } => {
                self.ask_store(site, StoreWork::Discard { object, size });
            }
            Effect::ReadPiece { link, object, offset } => {
                let work = StoreWork::Read { link, object, offset };
                self.ask_store(site, work);
            }
            Effect::Alarm(what) => {
                self.happened.push(Happening::Alarmed(site, what.clone()));
                self.alarms.push((site, what));
            }
            Effect::Publish { .. } | Effect::GiveBack(_) => {
                unreachable!("a space seals what it publishes and gives back")
            }
        }
    }

    fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let (now_ms, chance, faults) = (self.clock_ms, &mut self.chance, &mut self.faults);
        if self.carriers.is_brokered(from, to) {
            self.broker.publish((from, to), bytes, now_ms, chance, faults);
        } else {
            self.network.dispatch(Parcel { from, to, bytes }, now_ms, chance, faults);
        }
    }

    /// Lets nothing through on a link until `until_ms`. Where a broker carries it, the other one
    /// loses its connection to the broker.
    pub fn cut(&mut self, one: usize, other: usize, until_ms: u64) {
        if self.carriers.is_brokered(one, other) {
            self.broker.trouble.begin(other, Wrong::Unreachable, until_ms);
        } else {
            self.network.cut(one, other, until_ms);
        }
    }

    fn ask_store(&mut self, site: usize, work: StoreWork) {
        let lasts_ms = self.chance.below(self.store_ms_max + 1);
        let at_ms = self.clock_ms + lasts_ms;
        self.sites[site].ask_store(work, at_ms);
    }

    /// Moves the clock to the next thing that happens, but not beyond `until_ms`, and lets it
    /// happen. False when nothing happens before.
    ///
    /// # Errors
    /// The site whose log failed, with the fault.
    pub fn advance(&mut self, until_ms: u64) -> Result<bool, (usize, Fault)> {
        let times = self.sites.iter().filter_map(Site::deadline_ms);
        let up: Vec<bool> = self.sites.iter().map(|site| site.space.is_some()).collect();
        let carried = [self.network.deadline_ms(), self.broker.deadline_ms(self.clock_ms, &up)];
        let next = times.chain(carried.into_iter().flatten()).min();
        let Some(at) = next.filter(|at| *at <= until_ms) else {
            self.clock_ms = until_ms;
            return Ok(false);
        };
        self.clock_ms = self.clock_ms.max(at);
        self.deliver(&up);
        for site in 0..self.sites.len() {
            self.sites[site].collect(self.clock_ms);
            if self.boasts {
                self.sites[site].boast();
            }
            if self.sites[site].is_due(self.clock_ms) {
                let inputs = std::mem::take(&mut self.sites[site].inputs);
                let taken = std::mem::take(&mut self.sites[site].taken);
                self.turn(site, inputs).map_err(|fault| (site, fault))?;
                self.acknowledge(taken);
            }
        }
        Ok(true)
    }

    /// Opens what has arrived by now.
    fn deliver(&mut self, up: &[bool]) {
        for (to, bytes) in self.network.due(self.clock_ms) {
            self.receive(to, bytes);
        }
        let (chance, faults) = (&mut self.chance, &mut self.faults);
        for Delivered { to, bytes, token } in self.broker.advance(self.clock_ms, up, chance, faults)
        {
            self.receive(to, bytes);
            if self.acknowledges_early {
                self.acknowledge(token);
            } else {
                self.sites[to].taken.extend(token);
            }
        }
    }

    /// Tells the broker what has reached its recipient.
    fn acknowledge(&mut self, taken: impl IntoIterator<Item = Token>) {
        let (chance, faults) = (&mut self.chance, &mut self.faults);
        for token in taken {
            self.broker.acknowledge(token, self.clock_ms, chance, faults);
        }
    }

    /// A site opens an envelope and takes it in its next turn.
    pub fn receive(&mut self, site: usize, envelope: Vec<u8>) {
        if let Some(space) = &mut self.sites[site].space {
            let input = space.receive(envelope);
            self.sites[site].inputs.push(input);
        }
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
        let (entropy, now) = (self.bytes(), self.now_at(site));
        self.sites[site].start(entropy, now)?;
        self.turn(site, Vec::new()).map_err(|fault| fault.to_string())
    }

    /// A site goes on under new keys, with its root key at hand.
    ///
    /// # Errors
    /// When it is rejected.
    ///
    /// # Panics
    /// When the site is down.
    pub fn rotate(&mut self, site: usize, revoked: Vec<Revocation>) -> Result<Done, Rejection> {
        let command = self.new_keys(site, revoked);
        self.ask(site, "ops", command)
    }

    /// Draws new keys for a site, which has them from now on, and gives what it is asked to do with
    /// them.
    ///
    /// # Panics
    /// When the site is down.
    pub fn new_keys(&mut self, site: usize, revoked: Vec<Revocation>) -> Command {
        let pair = Pair::draw(&mut Entropy::from_seed(self.bytes()));
        let wall_ms = self.now_at(site).wall_ms;
        let it = &self.sites[site];
        let keys = it.engine().state().keys.as_ref().expect("founded");
        let number = keys.newest().number;
        let before = it.secrets.pair(number);
        let root = &it.seeds.root;
        let statement = continue_statements(keys, root, before, &pair, revoked, wall_ms);
        // A node has the key files before the log names them.
        self.sites[site].secrets =
            std::mem::take(&mut self.sites[site].secrets).with(number + 1, pair.clone());
        Command::StateKeys { statement, pair }
    }

    /// Puts an older copy of its device under a site, as from a backup of its whole folder, and
    /// starts it.
    ///
    /// # Errors
    /// When the log does not open.
    pub fn restore(&mut self, site: usize, backup: Image) -> Result<(), String> {
        self.crash(site);
        self.sites[site].device = Device::from_image(backup);
        self.start(site)
    }

    /// What a site sent and nobody has is lost, wherever it is on its way.
    pub fn silence(&mut self, site: usize) {
        self.network.lose(|parcel| parcel.from == site);
        self.broker.lose(site);
    }

    /// The operator of a site that lost the end of its log lets it live on from what is there.
    ///
    /// # Errors
    /// When the log does not open.
    pub fn live_on(&mut self, site: usize) -> Result<(), String> {
        self.crash(site);
        let incarnation = Incarnation(self.bytes());
        let begun = self.sites[site].device.begin_anew(incarnation);
        begun.map_err(|fault| fault.to_string())?;
        self.start(site)
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

/// A hash over what a turn did.
fn hash(effects: &[Effect]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for effect in effects {
        match effect {
            Effect::Send { peer, bytes, .. } => {
                hasher.update(b"send").update(&peer.0).update(bytes);
            }
            Effect::Store(piece) => {
                hasher.update(b"store").update(&piece.write());
            }
            Effect::Reply { .. }
            | Effect::Run(_)
            | Effect::Cancel(_)
            | Effect::AnswerManual { .. }
            | Effect::Look { .. }
            | Effect::Discard { .. }
            | Effect::ReadPiece { .. }
            | Effect::Alarm(_)
            | Effect::GiveBack(_)
            | Effect::Publish { .. } => {
                hasher.update(format!("{effect:?}").as_bytes());
            }
        }
    }
    *hasher.finalize().as_bytes()
}
