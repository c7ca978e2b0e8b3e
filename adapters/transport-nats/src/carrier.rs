//! One space's connection to a server: what it is given to send, and where what it hears goes.

use crate::events::Events;
use crate::keeper::{Keeper, STOP_PATIENCE};
use crate::publish::{Queue, queue};
use crate::pull::Taken;
use crate::settings::{ANSWER_TIMEOUT, BadSettings, Settings};
use crate::status::{Shared, Status};
use crate::subject::Class;
use async_nats::jetstream::ContextBuilder;
use schema::id::SpaceId;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

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
    guests: watch::Sender<BTreeSet<Option<SpaceId>>>,
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
        let (peers, wanted) = watch::channel(BTreeSet::new());
        let (guests, awaited) = watch::channel(BTreeSet::new());
        let (stop, stopped) = watch::channel(false);
        let events = Events::new(status.clone(), connections, stopped.clone());
        let options = events.attach(options).retry_on_initial_connect().max_reconnects(None);
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
                awaited,
                stopped,
                make,
                missing: Arc::new(Notify::new()),
            };
            keeper.run([(entries_out, true), (pieces_out, true), (signals_out, false)]).await;
        });
        let running = Running { entries, pieces, signals, stop, task };
        Ok(Self { running: Mutex::new(Some(running)), peers, guests, status })
    }

    /// The spaces that are written to and heard from now.
    pub fn peers(&self, peers: BTreeSet<SpaceId>) {
        self.peers.send_if_modified(|known| {
            let changed = *known != peers;
            *known = peers;
            changed
        });
    }

    /// Who is listened to from now on before they are peers: these spaces, or with none among them
    /// anybody. Of what they send nothing but envelopes of kind *join* is handed on.
    pub fn awaits(&self, guests: BTreeSet<Option<SpaceId>>) {
        self.guests.send_if_modified(|known| {
            let changed = *known != guests;
            *known = guests;
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
