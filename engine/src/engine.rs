//! One space: everything that is true in it, and the step that moves it on.

mod arrive;
mod depart;
mod record;

use crate::command::{Done, Request};
use crate::decide::{Given, decide, result};
use crate::entropy::Entropy;
use crate::fetch::Fetches;
use crate::log::tree::Tree;
use crate::log::{Fault, Log};
use crate::policy;
use crate::quarantine::Quarantine;
use crate::run::{Plan, Report};
use crate::state::State;
use crate::step::{Effect, Input, Now, Stepped};
use crate::traffic::Traffic;
use crate::trust::certificate::Disbelief;
use crate::trust::identity::{Identity, Seeds, found};
use crate::trust::keyring::Keyring;
use crate::trust::seal::Sealer;
use crate::views::journey::Journeys;
use crate::views::links::{LinkView, show};
use schema::hash::Hash;
use schema::id::{CommandId, Incarnation, LinkId, Position};
use schema::latest::{Actor, Block, Checkpoint, Event, Outcome, Record};
use schema::name::Name;
use schema::v1::block::Damage;
use schema::v1::event::{LinkOffered, SpaceCreated};
use schema::v1::model::ReleaseId;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use thiserror::Error;

/// How many times policy may react to its own events in one step. A story is a few phases long;
/// a loop would be a mistake of ours, and must not stop the node.
const REACTIONS_MAX: usize = 64;

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

/// One space.
#[derive(Debug)]
pub struct Engine {
    identity: Identity,
    entropy: Entropy,
    sealer: Sealer,
    start: [u8; 16],
    now: Now,
    state: State,
    journeys: Journeys,
    tree: Tree,
    checkpoint: (u64, Hash, u64),
    traffic: BTreeMap<LinkId, Traffic>,
    fetches: Fetches,
    quarantine: Quarantine,
    keyring_changed: bool,
    /// Releases whose chances changed in this step.
    touched: BTreeSet<ReleaseId>,
    /// Whether what peers know of our environments may be out of date.
    tell_environments: bool,
    records: Vec<(Record, Hash)>,
    effects: Vec<Effect>,
}

impl Engine {
    /// A new space: its keys and the first block of its log, which must be made durable.
    ///
    /// # Panics
    /// Never: the certificate is made of these very keys.
    #[must_use]
    pub fn found(name: &Name, seeds: &Seeds, mut entropy: Entropy, now: Now) -> (Self, Block) {
        let certificate = found(name, seeds, entropy.bytes(), now.wall_ms);
        let keys = crate::trust::certificate::Keys::verify(&certificate).expect("just made");
        let identity = Identity::new(&keys, seeds).expect("made of these keys");
        let mut engine = Self::empty(identity, entropy, now);
        let offer = engine.identity.offer(engine.entropy.bytes());
        let incarnation = Incarnation(engine.entropy.bytes());
        let created = SpaceCreated {
            certificate: certificate.write(),
            incarnation,
        };
        // The first entries have no command behind them but the founding itself.
        let command = CommandId(engine.entropy.bytes());
        let first = [
            Event::SpaceCreated(created),
            Event::LinkOffered(LinkOffered {
                offer: offer.write(),
            }),
        ];
        for event in first {
            let draft = crate::decide::Draft::internal(Actor::Policy, event);
            let entry = engine
                .write(command, &draft)
                .expect("a certificate fits into an entry");
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
        seeds: &Seeds,
        entropy: Entropy,
        now: Now,
    ) -> Result<Self, CannotOpen> {
        let mut engine = Self::rebuilt(log, seeds, entropy, now)?;
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
        seeds: &Seeds,
        entropy: Entropy,
        now: Now,
    ) -> Result<Self, CannotOpen> {
        let mut engine: Option<Self> = None;
        let mut entropy = Some(entropy);
        let mut failed: Option<CannotOpen> = None;
        log.scan(&mut |first, bytes| {
            let result = Block::read(bytes, first).map_err(|damage| Fault::Damaged(damage).into());
            let result = result.and_then(|block| match &mut engine {
                Some(engine) => engine.replay_block(&block),
                None => {
                    let identity = Self::identity_of(&block, seeds)?;
                    let entropy = entropy.take().ok_or(CannotOpen::NoCertificate)?;
                    let mut first = Self::empty(identity, entropy, now);
                    first.replay_block(&block)?;
                    engine = Some(first);
                    Ok(())
                }
            });
            match result {
                Ok(()) => ControlFlow::Continue(()),
                Err(why) => {
                    failed = Some(why);
                    ControlFlow::Break(())
                }
            }
        })?;
        match (failed, engine) {
            (Some(why), _) => Err(why),
            (None, None) => Err(CannotOpen::NoCertificate),
            (None, Some(engine)) => Ok(engine),
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
            state: State::default(),
            journeys: Journeys::default(),
            tree: Tree::new(),
            checkpoint: (0, Tree::new().root(), now.wall_ms),
            traffic: BTreeMap::new(),
            fetches: Fetches::default(),
            quarantine: Quarantine::default(),
            keyring_changed: true,
            touched: BTreeSet::new(),
            tell_environments: false,
            records: Vec::new(),
            effects: Vec::new(),
        }
    }

    fn identity_of(block: &Block, seeds: &Seeds) -> Result<Identity, CannotOpen> {
        let keys = crate::log::verify::certificate_of(block).ok_or(CannotOpen::NoCertificate)?;
        Identity::new(&keys, seeds).map_err(CannotOpen::Keys)
    }

    fn replay_block(&mut self, block: &Block) -> Result<(), CannotOpen> {
        let damaged = |position, what: &str| {
            let what = what.to_owned();
            CannotOpen::Log(Fault::Damaged(Damage { position, what }))
        };
        if block.first.0 != self.tree.size() + 1 {
            return Err(damaged(
                Position(self.tree.size() + 1),
                "the record is missing",
            ));
        }
        for (record, leaf) in &block.records {
            self.fold(record, *leaf);
        }
        let Checkpoint {
            size,
            root,
            time_ms,
            ..
        } = block.checkpoint;
        if size != self.tree.size() || root != self.tree.root() {
            return Err(damaged(
                block.first,
                "the block does not give the root of its checkpoint",
            ));
        }
        self.checkpoint = (size, root, time_ms);
        Ok(())
    }

    /// What a start makes due: what was cut short, what is still to be fetched, what was not told.
    fn begin(&mut self) {
        self.effects.clear();
        self.touched.clear();
        self.tell_environments = true;
        self.keyring_changed = true;
        let cut_short = self.state.releases.all().filter(|(_, release)| {
            let mut progress = release.progress.values();
            progress.any(|progress| progress.outcome == Some(Outcome::Interrupted))
        });
        self.touched = cut_short.map(|(id, _)| id.clone()).collect();
        self.fetch_missing();
        let running: Vec<Position> = self
            .state
            .cells
            .running()
            .map(|(_, running)| running.deployment.position)
            .collect();
        for deployment in running {
            let report = Report {
                outcome: Outcome::Interrupted,
                started_ms: self.now.wall_ms,
                finished_ms: self.now.wall_ms,
                proven: Vec::new(),
                steps: Vec::new(),
            };
            self.ended(deployment, report);
        }
    }

    /// Takes everything that has come in, decides it all, and says what must be durable and what
    /// is done then. The block's records count at once; if it cannot be made durable, the engine
    /// must be thrown away and replayed.
    pub fn step(&mut self, now: Now, inputs: Vec<Input>) -> Stepped {
        self.now = now;
        for input in inputs {
            self.take(input);
        }
        self.react();
        let block = self.take_block(now.wall_ms);
        self.depart();
        Stepped {
            block,
            effects: std::mem::take(&mut self.effects),
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Asked { request, reply } => {
                let answer = self.ask(&request);
                self.effects.push(Effect::Reply { reply, answer });
            }
            Input::Arrived(verified) => self.arrive(*verified),
            Input::Refused { reason, bytes } => {
                self.quarantine.refuse(reason, &bytes, self.now.wall_ms);
            }
            Input::Connected(peer) => self.connected(&peer),
            Input::Ended { deployment, report } => self.ended(deployment, report),
            Input::Holds { object, held } => self.holds(object, held),
            Input::Read { link, piece } => self.send_piece(link, &piece),
        }
    }

    /// Decides a command and appends what follows from it, once for each command id.
    fn ask(&mut self, request: &Request) -> Result<Done, crate::command::Rejection> {
        if let Some(before) = self.state.commands.get(&request.id) {
            let entries = before
                .iter()
                .map(|position| self.entry_id(*position))
                .collect();
            return Ok(Done {
                entries,
                repeated: true,
            });
        }
        let given = Given {
            state: &self.state,
            identity: &self.identity,
            wall_ms: self.now.wall_ms,
        };
        let drafts = decide(given, request)?;
        let entries = self.append_drafts(request.id, &drafts)?;
        self.schedule(&drafts, &entries);
        Ok(Done {
            entries,
            repeated: false,
        })
    }

    /// Runs what was just started.
    fn schedule(&mut self, drafts: &[crate::decide::Draft], entries: &[schema::id::EntryId]) {
        for (draft, entry) in drafts.iter().zip(entries) {
            let Event::DeploymentStarted(started) = &draft.event else {
                continue;
            };
            let Some(release) = self.state.releases.get(&started.release) else {
                continue;
            };
            let plan = Plan {
                deployment: entry.position,
                release: started.release.clone(),
                environment: started.environment.clone(),
                steps: release.snapshot.steps.clone(),
                variables: started.variables.clone(),
                packages: release.snapshot.packages.clone(),
            };
            self.effects.push(Effect::Run(plan));
        }
    }

    fn ended(&mut self, deployment: Position, report: Report) {
        let found = self
            .state
            .cells
            .running()
            .find(|(_, running)| running.deployment.position == deployment)
            .map(|(cell, running)| (cell.clone(), running.clone()));
        // A report that comes twice changes nothing.
        let Some((cell, running)) = found else { return };
        let given = Given {
            state: &self.state,
            identity: &self.identity,
            wall_ms: self.now.wall_ms,
        };
        let drafts = result::finish(given, &cell, &running, &report);
        let command = CommandId::derived(&running.deployment, "finish");
        if let Err(rejection) = self.append_drafts(command, &drafts) {
            self.effects
                .push(Effect::Alarm(format!("a receipt was lost: {rejection}")));
        }
    }

    /// Lets policy react until nothing more follows.
    fn react(&mut self) {
        for _ in 0..REACTIONS_MAX {
            if std::mem::take(&mut self.tell_environments) {
                let drafts = result::publish_environments(&self.state);
                let command = CommandId(self.entropy.bytes());
                // Names of environments always fit.
                let _ = self.append_drafts(command, &drafts);
            }
            let touched = std::mem::take(&mut self.touched);
            if touched.is_empty() {
                return;
            }
            for request in policy::due(&self.state, &touched) {
                // What is not possible yet is asked again when something changes.
                let _ = self.ask(&request);
            }
        }
        self.effects
            .push(Effect::Alarm("policy does not come to rest".to_owned()));
    }

    /// What is true.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The journeys of releases.
    #[must_use]
    pub const fn journeys(&self) -> &Journeys {
        &self.journeys
    }

    /// What is being fetched.
    #[must_use]
    pub const fn fetches(&self) -> &Fetches {
        &self.fetches
    }

    /// What was refused at the door.
    #[must_use]
    pub const fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    /// The traffic of each link.
    #[must_use]
    pub const fn traffic(&self) -> &BTreeMap<LinkId, Traffic> {
        &self.traffic
    }

    /// Who signs.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Size, root and time of the newest checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> (u64, Hash, u64) {
        self.checkpoint
    }

    /// The links as they are shown.
    #[must_use]
    pub fn links(&self, now: Now) -> Vec<LinkView> {
        let shown = self.traffic.iter();
        shown
            .map(|(link, traffic)| show(*link, traffic, now.monotonic_ms))
            .collect()
    }

    /// The keyring, if it changed since it was asked for last.
    pub fn changed_keyring(&mut self) -> Option<Keyring> {
        std::mem::take(&mut self.keyring_changed).then(|| self.state.links.keyring())
    }
}
