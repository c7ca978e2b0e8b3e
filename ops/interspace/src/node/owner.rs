//! The owner of a space: one thread, one mailbox. It drains what has come in, decides it all,
//! makes one block durable, answers all.

mod lend;
mod reading;
#[cfg(test)]
mod tests;

use reading::blocks;
pub(crate) use reading::verify;

use api_http::port::{Lend, Look, StoredBlock};
use engine::command::{Done, Rejection, Request};
use engine::log::verify::Intact;
use engine::log::{Fault, Log};
use engine::space::Space;
use engine::step::{Effect, Input, Now};
use engine::trust::refusal::Refusal;
use engine::views::links::LinkView;
use schema::id::{LinkId, ObjectId, Position, SpaceId};
use schema::latest::{EnvelopeKind, Piece};
use schema::v1::block::Damage;
use schema::v1::model::Package;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The target of the traces of entries.
const ENTRIES: &str = "interspace::entries";

/// What is taken out of the mailbox at once, at the most.
const DRAIN_MAX: usize = 512;

/// Bytes of envelopes that are taken out of the mailbox at once, at the most.
const DRAIN_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long the owner sleeps when nothing is due; then it lets the fence catch up.
const IDLE: Duration = Duration::from_secs(1);

/// What is done once a turn is durable.
pub(crate) type OnDurable = Box<dyn FnOnce() + Send>;

/// Blocks that were read, or the first thing that is wrong with them.
type Read = Result<Vec<StoredBlock>, Damage>;

/// Envelopes as bytes.
type Envelopes = Vec<Vec<u8>>;

/// For each envelope why the door refused it, if it did.
type Verdicts = Vec<Option<Refusal>>;

/// Reads in the log between two turns. It holds up the space for as long as it reads.
pub(crate) type Scan = Box<dyn FnOnce(&dyn Log) + Send>;

/// Something for the owner of a space.
pub(crate) enum Mail {
    /// An envelope.
    Envelope {
        /// Its bytes.
        envelope: Vec<u8>,
        /// Called when what it changed is durable.
        durable: Option<OnDurable>,
    },
    /// Something for the engine as it is.
    Input(Input),
    /// Somebody asks.
    Ask(Box<Request>, SyncSender<Result<Done, Rejection>>),
    /// Somebody looks.
    Look(Look),
    /// A medium takes something along for a peer.
    Lend(SpaceId, Lend, SyncSender<Envelopes>),
    /// Somebody brings envelopes: all of them are taken in one turn. Each answer is why one was
    /// refused.
    Take(Envelopes, SyncSender<Verdicts>),
    /// Somebody has the log verified.
    Verify(SyncSender<Result<Intact, Damage>>),
    /// Somebody reads the log: the blocks from the first Position on up to the second.
    Blocks(Position, Position, SyncSender<Read>),
    /// Somebody reads in the log.
    Scan(Scan),
    /// The node stops.
    Stop,
}

/// What the owner does outside. None of it blocks for long.
pub(crate) trait Doors: Send {
    fn send(&self, peer: &SpaceId, kind: EnvelopeKind, envelope: Vec<u8>);
    /// These are the peers from now on, and these are listened to before they are; none among them
    /// is anybody.
    fn peers(&self, peers: BTreeSet<SpaceId>, guests: BTreeSet<Option<SpaceId>>);
    fn run(&self, plan: engine::run::Plan);
    fn cancel(&self, deployment: Position);
    fn answer(&self, deployment: Position, answer: engine::run::ManualAnswer);
    fn look(&self, object: ObjectId, size: u64, called: Vec<Package>);
    fn store(&self, piece: Piece);
    fn discard(&self, object: ObjectId, size: u64);
    fn read_piece(&self, link: LinkId, object: ObjectId, offset: u64);
    /// No peer seals to the keys of statements before this one any more.
    fn forget_keys(&self, number: u32);
    fn alarm(&self, what: &str);
}

/// The clocks of this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks {
    began: Instant,
}

impl Clocks {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now() }
    }

    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            monotonic_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// A space with its mailbox.
pub(crate) struct Owner<L, D> {
    space: Space<L>,
    doors: D,
    clocks: Clocks,
    mailbox: Receiver<Mail>,
    replies: BTreeMap<u64, SyncSender<Result<Done, Rejection>>>,
    next_reply: u64,
    /// The peers and guests that the doors know of; none before they were told.
    peers: Option<(BTreeSet<SpaceId>, BTreeSet<Option<SpaceId>>)>,
    /// When the last turn ended.
    turned: Instant,
    watched: watch::Sender<u64>,
    /// The links as they were when it was told last.
    shown: Vec<LinkView>,
}

/// What one drain of the mailbox holds beside inputs.
#[derive(Default)]
struct Drained {
    inputs: Vec<Input>,
    looks: Vec<Look>,
    bytes: usize,
    durable: Vec<OnDurable>,
    lends: Vec<(SpaceId, Lend, SyncSender<Envelopes>)>,
    taken: Vec<(Verdicts, SyncSender<Verdicts>)>,
    audits: Vec<SyncSender<Result<Intact, Damage>>>,
    reads: Vec<(Position, Position, SyncSender<Read>)>,
    scans: Vec<Scan>,
    stop: bool,
}

impl<L: Log, D: Doors> Owner<L, D> {
    pub(crate) fn new(space: Space<L>, doors: D, clocks: Clocks, mailbox: Receiver<Mail>) -> Self {
        Self {
            space,
            doors,
            clocks,
            mailbox,
            replies: BTreeMap::new(),
            next_reply: 0,
            peers: None,
            watched: watch::Sender::new(0),
            shown: Vec::new(),
            turned: Instant::now(),
        }
    }

    /// What watches the space: the size of its log, given anew when what it shows has changed.
    pub(crate) fn watched(&self) -> watch::Receiver<u64> {
        self.watched.subscribe()
    }

    /// Tells who watches if anything is shown otherwise than before, also by the passing of time.
    fn publish(&mut self, now: Now) {
        let (size, _, _) = self.space.engine().checkpoint();
        let links = self.space.engine().links(now);
        if size != *self.watched.borrow() || links != self.shown {
            self.shown = links;
            self.watched.send_replace(size);
        }
    }

    /// Runs until it is told to stop, and gives the log back to be closed.
    ///
    /// # Errors
    /// When the log fails. What was answered is durable; nothing else of the turn was seen.
    pub(crate) fn run(mut self) -> Result<L, Fault> {
        // The first turn does what a start makes due.
        self.turn(Vec::new())?;
        loop {
            let drained = self.drain();
            if !drained.inputs.is_empty() || self.is_due() {
                self.turn(drained.inputs)?;
                self.turned = Instant::now();
            } else if self.turned.elapsed() >= IDLE {
                // Not for each look: who looks would wait for the device.
                self.space.log_mut().settle()?;
            }
            for durable in drained.durable {
                durable();
            }
            // Who asked may be gone.
            for (refused, answer) in drained.taken {
                let _ = answer.send(refused);
            }
            for (peer, what, answer) in drained.lends {
                let _ = answer.send(self.lend(&peer, what)?);
            }
            let now = self.clocks.now();
            self.publish(now);
            for look in drained.looks {
                look(self.space.engine(), now);
            }
            for answer in drained.audits {
                let (size, root, _) = self.space.engine().checkpoint();
                let verified = verify(self.space.log(), Some((size, root)))?;
                // Who asked may be gone.
                let _ = answer.send(verified);
            }
            for (from, until, answer) in drained.reads {
                let _ = answer.send(blocks(self.space.log(), from, until)?);
            }
            for scan in drained.scans {
                scan(self.space.log());
            }
            if drained.stop {
                return Ok(self.space.into_log());
            }
        }
    }

    fn is_due(&self) -> bool {
        let now_ms = self.clocks.now().monotonic_ms;
        self.space.engine().deadline_ms().is_some_and(|at| at <= now_ms)
    }

    fn drain(&mut self) -> Drained {
        let mut drained = Drained::default();
        let now_ms = self.clocks.now().monotonic_ms;
        let due = self.space.engine().deadline_ms();
        let wait =
            due.map_or(IDLE, |at| Duration::from_millis(at.saturating_sub(now_ms)).min(IDLE));
        match self.mailbox.recv_timeout(wait) {
            Ok(mail) => self.sort(mail, &mut drained),
            Err(RecvTimeoutError::Timeout) => return drained,
            Err(RecvTimeoutError::Disconnected) => drained.stop = true,
        }
        while drained.inputs.len() < DRAIN_MAX
            && drained.bytes < DRAIN_BYTES_MAX
            && !drained.stop
            && let Ok(mail) = self.mailbox.try_recv()
        {
            self.sort(mail, &mut drained);
        }
        drained
    }

    fn sort(&mut self, mail: Mail, drained: &mut Drained) {
        match mail {
            Mail::Envelope { envelope, durable } => {
                drained.bytes += envelope.len();
                drained.durable.extend(durable);
                drained.inputs.push(self.space.receive(envelope));
            }
            Mail::Input(input) => drained.inputs.push(input),
            Mail::Ask(request, answer) => {
                self.next_reply += 1;
                self.replies.insert(self.next_reply, answer);
                drained.inputs.push(Input::Asked { request: *request, reply: self.next_reply });
            }
            Mail::Lend(peer, what, answer) => drained.lends.push((peer, what, answer)),
            Mail::Take(envelopes, answer) => {
                let mut refused = Vec::with_capacity(envelopes.len());
                for envelope in envelopes {
                    drained.bytes += envelope.len();
                    let input = self.space.receive(envelope);
                    refused.push(if let Input::Refused { reason, .. } = &input {
                        Some(*reason)
                    } else {
                        None
                    });
                    drained.inputs.push(input);
                }
                drained.taken.push((refused, answer));
            }
            Mail::Look(look) => drained.looks.push(look),
            Mail::Verify(answer) => drained.audits.push(answer),
            Mail::Blocks(from, until, answer) => drained.reads.push((from, until, answer)),
            Mail::Scan(scan) => drained.scans.push(scan),
            Mail::Stop => drained.stop = true,
        }
    }

    fn turn(&mut self, inputs: Vec<Input>) -> Result<(), Fault> {
        let now = self.clocks.now();
        let effects = self.space.turn(now, inputs)?;
        self.trace();
        self.tell_peers();
        if let Some(number) = self.space.forget_keys() {
            self.doors.forget_keys(number);
        }
        for effect in effects {
            match effect {
                Effect::Reply { reply, answer } => {
                    if let Some(asker) = self.replies.remove(&reply) {
                        // Who asked may be gone.
                        let _ = asker.send(answer);
                    }
                }
                Effect::Send { peer, kind, bytes } => self.doors.send(&peer, kind, bytes),
                Effect::Run(plan) => self.doors.run(plan),
                Effect::Cancel(deployment) => self.doors.cancel(deployment),
                Effect::AnswerManual { deployment, answer } => {
                    self.doors.answer(deployment, answer);
                }
                Effect::Look { object, size, called } => self.doors.look(object, size, called),
                Effect::Store(piece) => self.doors.store(piece),
                Effect::Discard { object, size } => self.doors.discard(object, size),
                Effect::ReadPiece { link, object, offset } => {
                    self.doors.read_piece(link, object, offset);
                }
                Effect::Alarm(what) => self.doors.alarm(&what),
                Effect::Publish { .. } | Effect::GiveBack(_) => {
                    self.doors.alarm("a run was not sealed");
                }
            }
        }
        Ok(())
    }

    /// Tells the doors who the peers are and who may become one, when they are others than before.
    fn tell_peers(&mut self) {
        let engine = self.space.engine();
        let peers: BTreeSet<SpaceId> =
            engine.traffic().values().map(|traffic| traffic.peer).collect();
        let known = Some((peers.clone(), engine.awaited()));
        if self.peers != known {
            self.doors.peers(peers, engine.awaited());
            self.peers = known;
        }
    }

    /// Traces every entry of the turn. What belongs to one release has one correlation, on every
    /// node that it reaches.
    fn trace(&self) {
        if !tracing::enabled!(target: ENTRIES, tracing::Level::INFO) {
            return;
        }
        let space = self.space.engine().identity().name();
        for (position, id, entry) in self.space.appended() {
            let header = entry.header();
            let event = entry.event().map_or("unknown", |event| event.name());
            let correlation = header.correlation;
            let causation = header.causation.map(tracing::field::display);
            tracing::info!(
                target: ENTRIES, %space, %position, entry = %id, event, %correlation, causation,
                "appended"
            );
        }
    }
}
