//! Signals: told once and never stored. And the word that a peer may be reached.

use crate::carrier::{Delivery, Receiver};
use crate::settings::ANSWER_TIMEOUT;
use crate::status::Shared;
use crate::subject::{Class, subject};
use async_nats::{Client, Subscriber};
use futures_util::StreamExt as _;
use schema::id::SpaceId;
use schema::limits::ENVELOPE_BYTES_MAX;
use std::time::Duration;
use tokio::sync::watch;

/// How often a subscription that the server has denied is tried again. It says nothing when that
/// is allowed, and the client does not ask again on the same connection.
pub(crate) const DENIED_AGAIN: Duration = Duration::from_secs(10);

/// How long the word that a peer may be reached waits for room, or for the server.
const CONNECTED_AGAIN: Duration = Duration::from_millis(200);

/// The signals of one peer.
pub(crate) struct Signals {
    pub(crate) me: SpaceId,
    pub(crate) peer: SpaceId,
    pub(crate) client: Client,
    pub(crate) receiver: Receiver,
    pub(crate) status: Shared,
    /// Changes when a new connection has all that it needs.
    pub(crate) ready: watch::Receiver<u64>,
}

/// Why a subscription is left.
enum Left {
    /// It was denied, and may be allowed by now.
    Denied,
    /// Nobody needs it any more.
    Ended,
}

impl Signals {
    pub(crate) async fn run(mut self) {
        let expected = subject(&self.peer, &self.me, Class::Signals);
        if *self.ready.borrow_and_update() > 0 {
            self.ready.mark_changed();
        }
        loop {
            let denials = self.status.subscriptions_denied();
            let Ok(mut signals) = self.client.subscribe(expected.clone()).await else {
                return;
            };
            match self.hear(&mut signals, &expected, denials).await {
                Left::Denied => {}
                Left::Ended => return,
            }
        }
    }

    async fn hear(&mut self, signals: &mut Subscriber, expected: &str, denials: u64) -> Left {
        loop {
            tokio::select! {
                next = signals.next() => {
                    let Some(message) = next else { return Left::Ended };
                    let misplaced = message.subject.as_str() != expected;
                    if misplaced || message.payload.len() > ENVELOPE_BYTES_MAX {
                        self.status.count(|status| status.misplaced += 1);
                        continue;
                    }
                    let envelope = Vec::from(message.payload);
                    // A signal for which there is no room is lost, as any may be.
                    let _ = (self.receiver)(Delivery::Envelope { envelope, taken: None });
                }
                changed = self.ready.changed() => match changed {
                    Ok(()) => self.connected().await,
                    Err(_) => return Left::Ended,
                },
                () = tokio::time::sleep(DENIED_AGAIN) => {
                    if self.status.subscriptions_denied() > denials {
                        return Left::Denied;
                    }
                }
            }
        }
    }

    /// Says that the peer may be reached, once the server was told that we listen: it reads what
    /// a connection brings in order. What cannot be said now is said later.
    async fn connected(&mut self) {
        let heard = tokio::time::timeout(ANSWER_TIMEOUT, self.client.flush()).await;
        if matches!(heard, Ok(Ok(()))) {
            let envelope_bytes_max = self.client.server_info().max_payload;
            let word = Delivery::Connected { peer: self.peer, envelope_bytes_max };
            if (self.receiver)(word) {
                return;
            }
        }
        tokio::time::sleep(CONNECTED_AGAIN).await;
        self.ready.mark_changed();
    }
}
