//! One space's connection to a server, and the tasks that keep it working.

use crate::layout::{make_consumer, make_stream};
use crate::publish::{Outlet, Publisher, Queue, queue};
use crate::pull::{Answer, NO_ROOM_DELAY, Pull, Taken, answer};
use crate::settings::{ANSWER_TIMEOUT, BadSettings, Settings};
use crate::status::{Shared, Status};
use crate::subject::{Class, subject};
use async_nats::jetstream::{Context, ContextBuilder};
use async_nats::{Client, Event, ServerError};
use futures_util::StreamExt as _;
use schema::id::SpaceId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

/// How often everything that should be on the server is looked after, beside when something is
/// known to be missing.
const LOOK_AFTER: Duration = Duration::from_secs(30);

/// How long a stop waits for what is under way.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// What reaches a space.
#[derive(Debug)]
pub enum Delivery {
    /// An envelope.
    Envelope {
        /// Its bytes, whatever they are.
        envelope: Vec<u8>,
        /// To be told when what it changed is durable; none for signals, which nobody stores.
        taken: Option<Taken>,
    },
    /// A peer may be reached, for the first time or again.
    Connected {
        /// The peer.
        peer: SpaceId,
        /// Bytes of the largest envelope that the server takes.
        envelope_bytes_max: usize,
    },
}

/// Takes what reaches a space. It must not block. False means that there was no room: a stored
/// envelope stays with the server.
pub type Receiver = Arc<dyn Fn(Delivery) -> bool + Send + Sync>;

/// Carries the envelopes of one space.
#[derive(Debug)]
pub struct Carrier {
    /// None once it was stopped.
    running: Mutex<Option<Running>>,
    peers: watch::Sender<BTreeSet<SpaceId>>,
    status: Shared,
}

/// What goes when a carrier stops.
#[derive(Debug)]
struct Running {
    entries: Queue,
    pieces: Queue,
    signals: Queue,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Carrier {
    /// Begins to carry for the space `me`. The server need not be there yet.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn start(
        runtime: &Handle,
        settings: &Settings,
        me: SpaceId,
        receiver: Receiver,
    ) -> Result<Self, BadSettings> {
        let addresses = settings.addresses()?;
        let options = settings.options(&me)?;
        let status = Shared::default();
        let (connections, connection) = watch::channel(0);
        let events = Events { status: status.clone(), connections };
        let options = options.event_callback(move |event| {
            events.hear(&event);
            async {}
        });
        let (peers, wanted) = watch::channel(BTreeSet::new());
        let (stop, stopped) = watch::channel(false);
        let (entries, entries_out) = queue(Class::Entries);
        let (pieces, pieces_out) = queue(Class::Pieces);
        let (signals, signals_out) = queue(Class::Signals);
        let (known, make) = (status.clone(), settings.make_streams);
        let task = runtime.spawn(async move {
            // With retries this returns at once, also without a server.
            let client = match options.connect(addresses).await {
                Ok(client) => client,
                Err(why) => return known.disconnected(&why.to_string()),
            };
            let context = ContextBuilder::new()
                .timeout(ANSWER_TIMEOUT)
                .ack_timeout(ANSWER_TIMEOUT)
                .backpressure_on_inflight(true)
                .build(client.clone());
            let keeper = Keeper {
                me,
                client,
                context,
                receiver,
                status: known,
                connection,
                wanted,
                stopped,
                make,
                missing: Arc::new(Notify::new()),
            };
            keeper.run([(entries_out, true), (pieces_out, true), (signals_out, false)]).await;
        });
        let running = Running { entries, pieces, signals, stop, task };
        Ok(Self { running: Mutex::new(Some(running)), peers, status })
    }

    /// The spaces that are written to and heard from now.
    pub fn peers(&self, peers: BTreeSet<SpaceId>) {
        self.peers.send_if_modified(|known| {
            let changed = *known != peers;
            *known = peers;
            changed
        });
    }

    /// Sends an envelope. False if it is lost at once, because there is no room; it may still be
    /// lost afterwards.
    pub fn send(&self, to: &SpaceId, class: Class, envelope: Vec<u8>) -> bool {
        let room = self.running().as_ref().is_some_and(|running| {
            let queue = match class {
                Class::Entries => &running.entries,
                Class::Pieces => &running.pieces,
                Class::Signals => &running.signals,
            };
            queue.put(*to, envelope)
        });
        if !room {
            self.status.count(|status| status.not_stored += 1);
        }
        room
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.now()
    }

    /// Ends: what was sent before is given a while to reach the server.
    pub async fn stop(&self) {
        let Some(running) = self.running().take() else { return };
        let Running { entries, pieces, signals, stop, task } = running;
        drop((entries, pieces, signals));
        let _ = stop.send(true);
        let ender = task.abort_handle();
        if tokio::time::timeout(STOP_PATIENCE * 2, task).await.is_err() {
            ender.abort();
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        // It is whole or gone.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the client tells.
struct Events {
    status: Shared,
    connections: watch::Sender<u64>,
}

impl Events {
    fn hear(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.status.connected(String::new());
                self.connections.send_modify(|count| *count += 1);
            }
            Event::Disconnected => self.status.disconnected("the connection to the server is cut"),
            Event::Closed => self.status.disconnected("the connection is closed"),
            Event::ServerError(ServerError::AuthorizationViolation) => {
                self.status.disconnected("the server does not know these credentials");
            }
            Event::ServerError(error) => {
                let what = error.to_string();
                self.status.denied(what.trim_start_matches("nats: "));
            }
            Event::ClientError(error) => {
                let what = error.to_string();
                let what = what.trim_start_matches("nats: ");
                self.status.disconnected(&format!("the server cannot be reached: {what}"));
            }
            Event::SlowConsumer(_) => self.status.count(|status| status.not_stored += 1),
            Event::LameDuckMode | Event::Draining => {}
        }
    }
}

/// Looks after everything of one connection.
struct Keeper {
    me: SpaceId,
    client: Client,
    context: Context,
    receiver: Receiver,
    status: Shared,
    connection: watch::Receiver<u64>,
    wanted: watch::Receiver<BTreeSet<SpaceId>>,
    stopped: watch::Receiver<bool>,
    make: bool,
    missing: Arc<Notify>,
}

impl Keeper {
    async fn run(mut self, outlets: [(Outlet, bool); 3]) {
        let mut publishers = JoinSet::new();
        for (outlet, stored) in outlets {
            let publisher = self.publisher();
            if stored {
                publishers.spawn(publisher.store(outlet));
            } else {
                publishers.spawn(publisher.tell(outlet));
            }
        }
        let (answers, answered) = unbounded_channel();
        publishers.spawn(answer(answered));
        let (ready, readiness) = watch::channel(0);
        let mut listening: BTreeMap<SpaceId, Vec<AbortHandle>> = BTreeMap::new();
        let mut listeners = JoinSet::new();
        loop {
            let connection = *self.connection.borrow_and_update();
            let wanted = self.wanted.borrow_and_update().clone();
            if connection > 0 {
                self.look_after(&wanted).await;
                ready.send_if_modified(|known| std::mem::replace(known, connection) != connection);
            }
            listening.retain(|peer, tasks| {
                let keep = wanted.contains(peer);
                if !keep {
                    tasks.iter().for_each(AbortHandle::abort);
                }
                keep
            });
            for peer in wanted {
                listening
                    .entry(peer)
                    .or_insert_with(|| self.listen(peer, &answers, &readiness, &mut listeners));
            }
            tokio::select! {
                _ = self.connection.changed() => {}
                _ = self.wanted.changed() => {}
                () = self.missing.notified() => {}
                () = tokio::time::sleep(LOOK_AFTER) => {}
                _ = self.stopped.changed() => break,
            }
        }
        listeners.shutdown().await;
        drop(answers);
        self.finish(publishers).await;
    }

    fn publisher(&self) -> Publisher {
        Publisher {
            me: self.me,
            client: self.client.clone(),
            context: self.context.clone(),
            status: self.status.clone(),
            missing: Arc::clone(&self.missing),
        }
    }

    /// Makes what should be on the server for what we send.
    async fn look_after(&self, peers: &BTreeSet<SpaceId>) {
        let server = self.client.server_info();
        self.status.count(|status| {
            status.server = Some(format!("{} {}", server.server_name, server.version));
        });
        if !self.make {
            return;
        }
        if let Err(why) = make_stream(&self.context, &self.me).await {
            return self.status.layout(Some(why));
        }
        for peer in peers {
            for class in Class::STORED {
                let made = make_consumer(&self.context, &self.me, peer, class).await;
                if let Err(Some(why)) = made {
                    return self.status.layout(Some(why));
                }
            }
        }
        self.status.layout(None);
    }

    /// Hears what a peer sends.
    fn listen(
        &self,
        peer: SpaceId,
        answers: &UnboundedSender<Answer>,
        ready: &watch::Receiver<u64>,
        listeners: &mut JoinSet<()>,
    ) -> Vec<AbortHandle> {
        let pull = |class| Pull {
            me: self.me,
            peer,
            class,
            context: self.context.clone(),
            receiver: Arc::clone(&self.receiver),
            answers: answers.clone(),
            status: self.status.clone(),
            connection: ready.clone(),
            make: self.make,
        };
        let signals = Signals {
            me: self.me,
            peer,
            client: self.client.clone(),
            receiver: Arc::clone(&self.receiver),
            status: self.status.clone(),
            ready: ready.clone(),
        };
        let [entries, pieces] = Class::STORED.map(pull);
        vec![
            listeners.spawn(signals.run()),
            listeners.spawn(entries.run()),
            listeners.spawn(pieces.run()),
        ]
    }

    /// Gives what was published a while to be stored, and what is written a while to leave.
    async fn finish(self, mut publishers: JoinSet<()>) {
        let all = async { while publishers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(STOP_PATIENCE, all).await;
        publishers.abort_all();
        let _ = tokio::time::timeout(STOP_PATIENCE, self.client.drain()).await;
    }
}

/// The signals of one peer.
struct Signals {
    me: SpaceId,
    peer: SpaceId,
    client: Client,
    receiver: Receiver,
    status: Shared,
    /// Changes when a new connection has all that it needs.
    ready: watch::Receiver<u64>,
}

impl Signals {
    async fn run(mut self) {
        let expected = subject(&self.peer, &self.me, Class::Signals);
        let Ok(mut signals) = self.client.subscribe(expected.clone()).await else {
            return;
        };
        if *self.ready.borrow_and_update() > 0 {
            self.connected().await;
        }
        loop {
            tokio::select! {
                next = signals.next() => {
                    let Some(message) = next else { return };
                    if message.subject.as_str() != expected {
                        self.status.count(|status| status.misplaced += 1);
                        continue;
                    }
                    let envelope = Vec::from(message.payload);
                    // A signal for which there is no room is lost, as any may be.
                    let _ = (self.receiver)(Delivery::Envelope { envelope, taken: None });
                }
                changed = self.ready.changed() => match changed {
                    Ok(()) => self.connected().await,
                    Err(_) => return,
                },
            }
        }
    }

    /// Says that the peer may be reached, once the server knows that we listen.
    async fn connected(&self) {
        let heard = tokio::time::timeout(ANSWER_TIMEOUT, self.client.flush()).await;
        if !matches!(heard, Ok(Ok(()))) {
            // The next connection tries again.
            return;
        }
        let envelope_bytes_max = self.client.server_info().max_payload;
        let peer = self.peer;
        while !(self.receiver)(Delivery::Connected { peer, envelope_bytes_max }) {
            tokio::time::sleep(NO_ROOM_DELAY).await;
        }
    }
}
