//! One space with its device, its store and its runner, as the world sees it.

use crate::broker::message::Token;
use crate::runner::Runner;
use crate::store::Store;
use engine::command::{Done, Rejection};
use engine::engine::Engine;
use engine::entropy::Entropy;
use engine::log::{Fault, Log};
use engine::space::Space;
use engine::step::{Input, Now};
use engine::trust::identity::{Secrets, Seeds};
use log_memory::{Device, LogMemory};
use schema::id::{LinkId, ObjectId, Position, SpaceId};
use schema::latest::{Event, Outcome, Piece, Record};
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

/// One space.
pub struct Site {
    /// Its id.
    pub id: SpaceId,
    /// Its name.
    pub called: String,
    /// What its log is on.
    pub device: Device,
    /// The keys that it was founded with, and the root key.
    pub seeds: Seeds,
    /// The keys that its node holds.
    pub secrets: Secrets,
    /// The running space; none while it is down.
    pub space: Option<Space<LogMemory>>,
    /// What its packages are in; survives a crash.
    pub store: Store,
    /// What runs its deployments; forgets them at a crash.
    pub runner: Runner,
    /// What came in and was not taken yet.
    pub inputs: Vec<Input>,
    /// What the broker brought of it, to be acknowledged once the turn that takes it is durable.
    pub taken: Vec<Token>,
    /// What the store will answer, and when by the clock of the world.
    later: VecDeque<(u64, Input)>,
    /// How far this process's monotonic clock is ahead of the clock of the world.
    pub clock_shift_ms: u64,
    /// How far this node's wall clock is ahead of the clock of the world; below zero, behind.
    pub wall_shift_ms: i64,
    /// Records that the log had when it was last settled.
    pub settled: u64,
    /// Envelopes of entries that were published.
    pub published: u64,
    /// What was answered and not looked at yet.
    pub answers: BTreeMap<u64, Result<Done, Rejection>>,
}

impl Site {
    /// Founds a space on a new device.
    ///
    /// # Panics
    /// When the new device fails.
    #[must_use]
    pub fn found(called: &str, keys: [u8; 32], entropy: [u8; 32], now: Now) -> Self {
        let seeds = Seeds::draw(&mut Entropy::from_seed(keys));
        let name = called.parse().expect("a name");
        let entropy = Entropy::from_seed(entropy);
        let space = Space::found(&name, &seeds, entropy, now, LogMemory::create).expect("founded");
        Self {
            id: space.engine().identity().space(),
            called: called.to_owned(),
            device: space.log().device(),
            secrets: Secrets::from(&seeds),
            seeds,
            space: Some(space),
            store: Store::default(),
            runner: Runner::default(),
            inputs: Vec::new(),
            taken: Vec::new(),
            later: VecDeque::new(),
            clock_shift_ms: 0,
            wall_shift_ms: 0,
            settled: 0,
            published: 0,
            answers: BTreeMap::new(),
        }
    }

    /// The engine of a site that is up.
    ///
    /// # Panics
    /// When it is down.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.space.as_ref().expect("the site is up").engine()
    }

    /// The records of its log, in their order.
    ///
    /// # Panics
    /// When it is down, or its log cannot be read.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let log = self.space.as_ref().expect("the site is up").log();
        let positions: Vec<Position> = (1..=log.size()).map(Position).collect();
        log.read(&positions).expect("all records")
    }

    /// The events that it wrote itself.
    ///
    /// # Panics
    /// As [`Site::records`].
    #[must_use]
    pub fn own_events(&self) -> Vec<Event> {
        let own = self.records().into_iter().filter_map(|record| match record {
            Record::Own(own) => own.entry.event().ok(),
            Record::Mirrored(_) | Record::Evidence(_) => None,
        });
        own.collect()
    }

    /// Every byte of its log.
    ///
    /// # Panics
    /// As [`Site::records`].
    #[must_use]
    pub fn log_bytes(&self) -> Vec<u8> {
        let mut all = Vec::new();
        let log = self.space.as_ref().expect("the site is up").log();
        let scanned = log.scan(&mut |_, bytes| {
            all.extend_from_slice(bytes);
            ControlFlow::Continue(())
        });
        scanned.expect("a scan");
        all
    }

    /// Stops without warning.
    pub fn stop(&mut self) {
        self.space = None;
        self.runner.stop();
        self.inputs.clear();
        self.taken.clear();
        self.later.clear();
        self.answers.clear();
    }

    /// Starts from the device.
    ///
    /// # Errors
    /// When the log does not open or does not replay.
    pub fn start(&mut self, entropy: [u8; 32], now: Now) -> Result<(), String> {
        let log = LogMemory::open(&self.device).map_err(|fault| fault.to_string())?;
        let entropy = Entropy::from_seed(entropy);
        let space = Space::open(log, &self.secrets, entropy, now).map_err(|why| why.to_string())?;
        self.space = Some(space);
        Ok(())
    }

    /// When something happens here by itself.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let space = self.space.as_ref()?;
        if !self.inputs.is_empty() {
            return Some(0);
        }
        let engine = space.engine().deadline_ms();
        let timers = [
            engine.map(|at| at.saturating_sub(self.clock_shift_ms)),
            self.runner.deadline_ms(),
            self.later.front().map(|(at, _)| *at),
        ];
        timers.into_iter().flatten().min()
    }

    /// Whether a turn is due.
    #[must_use]
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.deadline_ms().is_some_and(|at| at <= now_ms)
    }

    /// Takes what ended by now, and what the store has answered by now.
    pub fn collect(&mut self, now_ms: u64) {
        if self.space.is_none() {
            return;
        }
        self.inputs.extend(self.runner.ended(now_ms));
        while self.later.front().is_some_and(|(at, _)| *at <= now_ms) {
            self.inputs.extend(self.later.pop_front().map(|(_, input)| input));
        }
    }

    /// The runner tells of what has ended that it succeeded: a sabotage.
    pub fn boast(&mut self) {
        for input in &mut self.inputs {
            if let Input::Ended { report, .. } = input {
                report.outcome = Outcome::Succeeded;
            }
        }
    }

    /// Lets the fence catch up with the log.
    ///
    /// # Errors
    /// When the log fails.
    pub fn settle(&mut self) -> Result<(), Fault> {
        if let Some(space) = &mut self.space {
            space.log_mut().settle()?;
            self.settled = space.log().size();
        }
        Ok(())
    }

    /// Forgets the keys that no peer seals to any more, as a node deletes their files.
    pub fn forget_keys(&mut self) {
        let Some(newest) = self.space.as_mut().and_then(Space::forget_keys) else { return };
        self.secrets.forget_before(newest);
    }

    /// Has the store do `work`, whose answer comes at `at_ms`. It does one thing after the other.
    pub fn ask_store(&mut self, work: StoreWork, at_ms: u64) {
        let answer = match work {
            StoreWork::Look { object, size } => Some(self.held(object, size, true)),
            StoreWork::Discard { object, size } => {
                self.store.discard(&object);
                Some(self.held(object, size, true))
            }
            StoreWork::Store(piece) => {
                let (object, size) = (piece.object, piece.total);
                self.store.append(piece);
                Some(self.held(object, size, false))
            }
            StoreWork::Read { link, object, offset } => {
                let piece = self.store.piece(object, offset);
                piece.map(|piece| Input::Read { link, piece })
            }
        };
        let last_ms = self.later.back().map_or(0, |(at, _)| *at);
        self.later.extend(answer.map(|answer| (at_ms.max(last_ms), answer)));
    }

    fn held(&self, object: ObjectId, size: u64, looked: bool) -> Input {
        let held = self.store.held(&object, size, looked);
        Input::Holds { object, held }
    }
}

/// What a store is asked to do.
#[derive(Debug)]
pub enum StoreWork {
    /// Tell what is held of an object.
    Look {
        /// The object.
        object: ObjectId,
        /// Its size in bytes.
        size: u64,
    },
    /// Store a piece and tell what is held then.
    Store(Piece),
    /// Forget the beginning of an object and tell what is held then.
    Discard {
        /// The object.
        object: ObjectId,
        /// Its size in bytes.
        size: u64,
    },
    /// Read a piece for a peer.
    Read {
        /// For whom.
        link: LinkId,
        /// The object.
        object: ObjectId,
        /// Where the piece begins.
        offset: u64,
    },
}
