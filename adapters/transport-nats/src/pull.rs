//! The way in: what the server holds for us is pulled, handed on, and acknowledged once it is
//! durable here.

use crate::carrier::{Delivery, Receiver};
use crate::layout::{Unusable, find_consumer, make_consumer};
use crate::status::Shared;
use crate::subject::{Class, consumer, stream, subject};
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::consumer::pull::Batch;
use async_nats::jetstream::message::Acker;
use async_nats::jetstream::{AckKind, Context, Message};
use futures_util::{FutureExt as _, StreamExt as _};
use schema::id::SpaceId;
use schema::limits::ENVELOPE_BYTES_MAX;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

/// How long one pull waits for something. It is also the watchdog's beat.
const PULL_EXPIRES: Duration = Duration::from_secs(5);

/// A pull must end by then, in whatever way. One that does not was forgotten by the server.
const PULL_FORGOTTEN: Duration = Duration::from_secs(7);

/// Bytes of one pull. More than the largest envelope, which would never come otherwise.
const PULL_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest wait before a consumer that cannot be used is tried again.
const RETRY_MAX: Duration = Duration::from_secs(3);

/// How long an envelope that the space has no room for stays with the server.
const NO_ROOM_DELAY: Duration = Duration::from_millis(200);

/// Messages of one pull.
const fn pull_max(class: Class) -> usize {
    match class {
        Class::Entries | Class::Signals => 32,
        Class::Pieces => 8,
    }
}

/// An envelope that the server keeps until the space has made it durable.
pub struct Taken {
    /// None once it was acknowledged.
    acker: Option<Box<Acker>>,
    answers: UnboundedSender<Answer>,
}

/// What the server is told of an envelope.
pub(crate) struct Answer {
    acker: Acker,
    durable: bool,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Taken")
    }
}

impl Taken {
    /// What the envelope changed is durable: the server may forget it. Dropping this instead lets
    /// it be delivered again, soon.
    pub fn durable(mut self) {
        self.answer(true);
    }

    fn answer(&mut self, durable: bool) {
        if let Some(acker) = self.acker.take() {
            // Without a carrier the server delivers it again, and it is a duplicate.
            let _ = self.answers.send(Answer { acker: *acker, durable });
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.answer(false);
    }
}

/// Tells the server what is durable, and what it should deliver again.
pub(crate) async fn answer(mut answers: UnboundedReceiver<Answer>) {
    while let Some(Answer { acker, durable }) = answers.recv().await {
        let kind = if durable { AckKind::Ack } else { AckKind::Nak(Some(NO_ROOM_DELAY)) };
        // What the server does not hear it delivers again.
        let _ = acker.ack_with(kind).await;
    }
}

/// One class of envelopes from one peer.
pub(crate) struct Pull {
    pub(crate) me: SpaceId,
    pub(crate) peer: SpaceId,
    pub(crate) class: Class,
    pub(crate) context: Context,
    pub(crate) receiver: Receiver,
    pub(crate) answers: UnboundedSender<Answer>,
    pub(crate) status: Shared,
    /// Changes with each connection.
    pub(crate) connection: watch::Receiver<u64>,
    pub(crate) make: bool,
}

/// How a pull ended.
enum Ended {
    /// As it should, with or without messages.
    Well,
    /// The consumer cannot be used.
    Badly(String),
    /// The connection is another one.
    Reconnected,
}

impl Pull {
    /// Pulls until the task is ended.
    pub(crate) async fn run(mut self) {
        let mut wait = Duration::from_millis(100);
        loop {
            let connections = *self.connection.borrow_and_update();
            if connections == 0 {
                // There was no connection yet.
                if self.connection.changed().await.is_err() {
                    return;
                }
                continue;
            }
            match self.consumer().await {
                Ok(consumer) => {
                    self.status.layout(&self.name(), None);
                    let began = Instant::now();
                    if let Some(why) = self.pulls(&consumer).await {
                        let peer = self.peer.short();
                        tracing::debug!(%why, %peer, "a consumer has to be made anew");
                    }
                    if began.elapsed() > PULL_EXPIRES {
                        wait = Duration::from_millis(100);
                    }
                }
                Err(why) => self.status.layout(&self.name(), why.trouble()),
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => wait = (wait * 2).min(RETRY_MAX),
                changed = self.connection.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    wait = Duration::from_millis(100);
                }
            }
        }
    }

    /// What is in trouble when the consumer cannot be used.
    fn name(&self) -> String {
        format!("{} {}", stream(&self.peer), consumer(&self.me, self.class))
    }

    async fn consumer(&self) -> Result<PullConsumer, Unusable> {
        if self.make {
            make_consumer(&self.context, &self.peer, &self.me, self.class).await
        } else {
            find_consumer(&self.context, &self.peer, &self.me, self.class).await
        }
    }

    /// Pulls until the consumer cannot be used any more. None if the connection is another one.
    async fn pulls(&mut self, consumer: &PullConsumer) -> Option<String> {
        loop {
            match self.pull(consumer).await {
                Ended::Well => {}
                Ended::Badly(why) => return Some(why),
                Ended::Reconnected => return None,
            }
        }
    }

    async fn pull(&mut self, consumer: &PullConsumer) -> Ended {
        let began = Instant::now();
        let pull = consumer
            .batch()
            .max_messages(pull_max(self.class))
            .max_bytes(PULL_BYTES_MAX)
            .expires(PULL_EXPIRES);
        let mut empty = true;
        let mut messages = match pull.messages().await {
            Ok(messages) => messages,
            Err(why) => return Ended::Badly(why.to_string()),
        };
        loop {
            tokio::select! {
                next = messages.next() => match next {
                    Some(Ok(message)) => {
                        empty = false;
                        if !self.hand_on(message).await {
                            return self.no_room(messages).await;
                        }
                    }
                    // The next message is larger than what is left of this pull; one that is
                    // larger than all of it is no envelope, and never comes.
                    Some(Err(why)) if !empty && why.to_string().contains("MaxBytes") => {
                        return Ended::Well;
                    }
                    Some(Err(why)) => return Ended::Badly(why.to_string()),
                    None if began.elapsed() > PULL_FORGOTTEN => {
                        return Ended::Badly("the server has forgotten a pull".to_owned());
                    }
                    None => return Ended::Well,
                },
                changed = self.connection.changed() => {
                    let _ = changed;
                    return Ended::Reconnected;
                }
            }
        }
    }

    /// Hands a message on. False if the space has no room now.
    async fn hand_on(&self, message: Message) -> bool {
        let (message, acker) = message.split();
        let misplaced = message.subject.as_str() != subject(&self.peer, &self.me, self.class);
        if misplaced || message.payload.len() > ENVELOPE_BYTES_MAX {
            // A consumer that somebody has changed, or no envelope. It is not ours to look at, nor
            // to keep.
            self.status.count(|status| status.misplaced += 1);
            let _ = acker.ack_with(AckKind::Term).await;
            return true;
        }
        let taken = Taken { acker: Some(Box::new(acker)), answers: self.answers.clone() };
        let envelope = Vec::from(message.payload);
        let room = (self.receiver)(Delivery::Envelope { envelope, taken: Some(taken) });
        if room {
            self.status.count(|status| status.taken += 1);
        }
        room
    }

    /// Waits for room. What this pull brings meanwhile is handed on or given back as well: the
    /// server would count it as under way until its patience ends.
    async fn no_room(&self, mut messages: Batch) -> Ended {
        tokio::time::sleep(NO_ROOM_DELAY).await;
        while let Some(Some(next)) = messages.next().now_or_never() {
            match next {
                Ok(message) => self.hand_on(message).await,
                Err(_) => break,
            };
        }
        Ended::Well
    }
}
