//! A space of a test: a carrier, and what reached it.

use schema::id::SpaceId;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use transport_nats::{Carrier, Class, Delivery, Receiver, Settings, Status, Taken};

/// Far more than anything takes, also on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a space does with an envelope that the server keeps until it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Makes it durable.
    Keep,
    /// Holds it and says nothing.
    Hold,
    /// Forgets it, as a process does that ends.
    Forget,
    /// Has no room.
    Refuse,
}

/// What reached a space.
pub(crate) struct Inbox {
    pub(crate) habit: Habit,
    pub(crate) stored: Vec<Vec<u8>>,
    pub(crate) signals: Vec<Vec<u8>>,
    pub(crate) connected: Vec<(SpaceId, usize)>,
    pub(crate) held: Vec<Taken>,
    pub(crate) refused: usize,
}

impl Inbox {
    fn take(&mut self, delivery: Delivery) -> bool {
        match delivery {
            Delivery::Connected { peer, envelope_bytes_max } => {
                self.connected.push((peer, envelope_bytes_max));
            }
            Delivery::Envelope { envelope, taken: None } => self.signals.push(envelope),
            Delivery::Envelope { envelope, taken: Some(taken) } => {
                if self.habit == Habit::Refuse {
                    self.refused += 1;
                    // What is dropped goes back to the server.
                    return false;
                }
                self.stored.push(envelope);
                match self.habit {
                    Habit::Keep => taken.durable(),
                    Habit::Hold => self.held.push(taken),
                    Habit::Forget | Habit::Refuse => {}
                }
            }
        }
        true
    }
}

pub(crate) struct Space {
    pub(crate) id: SpaceId,
    carrier: Option<Carrier>,
    inbox: Arc<Mutex<Inbox>>,
}

/// The id of the space number `n`.
pub(crate) fn id(n: u8) -> SpaceId {
    SpaceId([n; 32])
}

impl Space {
    /// The space number `n`, with these peers.
    pub(crate) fn start(settings: &Settings, n: u8, peers: &[u8]) -> Self {
        let inbox = Inbox {
            habit: Habit::Keep,
            stored: Vec::new(),
            signals: Vec::new(),
            connected: Vec::new(),
            held: Vec::new(),
            refused: 0,
        };
        let inbox = Arc::new(Mutex::new(inbox));
        let to = Arc::clone(&inbox);
        let receiver: Receiver = Arc::new(move |delivery| to.lock().unwrap().take(delivery));
        let carrier = Carrier::start(&Handle::current(), settings, id(n), receiver).unwrap();
        let space = Self { id: id(n), carrier: Some(carrier), inbox };
        space.peers(peers);
        space
    }

    pub(crate) fn peers(&self, peers: &[u8]) {
        self.carrier().peers(peers.iter().map(|n| id(*n)).collect());
    }

    fn carrier(&self) -> &Carrier {
        self.carrier.as_ref().expect("a carrier until the stop")
    }

    pub(crate) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap()
    }

    pub(crate) fn habit(&self, habit: Habit) {
        self.inbox().habit = habit;
    }

    pub(crate) fn status(&self) -> Status {
        self.carrier().status()
    }

    pub(crate) fn trouble(&self) -> String {
        self.status().trouble.unwrap_or_default()
    }

    pub(crate) fn send(&self, to: u8, class: Class, envelope: impl Into<Vec<u8>>) -> bool {
        self.carrier().send(&id(to), class, envelope.into())
    }

    pub(crate) fn entry(&self, to: u8, envelope: impl Into<Vec<u8>>) {
        assert!(self.send(to, Class::Entries, envelope));
    }

    /// Waits until a peer may be reached for the `n`th time.
    pub(crate) async fn reaches(&self, peer: u8, times: usize) {
        let count = || self.inbox().connected.iter().filter(|(p, _)| *p == id(peer)).count();
        self.until("a peer is reached", || count() >= times).await;
    }

    /// How often an envelope has come.
    pub(crate) fn heard(&self, envelope: &[u8]) -> usize {
        self.inbox().stored.iter().filter(|heard| **heard == envelope).count()
    }

    pub(crate) async fn hears(&self, envelope: &[u8]) {
        let what = String::from_utf8_lossy(&envelope[..envelope.len().min(30)]).into_owned();
        self.until(&what, || self.heard(envelope) > 0).await;
    }

    /// Sends one envelope again and again, as the protocol does, until it has come.
    pub(crate) async fn gets_through(&self, to: &Self, envelope: &[u8]) {
        let began = Instant::now();
        while to.heard(envelope) == 0 {
            let _ = self.carrier().send(&to.id, Class::Entries, envelope.to_vec());
            assert!(began.elapsed() < PATIENCE, "{:?}\n{:?}", self.status(), to.status());
            let pause = Instant::now();
            while to.heard(envelope) == 0 && pause.elapsed() < Duration::from_millis(500) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        until(&what, || self.status(), holds).await;
    }

    pub(crate) async fn troubled_by(&self, words: &str) {
        self.until(words, || self.trouble().contains(words)).await;
    }

    pub(crate) async fn untroubled(&self) {
        self.until("no trouble", || self.status().trouble.is_none()).await;
    }

    /// Drops the carrier, as a process does that ends without a word.
    pub(crate) fn drop_carrier(&mut self) {
        drop(self.carrier.take());
    }

    pub(crate) async fn stop(&mut self) {
        self.carrier.take().expect("a carrier").stop().await;
    }
}

/// Two spaces that have reached each other: number 1 and number 2.
pub(crate) async fn pair(settings: &Settings) -> (Space, Space) {
    let (a, b) = (Space::start(settings, 1, &[2]), Space::start(settings, 2, &[1]));
    a.reaches(2, 1).await;
    b.reaches(1, 1).await;
    (a, b)
}

/// Waits until something holds; tells how it stands if it never does.
pub(crate) async fn until<T: Debug>(
    what: &dyn Debug,
    stands: impl Fn() -> T,
    holds: impl Fn() -> bool,
) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "in vain: {what:?}\n{:?}", stands());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Lets some time pass in which something could go wrong.
pub(crate) async fn meanwhile(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
