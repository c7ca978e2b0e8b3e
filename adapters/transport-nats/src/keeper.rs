//! What looks after everything of one connection: what should be on the server, and the tasks.

use crate::carrier::Receiver;
use crate::guests::Guests;
use crate::layout::{Unusable, make_consumer, make_stream};
use crate::publish::{Outlet, Publisher};
use crate::pull::{Answer, Pull, answer};
use crate::settings::ANSWER_TIMEOUT;
use crate::signals::Signals;
use crate::status::Shared;
use crate::subject::{Class, consumer, stream};
use async_nats::Client;
use async_nats::jetstream::Context;
use schema::id::SpaceId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};

/// How often everything that should be on the server is looked after, beside when something is
/// known to be missing.
const LOOK_AFTER: Duration = Duration::from_secs(15);

/// How long what is known to be missing waits at least: a server that keeps nothing is not asked
/// again with each envelope.
const MISSING_PAUSE: Duration = Duration::from_millis(200);

/// How long each part of a stop waits for what is under way.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// Looks after everything of one connection.
pub(crate) struct Keeper {
    pub(crate) me: SpaceId,
    pub(crate) client: Client,
    pub(crate) context: Context,
    pub(crate) receiver: Receiver,
    pub(crate) status: Shared,
    pub(crate) connection: watch::Receiver<u64>,
    pub(crate) wanted: watch::Receiver<BTreeSet<SpaceId>>,
    pub(crate) awaited: watch::Receiver<BTreeSet<Option<SpaceId>>>,
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) make: bool,
    pub(crate) missing: Arc<Notify>,
}

impl Keeper {
    pub(crate) async fn run(mut self, outlets: [(Outlet, bool); 3]) {
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
        listeners.spawn(self.guests().run());
        let mut stopped = self.stopped.clone();
        loop {
            let connection = *self.connection.borrow_and_update();
            let wanted = self.wanted.borrow_and_update().clone();
            if connection > 0 {
                tokio::select! {
                    () = self.look_after(&wanted) => {}
                    _ = stopped.changed() => break,
                }
                ready.send_if_modified(|known| std::mem::replace(known, connection) != connection);
            }
            listening.retain(|peer, tasks| {
                let keep = wanted.contains(peer);
                if !keep {
                    tasks.iter().for_each(AbortHandle::abort);
                    self.forget(peer);
                }
                keep
            });
            while listeners.try_join_next().is_some() {}
            for peer in wanted {
                listening
                    .entry(peer)
                    .or_insert_with(|| self.listen(peer, &answers, &readiness, &mut listeners));
            }
            tokio::select! {
                Ok(()) = self.connection.changed() => {}
                Ok(()) = self.wanted.changed() => {}
                () = self.missing.notified() => tokio::time::sleep(MISSING_PAUSE).await,
                () = tokio::time::sleep(LOOK_AFTER) => self.hear_again().await,
                // Also when the carrier is gone and nobody has stopped it.
                _ = stopped.changed() => break,
            }
        }
        listeners.shutdown().await;
        drop(answers);
        self.finish(publishers).await;
    }

    fn guests(&self) -> Guests {
        Guests {
            me: self.me,
            client: self.client.clone(),
            receiver: Arc::clone(&self.receiver),
            status: self.status.clone(),
            awaited: self.awaited.clone(),
        }
    }

    fn publisher(&self) -> Publisher {
        Publisher {
            me: self.me,
            client: self.client.clone(),
            context: self.context.clone(),
            status: self.status.clone(),
            missing: Arc::clone(&self.missing),
            make: self.make,
        }
    }

    /// Makes what should be on the server for what we send.
    async fn look_after(&self, peers: &BTreeSet<SpaceId>) {
        // The client tells of a connection before it knows what the server said of itself; what it
        // is asked to do on that connection comes later.
        let _ = tokio::time::timeout(ANSWER_TIMEOUT, self.client.flush()).await;
        let server = self.client.server_info();
        self.status.count(|status| {
            status.server = Some(format!("{} {}", server.server_name, server.version));
        });
        if !self.make {
            return;
        }
        let own = stream(&self.me);
        let made = make_stream(&self.context, &self.me).await;
        let usable = made.is_ok();
        self.status.layout(&own, made.err());
        if !usable {
            return;
        }
        for peer in peers {
            for class in Class::STORED {
                let made = make_consumer(&self.context, &self.me, peer, class).await;
                let silent = matches!(made, Err(Unusable::Silent(_)));
                let key = format!("{own} {}", consumer(peer, class));
                self.status.layout(&key, made.err().and_then(Unusable::trouble));
                if silent {
                    // Nobody else is made to wait for a server that does not answer.
                    return;
                }
            }
        }
    }

    /// A subscription that was denied stays denied on a connection, whatever is allowed later. Most
    /// are made anew all the time; that to our own inbox is not.
    async fn hear_again(&self) {
        if self.status.inbox_was_denied() {
            let _ = self.client.force_reconnect().await;
        }
    }

    /// A peer that is not wanted is no trouble.
    fn forget(&self, peer: &SpaceId) {
        for class in Class::STORED {
            self.status.layout(&format!("{} {}", stream(&self.me), consumer(peer, class)), None);
            self.status.layout(&format!("{} {}", stream(peer), consumer(&self.me, class)), None);
        }
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
        // Draining ends the client without a look at what it has not written yet.
        let leave = async {
            let _ = self.client.flush().await;
            let _ = self.client.drain().await;
        };
        let _ = tokio::time::timeout(STOP_PATIENCE, leave).await;
    }
}
