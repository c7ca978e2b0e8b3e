//! The runtime of a space, without threads: one engine, one log, one turn at a time.
//!
//! A turn opens what came in, steps the engine once over all of it, makes the one block durable
//! once, and only then hands out what others can see. That is the whole batching policy.

use crate::engine::{CannotOpen, Engine};
use crate::entropy::Entropy;
use crate::log::{Fault, Log};
use crate::step::{Effect, Input, Now};
use crate::trust::door;
use crate::trust::identity::{Secrets, Seeds};
use crate::trust::joins::Joins;
use crate::trust::keyring::{Epochs, Keyring};
use crate::trust::refusal::Refusal;
use schema::id::{EntryId, Incarnation, LinkSeq, Position, SpaceId};
use schema::latest::{Block, Entry, EnvelopeHeader, EnvelopeKind, Piece, Record};
use schema::name::Name;

/// Envelopes that give a peer back what it lost, on one medium, at the most: of 256 KiB each.
pub const GIVEN_BACK_MAX: usize = 64;

/// A space with its log.
pub struct Space<L> {
    engine: Engine,
    log: L,
    keyring: Keyring,
    epochs: Epochs,
    joins: Joins,
    /// What the last turn appended.
    last: Vec<Block>,
}

impl<L: Log> Space<L> {
    /// Founds a space in an empty log. `make` gives the log for the incarnation that was drawn.
    ///
    /// # Errors
    /// When the log fails.
    ///
    /// # Panics
    /// Never: a founded engine has an incarnation.
    pub fn found(
        name: &Name,
        seeds: &Seeds,
        entropy: Entropy,
        now: Now,
        make: impl FnOnce(Incarnation) -> Result<L, Fault>,
    ) -> Result<Self, Fault> {
        let (engine, block) = Engine::found(name, seeds, entropy, now);
        let mut log = make(engine.state().incarnation.expect("just founded"))?;
        log.append(&block)?;
        Ok(Self::with(engine, log))
    }

    /// Opens a space from its log.
    ///
    /// # Errors
    /// When the log is damaged or the keys are not its own.
    pub fn open(log: L, secrets: &Secrets, entropy: Entropy, now: Now) -> Result<Self, CannotOpen> {
        let mut log = log;
        let mut entropy = entropy;
        let again = Entropy::from_seed(entropy.bytes());
        let mut told = Engine::rebuilt(&log, secrets, entropy, now)?;
        // The store was begun anew, because its end was lost: before anything else the log says so.
        if told.state().incarnation != Some(log.incarnation()) {
            let block = told.declare(log.incarnation()).ok_or(CannotOpen::NoCertificate)?;
            log.append(&block)?;
            told = Engine::rebuilt(&log, secrets, again, now)?;
        }
        told.begin();
        Ok(Self::with(told, log))
    }

    fn with(engine: Engine, log: L) -> Self {
        Self {
            engine,
            log,
            keyring: Keyring::default(),
            epochs: Epochs::default(),
            joins: Joins::default(),
            last: Vec::new(),
        }
    }

    /// Opens one envelope from outside: what [`Self::turn`] takes in.
    pub fn receive(&mut self, bytes: Vec<u8>) -> Input {
        if let Some(keyring) = self.engine.changed_keyring() {
            self.keyring = keyring;
        }
        if self.is_stranger(&bytes) && !self.joins.take(self.engine.now().monotonic_ms) {
            return Input::Refused { reason: Refusal::TooManyJoins, bytes };
        }
        match door::open(&bytes, self.engine.identity(), &self.keyring, &mut self.epochs) {
            Ok(verified) => Input::Arrived(Box::new(verified)),
            Err(reason) => Input::Refused { reason, bytes },
        }
    }

    /// Whether somebody unknown asks to be let in, and somebody may be.
    fn is_stranger(&self, bytes: &[u8]) -> bool {
        self.keyring.invites()
            && EnvelopeHeader::of_envelope(bytes).is_ok_and(|header| {
                header.kind == EnvelopeKind::Join && self.keyring.peer(&header.link).is_none()
            })
    }

    /// One turn: step, make durable, seal. What it returns may be seen by others.
    ///
    /// # Errors
    /// When the log fails. Then nothing of this turn may be seen, and the space must be opened
    /// again.
    pub fn turn(&mut self, now: Now, inputs: Vec<Input>) -> Result<Vec<Effect>, Fault> {
        let mut todo = Some(inputs);
        let mut effects = Vec::new();
        self.last.clear();
        while let Some(inputs) = todo {
            let stepped = self.engine.step(now, inputs);
            if let Some(block) = stepped.block {
                self.log.append(&block)?;
                self.last.push(block);
            }
            effects.extend(stepped.effects);
            todo = stepped.rest;
            if todo.is_some() {
                self.rebuild()?;
            }
        }
        let mut visible = Vec::with_capacity(effects.len());
        for effect in effects {
            match effect {
                Effect::Publish { link, run } => {
                    let records = self.log.read(&run.positions)?;
                    match self.engine.seal(link, &run, records) {
                        Some((peer, bytes)) => {
                            let kind = EnvelopeKind::Entries;
                            visible.push(Effect::Send { peer, kind, bytes });
                        }
                        None => visible.push(Effect::Alarm(format!(
                            "entries for link {} could not be sealed",
                            link.short()
                        ))),
                    }
                }
                Effect::GiveBack(given) => {
                    let records = self.log.read(&given.positions)?;
                    visible.extend(self.engine.give_back(&given, records));
                }
                Effect::Reply { .. }
                | Effect::Send { .. }
                | Effect::Run(_)
                | Effect::Cancel(_)
                | Effect::AnswerManual { .. }
                | Effect::Look { .. }
                | Effect::Store(_)
                | Effect::Discard { .. }
                | Effect::ReadPiece { .. }
                | Effect::Alarm(_) => visible.push(effect),
            }
        }
        Ok(visible)
    }

    /// What a medium takes along first for a peer: keys, a hello, wants, and then what the peer has
    /// lost and asked for, [`GIVEN_BACK_MAX`] envelopes of it at the most.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn lend_signals(&mut self, peer: &SpaceId) -> Result<Vec<Vec<u8>>, Fault> {
        let signals = self.engine.lend_signals(peer).into_iter();
        let mut lent: Vec<Vec<u8>> = signals.filter_map(envelope).collect();
        let mut next = self.engine.lend_back(peer, None);
        for _ in 0..GIVEN_BACK_MAX {
            let Some(given) = next else { break };
            let records = self.log.read(&given.positions)?;
            lent.extend(self.engine.give_back(&given, records).and_then(envelope));
            next = self.engine.lend_back(peer, Some(&given));
        }
        Ok(lent)
    }

    /// The envelope of entries after `after` for a peer, and the last entry in it; none if there
    /// are no more.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn lend_entries(
        &mut self,
        peer: &SpaceId,
        after: LinkSeq,
    ) -> Result<Option<(LinkSeq, Vec<u8>)>, Fault> {
        let Some((link, run)) = self.engine.lend_run(peer, after) else { return Ok(None) };
        let records = self.log.read(&run.positions)?;
        let last = LinkSeq(run.first.0 + run.positions.len() as u64 - 1);
        Ok(self.engine.seal(link, &run, records).map(|(_, bytes)| (last, bytes)))
    }

    /// The envelope of one piece for a peer; none if it may not have it.
    pub fn lend_piece(&mut self, peer: &SpaceId, piece: &Piece) -> Option<Vec<u8>> {
        self.engine.lend_piece(peer, piece).and_then(envelope)
    }

    /// Tells anew from the log what is true.
    fn rebuild(&mut self) -> Result<(), Fault> {
        self.engine.rebuild(&self.log).map_err(|why| match why {
            CannotOpen::Log(fault) => fault,
            CannotOpen::NoCertificate | CannotOpen::Keys(_) => {
                Fault::Store { doing: "telling the log anew", why: why.to_string() }
            }
        })
    }

    /// The entries, own and mirrored, that the last turn appended: where they are, what they are,
    /// and their bytes.
    pub fn appended(&self) -> impl Iterator<Item = (Position, EntryId, Entry)> {
        let state = self.engine.state();
        let me = state.me();
        let blocks = self.last.iter();
        let records = blocks.flat_map(|block| (block.first.0..).zip(&block.records));
        records.filter_map(move |(position, (record, _))| {
            let position = Position(position);
            match record {
                Record::Own(own) => {
                    let incarnation = state.life_at(position);
                    let id = EntryId { origin: me, incarnation, position };
                    Some((position, id, own.entry.clone()))
                }
                // What a peer wrote may be no entry at all.
                Record::Mirrored(mirrored) => {
                    Entry::read(&mirrored.entry).ok().map(|entry| (position, mirrored.id, entry))
                }
                Record::Evidence(_) => None,
            }
        })
    }

    /// What is true in this space.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Forgets the keys that no peer seals to any more: see [`Engine::forget_keys`].
    pub fn forget_keys(&mut self) -> Option<u32> {
        self.engine.forget_keys()
    }

    /// Seals to this at-rest key from now on: see [`Engine::missing_at_rest`]. Its file is durable.
    pub fn learn_at_rest(&mut self, number: u32, key: [u8; 32]) {
        self.engine.learn_at_rest(number, key);
    }

    /// The log.
    #[must_use]
    pub const fn log(&self) -> &L {
        &self.log
    }

    /// The log, to let its fence catch up or to take it away.
    pub const fn log_mut(&mut self) -> &mut L {
        &mut self.log
    }

    /// The log alone; the engine is gone.
    #[must_use]
    pub fn into_log(self) -> L {
        self.log
    }
}

/// The envelope that is to be sent.
fn envelope(effect: Effect) -> Option<Vec<u8>> {
    if let Effect::Send { bytes, .. } = effect { Some(bytes) } else { None }
}
