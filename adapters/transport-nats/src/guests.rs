//! Who is not known yet: heard while an invitation awaits them, and only as far as they ask to be
//! let in.

use crate::carrier::{Delivery, Receiver};
use crate::signals::DENIED_AGAIN;
use crate::status::Shared;
use crate::subject::{Class, from_anybody, subject};
use async_nats::{Client, Message, Subscriber};
use futures_util::StreamExt as _;
use futures_util::stream::SelectAll;
use schema::id::SpaceId;
use schema::latest::{EnvelopeHeader, EnvelopeKind};
use schema::limits::ENVELOPE_BYTES_MAX;
use std::collections::BTreeSet;
use tokio::sync::watch;

/// The signals of whoever is awaited.
pub(crate) struct Guests {
    pub(crate) me: SpaceId,
    pub(crate) client: Client,
    pub(crate) receiver: Receiver,
    pub(crate) status: Shared,
    /// Spaces, and with none among them anybody.
    pub(crate) awaited: watch::Receiver<BTreeSet<Option<SpaceId>>>,
}

impl Guests {
    /// Hears until the task is ended.
    pub(crate) async fn run(mut self) {
        loop {
            let awaited = self.awaited.borrow_and_update().clone();
            let denials = self.status.subscriptions_denied();
            let mut heard = SelectAll::new();
            for guest in &awaited {
                let subject = match guest {
                    Some(guest) => subject(guest, &self.me, Class::Signals),
                    None => from_anybody(&self.me, Class::Signals),
                };
                match self.client.subscribe(subject).await {
                    Ok(signals) => heard.push(signals),
                    Err(_) => return,
                }
            }
            if !self.hear(&mut heard, denials).await {
                return;
            }
        }
    }

    /// Hears until others are awaited, or what was denied may be allowed by now. False when nobody
    /// needs it any more.
    async fn hear(&mut self, heard: &mut SelectAll<Subscriber>, denials: u64) -> bool {
        loop {
            tokio::select! {
                Some(message) = heard.next() => self.hand_on(message),
                changed = self.awaited.changed() => return changed.is_ok(),
                () = tokio::time::sleep(DENIED_AGAIN), if !heard.is_empty() => {
                    if self.status.subscriptions_denied() > denials {
                        return true;
                    }
                }
            }
        }
    }

    /// Known peers are heard elsewhere, with everything that they say.
    fn hand_on(&self, message: Message) {
        let header = EnvelopeHeader::of_envelope(&message.payload);
        let asks = header.is_ok_and(|header| header.kind == EnvelopeKind::Join);
        if asks && message.payload.len() <= ENVELOPE_BYTES_MAX {
            let envelope = Vec::from(message.payload);
            // What there is no room for is asked again.
            let _ = (self.receiver)(Delivery::Envelope { envelope, taken: None });
        }
    }
}
