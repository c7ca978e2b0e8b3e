//! The way out: a queue for each class, bounded in bytes, and a task that empties it.

use crate::status::Shared;
use crate::subject::{Class, stream, subject};
use async_nats::Client;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use schema::id::SpaceId;
use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes that may wait in the queue of a class.
const fn queue_bytes_max(class: Class) -> usize {
    match class {
        Class::Entries => 32 * 1024 * 1024,
        Class::Pieces => 4 * 1024 * 1024,
        Class::Signals => 1024 * 1024,
    }
}

/// Envelopes that were published and not stored yet. Pieces get little, so that entries on the same
/// connection never wait long behind them.
const fn unconfirmed_max(class: Class) -> usize {
    match class {
        Class::Entries | Class::Signals => 64,
        Class::Pieces => 8,
    }
}

/// One envelope on its way out.
struct Outgoing {
    to: SpaceId,
    envelope: Vec<u8>,
}

/// The queue of one class.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    sender: UnboundedSender<Outgoing>,
    waiting: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// The end of a queue at which it is emptied.
pub(crate) struct Outlet {
    receiver: UnboundedReceiver<Outgoing>,
    waiting: Arc<AtomicUsize>,
    class: Class,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes to {}", self.envelope.len(), self.to.short())
    }
}

pub(crate) fn queue(class: Class) -> (Queue, Outlet) {
    let (sender, receiver) = unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let bytes_max = queue_bytes_max(class);
    (
        Queue { sender, waiting: Arc::clone(&waiting), bytes_max },
        Outlet { receiver, waiting, class },
    )
}

impl Queue {
    /// Puts an envelope at the end. False if there is no room.
    pub(crate) fn put(&self, to: SpaceId, envelope: Vec<u8>) -> bool {
        let bytes = envelope.len();
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        let room = before == 0 || before.saturating_add(bytes) <= self.bytes_max;
        if room && self.sender.send(Outgoing { to, envelope }).is_ok() {
            return true;
        }
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        false
    }
}

impl Outlet {
    async fn next(&mut self) -> Option<Outgoing> {
        let next = self.receiver.recv().await?;
        self.waiting.fetch_sub(next.envelope.len(), Ordering::Relaxed);
        Some(next)
    }
}

/// What empties a queue.
pub(crate) struct Publisher {
    pub(crate) me: SpaceId,
    pub(crate) client: Client,
    pub(crate) context: Context,
    pub(crate) status: Shared,
    /// Told when the stream is gone.
    pub(crate) missing: Arc<Notify>,
    /// Whether it is made anew then.
    pub(crate) make: bool,
}

impl Publisher {
    /// Tells signals, until the queue is closed. What cannot be told now is dropped: it would be
    /// old when it can.
    pub(crate) async fn tell(self, mut outlet: Outlet) {
        while let Some(Outgoing { to, envelope }) = outlet.next().await {
            if !self.status.is_connected() {
                continue;
            }
            let subject = subject(&self.me, &to, outlet.class);
            if let Err(why) = self.client.publish(subject, envelope.into()).await {
                tracing::debug!(%why, "a signal was not told");
            }
        }
    }

    /// Lets the server store what comes, until the queue is closed and all of it was answered for.
    pub(crate) async fn store(self, mut outlet: Outlet) {
        let this = &self;
        let bound = unconfirmed_max(outlet.class);
        let mut unconfirmed = FuturesUnordered::new();
        let mut open = true;
        while open || !unconfirmed.is_empty() {
            tokio::select! {
                Some(answer) = unconfirmed.next() => self.settle(answer),
                next = outlet.next(), if open && unconfirmed.len() < bound => {
                    let Some(Outgoing { to, envelope }) = next else {
                        open = false;
                        continue;
                    };
                    if !self.status.is_connected() {
                        self.settle(Err("there is no connection".to_owned()));
                        continue;
                    }
                    let subject = subject(&self.me, &to, outlet.class);
                    // What is denied is not answered: a flood of it would hold up everybody else,
                    // and the client keeps a little of each question for ever.
                    if self.status.is_denied(&subject) {
                        self.settle(Err("the server denies it".to_owned()));
                        continue;
                    }
                    match self.context.publish(subject.clone(), envelope.into()).await {
                        Ok(answer) => unconfirmed.push(async move {
                            match answer.into_future().await {
                                Ok(_) => {
                                    this.status.allowed(&subject);
                                    Ok(())
                                }
                                Err(why) => Err(this.failed(&why)),
                            }
                        }),
                        Err(why) => self.settle(Err(self.failed(&why))),
                    }
                }
            }
        }
    }

    fn settle(&self, answer: Result<(), String>) {
        match answer {
            Ok(()) => {
                self.status.count(|status| status.stored += 1);
                if !self.make {
                    self.status.layout(&stream(&self.me), None);
                }
            }
            Err(why) => {
                // The protocol sends it again, whether or not it was stored after all.
                tracing::debug!(%why, "an envelope was not stored");
                self.status.count(|status| status.not_stored += 1);
            }
        }
    }

    fn failed(&self, why: &PublishError) -> String {
        let said = why.to_string();
        if why.kind() == PublishErrorKind::StreamNotFound {
            let own = stream(&self.me);
            if !self.make {
                let missing = format!("the stream {own} is not there, and its operator makes it");
                self.status.layout(&own, Some(missing));
            }
            self.missing.notify_one();
        } else if why.kind() == PublishErrorKind::MaxPayloadExceeded {
            self.status.denied(&format!("an envelope is too large for the server: {said}"));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_bounded_in_bytes_and_takes_one_envelope_whatever_its_size() {
        let to = SpaceId([1; 32]);
        let (queue, outlet) = queue(Class::Signals);
        assert!(queue.put(to, vec![0; 2 * 1024 * 1024]));
        assert!(!queue.put(to, vec![0; 1]));
        drop(outlet);
        assert!(!queue.put(to, vec![0; 1]), "nobody empties it");
    }

    #[tokio::test]
    async fn what_was_taken_out_makes_room() {
        let to = SpaceId([1; 32]);
        let (queue, mut outlet) = queue(Class::Signals);
        assert!(queue.put(to, vec![0; 1024 * 1024]));
        assert!(!queue.put(to, vec![0; 1]));
        assert_eq!(outlet.next().await.map(|next| next.envelope.len()), Some(1024 * 1024));
        assert!(queue.put(to, vec![0; 1]));
    }
}
