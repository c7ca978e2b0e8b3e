//! The process that publishes one event a message.

use crate::Failure;
use crate::entries::ENTRY_BYTES;
use crate::wire::clock::now_ns;
use crate::wire::part;
use async_nats::jetstream::{self, Context};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::future::IntoFuture as _;

/// Publishes that may wait for the server at any time.
pub(crate) const OUTSTANDING_MAX: usize = 1000;

/// What it is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Connects to the server there.
    Connect(String),
    /// Publishes as many as fast as the server takes them.
    Publish { subject: String, events: u64 },
}

/// When the first was handed to the client, and when the server had stored the last.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) began_ns: u64,
    pub(crate) stored_ns: u64,
}

/// Plays the part.
pub(crate) fn play() -> Result<(), Failure> {
    let runtime = part::runtime()?;
    let mut context = None;
    part::play(|order| match order {
        Order::Connect(url) => {
            let client = runtime.block_on(async_nats::connect(url))?;
            context = Some(runtime.block_on(async { jetstream::new(client) }));
            Ok(Published::default())
        }
        Order::Publish { subject, events } => {
            let context = context.as_ref().ok_or("not connected")?;
            runtime.block_on(publish(context, subject, events))
        }
    })
}

async fn publish(context: &Context, subject: String, events: u64) -> Result<Published, Failure> {
    let subject = async_nats::Subject::from(subject);
    let mut outstanding = VecDeque::with_capacity(OUTSTANDING_MAX);
    let began_ns = now_ns();
    for number in 0..events {
        if outstanding.len() == OUTSTANDING_MAX
            && let Some(oldest) = outstanding.pop_front()
        {
            stored(oldest).await?;
        }
        outstanding.push_back(context.publish(subject.clone(), event(number).into()).await?);
    }
    for last in outstanding {
        stored(last).await?;
    }
    Ok(Published { began_ns, stored_ns: now_ns() })
}

async fn stored(publish: jetstream::context::PublishAckFuture) -> Result<(), Failure> {
    publish.into_future().await?;
    Ok(())
}

/// An event of the size of ours, with the time in it.
fn event(number: u64) -> Vec<u8> {
    let mut event = vec![u8::try_from(number % 251).unwrap_or(0); ENTRY_BYTES];
    event[..8].copy_from_slice(&now_ns().to_be_bytes());
    event[8..16].copy_from_slice(&number.to_be_bytes());
    event
}

/// The time in an event.
pub(crate) fn stamp_ns(event: &[u8]) -> Result<u64, Failure> {
    let stamp = event.first_chunk().ok_or("an event without a time")?;
    Ok(u64::from_be_bytes(*stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_size_of_ours_and_its_time_in_it() {
        let before_ns = now_ns();
        let event = event(7);
        assert_eq!(event.len(), ENTRY_BYTES);
        assert!((before_ns..=now_ns()).contains(&stamp_ns(&event).unwrap()));
        assert!(stamp_ns(&event[..7]).is_err());
    }
}
