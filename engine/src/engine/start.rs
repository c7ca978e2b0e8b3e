//! How a space begins: founded with new keys, or replayed from its log.

use super::Engine;
use crate::decide::import::has_sealed;
use crate::entropy::Entropy;
use crate::fetch::Fetches;
use crate::log::tree::Tree;
use crate::log::{Fault, Log};
use crate::quarantine::Quarantine;
use crate::retraction::Retractions;
use crate::run::Report;
use crate::state::State;
use crate::step::Now;
use crate::trust::certificate::{Disbelief, Keys};
use crate::trust::identity::{Identity, Secrets, Seeds, found};
use crate::trust::seal::Sealer;
use crate::views::journey::Journeys;
use schema::id::{CommandId, Incarnation, Position};
use schema::latest::{Actor, Block, Checkpoint, Event, Outcome};
use schema::name::Name;
use schema::v1::block::Damage;
use schema::v1::event::{LinkOffered, SpaceCreated};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use thiserror::Error;

/// A space cannot be opened.
#[derive(Debug, Error)]
pub enum CannotOpen {
    /// The log is not usable.
    #[error(transparent)]
    Log(#[from] Fault),
    /// The log does not begin with a certificate.
    #[error("the log does not begin with the certificate of a space")]
    NoCertificate,
    /// The keys are not those of the log.
    #[error("the keys are not those that the log's certificate names: {0}")]
    Keys(Disbelief),
}

impl Engine {
    /// A new space: its keys and the first block of its log, which must be made durable.
    ///
    /// # Panics
    /// Never: the certificate is made of these very keys.
    #[must_use]
    pub fn found(name: &Name, seeds: &Seeds, mut entropy: Entropy, now: Now) -> (Self, Block) {
        let certificate = found(name, seeds, entropy.bytes(), now.wall_ms);
        let keys = Keys::verify(&certificate).expect("just made");
        let identity = Identity::new(&keys, seeds).expect("made of these keys");
        let mut engine = Self { telling: false, ..Self::empty(identity, entropy, now) };
        let offer = engine.identity.offer(engine.entropy.bytes());
        let incarnation = Incarnation(engine.entropy.bytes());
        let created = SpaceCreated { certificate: certificate.write(), incarnation };
        // The first entries have no command behind them but the founding itself.
        let command = CommandId(engine.entropy.bytes());
        let first = [
            Event::SpaceCreated(created),
            Event::LinkOffered(LinkOffered { offer: offer.write() }),
        ];
        for event in first {
            let draft = crate::decide::Draft::internal(Actor::Policy, event);
            let entry = engine.write(command, &draft).expect("a certificate fits into an entry");
            engine.append_own(entry);
        }
        let block = engine.take_block(now.wall_ms).expect("two records");
        (engine, block)
    }

    /// A space as its log tells it, with what a start makes due.
    ///
    /// # Errors
    /// When the log is damaged, or the keys are not its own.
    pub fn replay(
        log: &dyn Log,
        secrets: &Secrets,
        entropy: Entropy,
        now: Now,
    ) -> Result<Self, CannotOpen> {
        let mut engine = Self::rebuilt(log, secrets, entropy, now)?;
        engine.begin();
        Ok(engine)
    }

    /// What the log alone gives, and nothing that a start adds: equal to the living engine in all
    /// that is durable. Every record's leaf and every block's root is computed again.
    ///
    /// # Errors
    /// When the log is damaged, or the keys are not its own.
    pub fn rebuilt(
        log: &dyn Log,
        secrets: &Secrets,
        entropy: Entropy,
        now: Now,
    ) -> Result<Self, CannotOpen> {
        let mut entropy = entropy;
        let mut known = (Retractions::default(), false);
        // What is retracted, and that another life comes, is known only later in the log; then it
        // is told once more by who knows.
        loop {
            let seeded = Entropy::from_seed(entropy.bytes());
            let mut engine = Self::told(log, secrets, seeded, now, known)?;
            if !engine.rebuild {
                for traffic in engine.traffic.values_mut() {
                    traffic.outbox.told();
                }
                return Ok(engine);
            }
            known = (engine.retractions, engine.lives_on);
        }
    }

    /// What the log tells to who knows what is retracted and whether another life comes, up to the
    /// first such thing that was not known.
    fn told(
        log: &dyn Log,
        secrets: &Secrets,
        entropy: Entropy,
        now: Now,
        (retractions, lives_on): (Retractions, bool),
    ) -> Result<Self, CannotOpen> {
        let mut engine: Option<Self> = None;
        let mut beginning = Some((entropy, retractions));
        let mut failed: Option<CannotOpen> = None;
        let mut newest: Option<Checkpoint> = None;
        log.scan(&mut |first, bytes| {
            let result = Block::read(bytes, first).map_err(|damage| Fault::Damaged(damage).into());
            let result = result.and_then(|block| {
                if engine.is_none() {
                    let identity = Self::identity_of(&block, secrets)?;
                    let (entropy, retractions) =
                        beginning.take().ok_or(CannotOpen::NoCertificate)?;
                    let empty = Self::empty(identity, entropy, now);
                    engine = Some(Self { retractions, lives_on, ..empty });
                }
                let engine = engine.as_mut().ok_or(CannotOpen::NoCertificate)?;
                engine.replay_block(&block)?;
                Ok((block.checkpoint, engine.rebuild))
            });
            match result {
                Ok((checkpoint, again)) => {
                    newest = Some(checkpoint);
                    if again { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                }
                Err(why) => {
                    failed = Some(why);
                    ControlFlow::Break(())
                }
            }
        })?;
        match (failed, engine) {
            (Some(why), _) => Err(why),
            (None, None) => Err(CannotOpen::NoCertificate),
            (None, Some(engine)) if engine.rebuild => Ok(engine),
            (None, Some(engine)) if !engine.identity.can_sign() => {
                Err(CannotOpen::Keys(Disbelief::Foreign))
            }
            (None, Some(engine)) if engine.signed(newest.as_ref()) => Ok(engine),
            (None, Some(engine)) => {
                let what = "the newest checkpoint is not signed by the space".to_owned();
                let position = Position(engine.tree.size());
                Err(Fault::Damaged(Damage { position, what }).into())
            }
        }
    }

    fn empty(identity: Identity, mut entropy: Entropy, now: Now) -> Self {
        let start = entropy.bytes();
        Self {
            identity,
            entropy,
            sealer: Sealer::default(),
            start,
            now,
            here_ms: now.wall_ms,
            state: State::default(),
            journeys: Journeys::default(),
            tree: Tree::new(),
            checkpoint: (0, Tree::new().root(), now.wall_ms),
            traffic: BTreeMap::new(),
            fetches: Fetches::default(),
            quarantine: Quarantine::default(),
            asked: BTreeMap::new(),
            keyring_changed: true,
            retractions: Retractions::default(),
            rebuild: false,
            lives_on: false,
            past: BTreeMap::new(),
            touched: BTreeSet::new(),
            wakes: BTreeSet::new(),
            waiting: BTreeMap::new(),
            held_up: BTreeSet::new(),
            freed: BTreeSet::new(),
            telling: true,
            fetch_changed: false,
            tell_environments: false,
            look_at_all: false,
            records: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Whether the newest checkpoint is signed: nobody without the key has added anything.
    fn signed(&self, newest: Option<&Checkpoint>) -> bool {
        let (Some(keys), Some(incarnation), Some(newest)) =
            (&self.state.keys, &self.state.incarnation, newest)
        else {
            return false;
        };
        let Checkpoint { size, root, time_ms, key, signature } = newest;
        let note = Checkpoint::note(&keys.space(), incarnation, *size, root, *time_ms);
        keys.signing(*key).is_some_and(|key| key.verifies(note.as_bytes(), signature))
    }

    fn identity_of(block: &Block, secrets: &Secrets) -> Result<Identity, CannotOpen> {
        let keys = crate::log::verify::certificate_of(block).ok_or(CannotOpen::NoCertificate)?;
        Ok(Identity::of(&keys, secrets.clone()))
    }

    fn replay_block(&mut self, block: &Block) -> Result<(), CannotOpen> {
        let damaged = |position, what: &str| {
            let what = what.to_owned();
            CannotOpen::Log(Fault::Damaged(Damage { position, what }))
        };
        if block.first.0 != self.tree.size() + 1 {
            return Err(damaged(Position(self.tree.size() + 1), "the record is missing"));
        }
        self.here_ms = block.checkpoint.time_ms;
        for (record, leaf) in &block.records {
            self.fold(record, *leaf);
        }
        let Checkpoint { size, root, time_ms, .. } = block.checkpoint;
        if size != self.tree.size() || root != self.tree.root() {
            return Err(damaged(block.first, "the block does not give the root of its checkpoint"));
        }
        self.checkpoint = (size, root, time_ms);
        Ok(())
    }

    /// What a start makes due: what was cut short, what is still to be fetched, what was not told.
    pub(crate) fn begin(&mut self) {
        self.telling = false;
        self.effects.clear();
        self.touched.clear();
        self.tell_environments = true;
        self.keyring_changed = true;
        // What came sealed is opened in the block in which it came, unless that was the last one.
        let sealed =
            self.state.releases.all().filter(|(id, _)| has_sealed(&self.state, id).is_some());
        self.touched = sealed.map(|(id, _)| id.clone()).collect();
        self.touch_unfinished();
        self.fetch_changed = true;
        let running: Vec<Position> =
            self.state.cells.running().map(|(_, running)| running.deployment.position).collect();
        for deployment in running {
            let report = Report {
                outcome: Outcome::Interrupted,
                started_ms: self.now.wall_ms,
                finished_ms: self.now.wall_ms,
                proven: Vec::new(),
                targets: Vec::new(),
                steps: Vec::new(),
            };
            self.ended(deployment, report);
        }
    }
}
