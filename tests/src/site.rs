//! One space with its device, its store and its runner, as the world sees it.

use crate::runner::Runner;
use crate::store::Store;
use engine::command::{Done, Rejection};
use engine::engine::Engine;
use engine::entropy::Entropy;
use engine::space::Space;
use engine::step::{Input, Now};
use engine::trust::identity::Seeds;
use log_memory::{Device, LogMemory};
use schema::id::{LinkId, ObjectId, SpaceId};
use schema::latest::Piece;
use std::collections::BTreeMap;

/// One space.
pub struct Site {
    /// Its id.
    pub id: SpaceId,
    /// Its name.
    pub called: String,
    /// What its log is on.
    pub device: Device,
    /// Its keys.
    pub seeds: Seeds,
    /// The running space; none while it is down.
    pub space: Option<Space<LogMemory>>,
    /// What its packages are in; survives a crash.
    pub store: Store,
    /// What runs its deployments; forgets them at a crash.
    pub runner: Runner,
    /// What came in and was not taken yet.
    pub inputs: Vec<Input>,
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
            seeds,
            space: Some(space),
            store: Store::default(),
            runner: Runner::default(),
            inputs: Vec::new(),
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

    /// Stops without warning.
    pub fn stop(&mut self) {
        self.space = None;
        self.runner = Runner::default();
        self.inputs.clear();
        self.answers.clear();
    }

    /// Starts from the device.
    ///
    /// # Errors
    /// When the log does not open or does not replay.
    pub fn start(&mut self, entropy: [u8; 32], now: Now) -> Result<(), String> {
        let log = LogMemory::open(&self.device).map_err(|fault| fault.to_string())?;
        let entropy = Entropy::from_seed(entropy);
        let space = Space::open(log, &self.seeds, entropy, now).map_err(|why| why.to_string())?;
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
        let timers = [space.engine().deadline_ms(), self.runner.deadline_ms()];
        timers.into_iter().flatten().min()
    }

    /// Whether a turn is due.
    #[must_use]
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.deadline_ms().is_some_and(|at| at <= now_ms)
    }

    /// Takes what ended by now.
    pub fn collect(&mut self, now_ms: u64) {
        if self.space.is_some() {
            self.inputs.extend(self.runner.ended(now_ms));
        }
    }

    /// Tells what the store holds.
    pub fn look(&mut self, object: ObjectId, size: u64) {
        let held = self.store.held(&object, size);
        self.inputs.push(Input::Holds { object, held });
    }

    /// Stores a piece and tells what the store holds then.
    pub fn store(&mut self, piece: Piece) {
        let (object, size) = (piece.object, piece.total);
        self.store.append(piece);
        self.look(object, size);
    }

    /// Reads a piece for a peer.
    pub fn read_piece(&mut self, link: LinkId, object: ObjectId, offset: u64) {
        if let Some(piece) = self.store.piece(object, offset) {
            self.inputs.push(Input::Read { link, piece });
        }
    }
}
