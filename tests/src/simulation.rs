//! A simulated run: spaces over a bad network and a bad broker, with crashes, people and clocks
//! that jump; then all of it heals and everything must come to rest.

pub mod arrival;
pub mod beside;
pub mod campaign;
pub mod forger;
pub mod hardships;
pub mod healing;
pub mod invariants;
pub mod liars;
mod mishaps;
mod outages;
pub mod people;
pub mod restores;
pub mod rotation;
pub mod sabotage;
pub mod settings;
pub mod thefts;
pub mod transcript;
pub mod watch;

use crate::faults::Faults;
use crate::network::Weather;
use crate::pipeline::PROJECT;
use crate::world::{Happening, World, name};
use engine::command::{Command, Done, Rejection};
use hardships::{Hardship, Hardships};
use liars::Liars;
use log_memory::Mishap;
use people::People;
use restores::Restores;
use rotation::Rotations;
use sabotage::Saboteur;
use schema::v1::model::Grant;
use std::collections::BTreeMap;
use thefts::Thefts;
use watch::{Violation, Watch, Watched};

/// Steps of the part in which everything goes wrong.
const STEPS: u64 = 1_000;

/// Turns that may be taken without time going on; more is a deadline that is never met.
const TURNS_AT_ONCE_MAX: u64 = 2_000;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Steps taken.
    pub steps: u64,
    /// What went wrong in the world.
    pub faults: Faults,
    /// Everything that happened, line by line.
    pub lines: Vec<String>,
    /// The invariant that did not hold, if one did not.
    pub violation: Option<Violation>,
    /// What the invariants saw happen, and how often.
    pub met: BTreeMap<&'static str, u64>,
}

impl Outcome {
    /// A hash over everything that happened.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for line in &self.lines {
            hasher.update(line.as_bytes()).update(b"\n");
        }
        *hasher.finalize().as_bytes()
    }
}

/// One run.
pub struct Run {
    /// The spaces and what is between them.
    pub world: World,
    /// Who asks them for something.
    pub people: People,
    /// Who looks whether all is well.
    pub watch: Watch,
    lines: Vec<String>,
    steps: u64,
    /// When a site that is down starts again.
    down: BTreeMap<usize, u64>,
    /// What is planned for the next appends.
    planned: BTreeMap<usize, Mishap>,
    /// What befalls this run beside bad weather.
    hardships: Hardships,
    rotations: Rotations,
    restores: Restores,
    thefts: Thefts,
    liars: Liars,
    /// Whether owners revoke nothing when they replace a key that was stolen: a sabotage.
    forgives_thieves: bool,
    /// A site at which nobody lifts any freeze in the end: a sabotage.
    keeps_frozen: Option<usize>,
    turns_at_once: (u64, u64),
}

/// Runs one seed, with somebody who breaks the world if one is given.
#[must_use]
pub fn run(seed: u64, mut saboteur: Option<Saboteur>) -> Outcome {
    let mut run = Run::new(seed);
    let violation = run.live(&mut saboteur).err();
    if let Some(Violation { invariant, what }) = &violation {
        run.note(&format!("violation of {invariant}: {what}"));
    }
    let met = run.watch.met();
    Outcome { steps: run.steps, faults: run.world.faults, lines: run.lines, violation, met }
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            world: World::new(seed),
            people: People::default(),
            watch: Watch::default(),
            lines: Vec::new(),
            steps: 0,
            down: BTreeMap::new(),
            planned: BTreeMap::new(),
            hardships: Hardships::default(),
            rotations: Rotations::default(),
            restores: Restores::default(),
            thefts: Thefts::default(),
            liars: Liars::default(),
            forgives_thieves: false,
            keeps_frozen: None,
            turns_at_once: (0, 0),
        }
    }

    /// Adds a line to the transcript.
    pub fn note(&mut self, what: &str) {
        let line = format!("{} {what}", self.world.clock_ms);
        self.lines.push(line);
    }

    fn live(&mut self, saboteur: &mut Option<Saboteur>) -> Watched {
        self.build()?;
        self.hardships = Hardships::draw(&mut self.world.chance);
        if let Some(saboteur) = saboteur {
            // Nothing else is to be noticed.
            self.hardships.only(saboteur.hardship());
        }
        self.note(&self.hardships.to_string());
        if self.hardships.has(Hardship::Liar) {
            self.invite_a_liar()?;
        }
        for _ in 0..STEPS {
            self.step()?;
            self.suffer()?;
            if let Some(saboteur) = saboteur {
                saboteur.act(self)?;
            }
        }
        healing::heal(self)
    }

    /// Founds, links and configures three to five spaces, in good weather.
    fn build(&mut self) -> Watched {
        let targets = 2 + self.world.chance.index(3);
        let source = self.world.found(settings::SOURCE);
        for called in &settings::TARGETS[..targets] {
            let target = self.world.found(called);
            self.world.link(source, target, World::usual_grants(PROJECT));
        }
        self.people.relayed = self.world.chance.percent(40);
        if self.people.relayed {
            self.relay();
        }
        for site in 0..=targets {
            let definitions =
                settings::of(site, targets, self.people.relayed, &mut self.world.chance);
            self.world
                .ask(site, "ops", Command::Apply { definitions })
                .expect("the configurations are sound");
        }
        for secret in beside::SECRETS {
            let command = beside::set_secret(&mut self.world, secret);
            if let Command::SetSecret { value, .. } = &command {
                self.watch.hides(value.expose());
            }
            self.world.ask(source, "ops", command).expect("it is declared");
        }
        self.world.happened.clear();
        for site in 0..=targets {
            self.watch.turned(&self.world, site)?;
        }
        let chance = &mut self.world.chance;
        self.world.network.weather = Weather {
            delay_ms_max: 20 + chance.below(60),
            delay_percent: chance.below(8),
            drop_percent: chance.below(15),
            repeat_percent: chance.below(10),
            corrupt_percent: chance.below(6),
        };
        self.choose_carriers();
        self.world.store_ms_max = self.world.chance.below(60);
        self.world.failing_percent = self.world.chance.below(20);
        Ok(())
    }

    /// The first target sends on to the second, and brings back its results.
    fn relay(&mut self) {
        let [between, last] = [1, 2];
        let also = |grants: &[Grant]| [grants, &[Grant::Relay]].concat();
        let [to_target, to_source] = World::usual_grants(PROJECT);
        self.world.link(between, last, [also(&to_target), also(&to_source)]);
        for (here, there, grants) in
            [(0, between, also(&to_target)), (between, 0, also(&to_source))]
        {
            let peer = name(&self.world.sites[there].called);
            self.world.ask(here, "ops", Command::Grant { peer, grants }).expect("it is a peer");
        }
        let relay = self.world.sites[between].id;
        self.watch.relays(relay);
    }

    fn step(&mut self) -> Watched {
        match self.world.below(1_000) {
            0..=659 => self.advance(300),
            660..=679 => self.trouble_the_broker(),
            680..=739 => self.wish(1),
            740..=784 => self.wish(12),
            785..=809 => self.repeat(),
            810..=829 => {
                self.steps += 1;
                self.people.insist(&mut self.world);
                Ok(())
            }
            830..=839 => self.crash_somebody(),
            840..=850 => self.plan_mishap(),
            851..=866 => self.cut(),
            867..=872 => self.jump(),
            873..=890 => self.settle(),
            891..=899 => self.examine_somebody(),
            900..=905 => self.advance_through(30_000),
            _ => self.advance_through(1_500),
        }
    }

    /// People wish for up to so many things at once.
    fn wish(&mut self, most: u64) -> Watched {
        self.steps += 1;
        for _ in 0..=self.world.below(most) {
            if let Some(what) = self.people.wish(&mut self.world) {
                self.note(&what);
            }
            for secret in self.people.secrets.drain(..) {
                self.watch.hides(&secret);
            }
        }
        Ok(())
    }

    fn repeat(&mut self) -> Watched {
        self.steps += 1;
        if let Some(what) = self.people.repeat(&mut self.world) {
            self.note(&format!("again {what}"));
        }
        Ok(())
    }

    /// Lets the next thing happen, if it happens within `ms`.
    ///
    /// # Errors
    /// The first violation.
    pub fn advance(&mut self, ms: u64) -> Watched {
        self.advance_to(self.world.clock_ms + ms).map(drop)
    }

    /// Lets everything happen that happens within up to `ms_max`.
    fn advance_through(&mut self, ms_max: u64) -> Watched {
        let until = self.world.clock_ms + 1 + self.world.below(ms_max);
        while self.advance_to(until)? {}
        Ok(())
    }

    /// Lets the next thing happen by `until`. False when there is none.
    ///
    /// # Errors
    /// The first violation.
    pub fn advance_to(&mut self, until: u64) -> Result<bool, Violation> {
        self.steps += 1;
        let start = self.down.values().copied().min();
        let before = self.world.clock_ms;
        let until_start = start.map_or(until, |start| start.clamp(before, until));
        // A log that fails is told among what happened.
        let more = self.world.advance(until_start).unwrap_or(true);
        self.time_goes_on(before)?;
        self.look()?;
        self.mend();
        let starting = self.down.iter().filter(|(_, at)| **at <= self.world.clock_ms);
        let starting: Vec<usize> = starting.map(|(site, _)| *site).collect();
        for site in &starting {
            self.start(*site)?;
        }
        Ok(more || (self.world.clock_ms < until))
    }

    fn time_goes_on(&mut self, before: u64) -> Watched {
        let (at, turns) = self.turns_at_once;
        self.turns_at_once = if before == at { (at, turns + 1) } else { (before, 0) };
        if turns < TURNS_AT_ONCE_MAX {
            return Ok(());
        }
        Err(Violation {
            invariant: "drain",
            what: format!("a deadline at {at} is never met: the world turns and time stands still"),
        })
    }

    /// What was cut is mended; the carrier tells some of those who are connected again.
    fn mend(&mut self) {
        for (one, other) in self.world.network.mend(self.world.clock_ms) {
            self.note(&format!("mend {one}-{other}"));
            self.connect(one, other);
        }
        let mended = self.world.broker.trouble.mend(self.world.clock_ms);
        self.reconnect(mended);
    }

    fn connect(&mut self, one: usize, other: usize) {
        for (here, there) in [(one, other), (other, one)] {
            let peer = self.world.sites[there].id;
            let told = self.world.chance.percent(50);
            let site = &mut self.world.sites[here];
            if told && site.space.is_some() {
                site.inputs.push(engine::step::Input::Connected(peer));
            }
        }
    }

    /// Shows what happened to everybody who looks.
    ///
    /// # Errors
    /// The first violation.
    pub fn look(&mut self) -> Watched {
        for happened in std::mem::take(&mut self.world.happened) {
            match happened {
                Happening::Turned { site, inputs, effects } => {
                    self.note_turn(site, inputs, &effects);
                    self.watch.turned(&self.world, site)?;
                }
                Happening::Failed(site, fault) => self.failed(site, &fault),
                Happening::Ran(site, plan) => self.watch.ran(&self.world, site, &plan)?,
                Happening::Sent(site, envelope) => self.watch.sent(site, &envelope)?,
                Happening::Answered(site, reply, answer) => self.answered(site, reply, answer)?,
                Happening::Alarmed(site, what) => {
                    self.note(&format!("alarm at {site}: {what}"));
                    self.watch.alarmed(&self.world, site, &what)?;
                }
            }
        }
        Ok(())
    }

    fn note_turn(&mut self, site: usize, inputs: usize, effects: &[u8; 32]) {
        let Some(space) = &self.world.sites[site].space else {
            return;
        };
        let (size, root, _) = space.engine().checkpoint();
        let (root, effects) = (schema::id::hex(&root[..4]), schema::id::hex(&effects[..8]));
        self.note(&format!("turn {site} takes {inputs}, log {size} {root}, does {effects}"));
    }

    fn answered(&mut self, site: usize, reply: u64, answer: Result<Done, Rejection>) -> Watched {
        let Some((number, command)) = self.people.reply(reply) else {
            return Ok(());
        };
        self.world.sites[site].answers.remove(&reply);
        let words = match &answer {
            Ok(done) => format!("done, {} entries", done.entries.len()),
            Err(rejection) => rejection.to_string(),
        };
        self.note(&format!("answer to wish {number}: {words}"));
        let told = self.people.answered(command, number, answer);
        match told {
            Ok(Some(told)) => self.watch.told(&told),
            Ok(None) => Ok(()),
            Err(what) => Err(Violation { invariant: "answered", what }),
        }
    }
}
