//! The process that pulls events and acknowledges them.

use super::publisher::stamp_ns;
use crate::Failure;
use crate::wire::clock::now_ns;
use crate::wire::part;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Messages that one pull asks for; the last of so many is acknowledged for all.
pub(crate) const PULL: u64 = 1000;

/// So that acknowledging rarely never stops what is pulled.
const UNACKNOWLEDGED_MAX: i64 = 20_000;

/// The next event comes within this time.
const NEXT_MAX: Duration = Duration::from_secs(60);

/// What it is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Connects to the server there.
    Connect(String),
    /// Makes a stream in files, of this name and subject, and a consumer that acknowledges all up
    /// to a message.
    Open(String),
    /// Takes as many as told and acknowledges them.
    Take(u64),
    /// Removes the stream of this name.
    Close(String),
}

/// When something was taken.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// The time in the last event, when it was handed to the client.
    pub(crate) stamp_ns: u64,
    /// When the last event was here.
    pub(crate) taken_ns: u64,
    /// When the server had confirmed the last acknowledgement.
    pub(crate) acknowledged_ns: u64,
}

/// Plays the part.
pub(crate) fn play() -> Result<(), Failure> {
    let runtime = part::runtime()?;
    let (mut context, mut messages) = (None, None);
    part::play(|order| {
        match order {
            Order::Connect(url) => {
                let client = runtime.block_on(async_nats::connect(url))?;
                context = Some(runtime.block_on(async { jetstream::new(client) }));
            }
            Order::Open(name) => {
                let context = context.as_ref().ok_or("not connected")?;
                messages = Some(runtime.block_on(open(context, name))?);
            }
            Order::Take(events) => {
                return runtime.block_on(take(messages.as_mut().ok_or("not open")?, events));
            }
            Order::Close(name) => {
                messages = None;
                let context = context.as_ref().ok_or("not connected")?;
                runtime.block_on(context.delete_stream(name))?;
            }
        }
        Ok(Taken::default())
    })
}

async fn open(context: &Context, name: String) -> Result<pull::Stream, Failure> {
    let stream = Config {
        name: name.clone(),
        subjects: vec![name.clone()],
        storage: StorageType::File,
        ..Config::default()
    };
    let stream = context.create_stream(stream).await?;
    let consumer = pull::Config {
        durable_name: Some(name),
        ack_policy: AckPolicy::All,
        max_ack_pending: UNACKNOWLEDGED_MAX,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(consumer).await?;
    let pulls = consumer.stream().max_messages_per_batch(usize::try_from(PULL)?);
    Ok(pulls.messages().await?)
}

async fn take(messages: &mut pull::Stream, events: u64) -> Result<Taken, Failure> {
    let mut taken = Taken::default();
    for number in 1..=events {
        let message = tokio::time::timeout(NEXT_MAX, messages.next()).await?;
        let message = message.ok_or("the stream of messages ended")??;
        if number == events {
            taken.taken_ns = now_ns();
            taken.stamp_ns = stamp_ns(&message.payload)?;
            message.double_ack().await?;
            taken.acknowledged_ns = now_ns();
        } else if number % PULL == 0 {
            message.ack().await?;
        }
    }
    Ok(taken)
}
