//! One space: everything that is true in it, and the step that moves it on.

mod act;
mod arrive;
mod depart;
mod guests;
mod keys;
mod lend;
mod life;
mod mirror;
mod rebuild;
mod record;
mod rest;
mod start;
mod turns;
mod wake;

pub use lend::Lendable;
pub use life::GivenBack;
pub use start::CannotOpen;

use crate::entropy::Entropy;
use crate::fetch::Fetches;
use crate::log::tree::Tree;
use crate::quarantine::Quarantine;
use crate::retraction::Retractions;
use crate::state::State;
use crate::step::{Effect, Input, Now, Stepped};
use crate::traffic::Traffic;
use crate::trust::identity::Identity;
use crate::trust::keyring::Keyring;
use crate::trust::seal::Sealer;
use crate::views::journey::Journeys;
use crate::views::links::{LinkView, show};
use schema::hash::Hash;
use schema::id::{LinkId, ObjectId, SpaceId};
use schema::latest::Record;
use schema::name::Name;
use schema::v1::event::PastLife;
use schema::v1::model::ReleaseId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One space.
#[derive(Debug)]
pub struct Engine {
    identity: Identity,
    entropy: Entropy,
    sealer: Sealer,
    start: [u8; 16],
    now: Now,
    /// When what is folded now was appended, by this space's clock, milliseconds since 1970.
    here_ms: u64,
    state: State,
    journeys: Journeys,
    tree: Tree,
    checkpoint: (u64, Hash, u64),
    traffic: BTreeMap<LinkId, Traffic>,
    fetches: Fetches,
    quarantine: Quarantine,
    /// The objects that each peer asked for since this start.
    asked: BTreeMap<SpaceId, BTreeSet<ObjectId>>,
    keyring_changed: bool,
    retractions: Retractions,
    /// Whether it is known that this log began another life.
    lives_on: bool,
    /// What was kept of the lives before, for each link.
    past: BTreeMap<LinkId, Vec<PastLife>>,
    /// Whether what is true now is not what the log tells any more, because of a retraction.
    rebuild: bool,
    /// Releases whose chances changed in this step.
    touched: BTreeSet<ReleaseId>,
    /// Releases whose chances change by the passing of time alone, and when, milliseconds since
    /// 1970.
    wakes: BTreeSet<(u64, ReleaseId)>,
    /// By environment, the releases that policy wants to deploy there and that wait until nothing
    /// runs there any more, in the order in which they came.
    waiting: BTreeMap<Name, VecDeque<ReleaseId>>,
    /// Releases that something held up which somebody may take away: a freeze, a pause.
    held_up: BTreeSet<ReleaseId>,
    /// Environments in which a deployment ended in this step.
    freed: BTreeSet<Name>,
    /// Whether this log is still being told: then nothing follows from what it says.
    telling: bool,
    /// Whether other objects may be missing than before.
    fetch_changed: bool,
    /// Whether what peers know of our environments may be out of date.
    tell_environments: bool,
    /// Whether every release may be able to go on somewhere, once what happens now is over.
    look_at_all: bool,
    records: Vec<(Record, Hash)>,
    effects: Vec<Effect>,
}

impl Engine {
    /// Takes everything that has come in, decides it all, and says what must be durable and what
    /// is done then. The block's records count at once; if it cannot be made durable, the engine
    /// must be thrown away and replayed.
    pub fn step(&mut self, now: Now, inputs: Vec<Input>) -> Stepped {
        self.tick(now);
        let mut inputs = inputs.into_iter();
        while !self.rebuild
            && let Some(input) = inputs.next()
        {
            if self.is_read_only() {
                self.take_reading(input);
            } else {
                self.take(input);
            }
        }
        if self.is_read_only() {
            // What was written before this step knew of it.
            let block = self.take_block(now.wall_ms);
            self.depart();
            return Stepped { block, effects: std::mem::take(&mut self.effects), rest: None };
        }
        if self.rebuild {
            // Nothing is decided from what is not true any more.
            let block = self.take_block(now.wall_ms);
            let rest = inputs.collect();
            return Stepped { block, effects: std::mem::take(&mut self.effects), rest: Some(rest) };
        }
        self.react();
        if std::mem::take(&mut self.fetch_changed) {
            self.fetch_missing();
        }
        let block = self.take_block(now.wall_ms);
        self.depart();
        Stepped { block, effects: std::mem::take(&mut self.effects), rest: None }
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
            Input::Carries { peer, envelope_bytes_max } => {
                self.carries(&peer, envelope_bytes_max);
            }
            Input::Ended { deployment, report } => self.ended(deployment, report),
            Input::Awaits { deployment, step } => self.awaits_person(deployment, &step),
            Input::Holds { object, held } => self.holds(object, held),
            Input::Lacks { object, why } => self.fetches.lacking_elsewhere(&object, why),
            Input::Read { link, piece } => self.send_piece(link, &piece),
            #[cfg(feature = "measure")]
            Input::Written { link, events } => self.write_undecided(link, events),
        }
    }

    /// Whether a peer has more than this log: then nothing is written any more, because what is
    /// written would stand where something else stood before.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.traffic.values().any(|traffic| traffic.outbox.rolled_back())
    }

    /// What a log that must not be written to can still do: answer, listen, and lend.
    fn take_reading(&mut self, input: Input) {
        match input {
            Input::Arrived(verified) if verified.content().writes() => {}
            // The next life logs what ran as interrupted.
            Input::Holds { .. }
            | Input::Lacks { .. }
            | Input::Ended { .. }
            | Input::Awaits { .. } => {}
            #[cfg(feature = "measure")]
            Input::Written { .. } => {}
            Input::Asked { .. }
            | Input::Arrived(_)
            | Input::Refused { .. }
            | Input::Connected(_)
            | Input::Carries { .. }
            | Input::Read { .. } => self.take(input),
        }
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

    /// The time of the last step.
    #[must_use]
    pub const fn now(&self) -> Now {
        self.now
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
        shown.map(|(link, traffic)| show(*link, traffic, &self.state, now.monotonic_ms)).collect()
    }

    /// The keyring, if it changed since it was asked for last.
    pub fn changed_keyring(&mut self) -> Option<Keyring> {
        std::mem::take(&mut self.keyring_changed).then(|| {
            let invitations = self.state.invitations.invited(self.now.wall_ms);
            self.state.links.keyring().inviting(invitations)
        })
    }
}
