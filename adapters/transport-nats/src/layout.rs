//! What a server is made to hold: one stream for each sender, one consumer for each direction and
//! class. The same on every server since 2.9.

use crate::subject::{Class, consumer, stored, stream, subject};
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::CreateStreamErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::stream::{ConsumerError, ConsumerErrorKind};
use async_nats::jetstream::{Context, ErrorCode};
use schema::id::SpaceId;
use schema::limits::ENVELOPE_BYTES_MAX;
use std::time::Duration;

/// Envelopes of one class that wait for one recipient. What is beyond is not stored and sent again
/// later: an absent peer blocks itself and nobody else.
pub const WAITING_MAX: i64 = 256;

/// How long a recipient may take to make an envelope durable before it is delivered again.
pub const ACK_WAIT: Duration = Duration::from_secs(5);

/// Envelopes that were delivered and are not durable yet.
const fn under_way_max(class: Class) -> i64 {
    match class {
        Class::Entries | Class::Signals => 64,
        Class::Pieces => 16,
    }
}

/// The stream of what `from` sends. A work queue: what was taken is gone. It discards what is new,
/// and counts by subject: with `discard: old` one peer could push out what waits for another, and
/// with limits instead of a work queue it would stay full for ever.
#[must_use]
pub fn stream_of(from: &SpaceId) -> Config {
    Config {
        name: stream(from),
        subjects: stored(from),
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        discard_new_per_subject: true,
        max_messages_per_subject: WAITING_MAX,
        max_message_size: i32::try_from(ENVELOPE_BYTES_MAX).unwrap_or(i32::MAX),
        storage: StorageType::File,
        ..Config::default()
    }
}

/// The consumer of what `from` sends to `to` in one class. `filter_subject`, not the plural, which
/// servers before 2.10 ignore without a word.
#[must_use]
pub fn consumer_of(from: &SpaceId, to: &SpaceId, class: Class) -> pull::Config {
    pull::Config {
        durable_name: Some(consumer(to, class)),
        filter_subject: subject(from, to, class),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_ack_pending: under_way_max(class),
        ..pull::Config::default()
    }
}

/// Why a consumer cannot be used now.
pub(crate) enum Unusable {
    /// Its stream is not there, which is no trouble: its space was not here yet.
    NotYet,
    /// The server did not answer. What it denies it does not answer either.
    Silent(String),
    /// The server said why.
    Refused(String),
}

impl Unusable {
    /// What an operator should know of it.
    pub(crate) fn trouble(self) -> Option<String> {
        match self {
            Self::NotYet => None,
            Self::Silent(why) | Self::Refused(why) => Some(why),
        }
    }

    fn of(error: &ConsumerError, name: &str, what: &str) -> Self {
        let said = format!("the consumer {name} cannot be {what}: {error}");
        if error.kind() == ConsumerErrorKind::TimedOut {
            Self::Silent(said)
        } else {
            Self::Refused(said)
        }
    }
}

/// Makes the stream of `from`. One that is there already stays as it is.
///
/// # Errors
/// Says why it cannot be made.
pub(crate) async fn make_stream(context: &Context, from: &SpaceId) -> Result<(), String> {
    match context.create_stream(stream_of(from)).await {
        Ok(_) => Ok(()),
        Err(why) => {
            let there = matches!(why.kind(), CreateStreamErrorKind::JetStream(error)
                if error.error_code() == ErrorCode::STREAM_NAME_EXIST);
            let said = || format!("the stream {} cannot be made: {why}", stream(from));
            if there { Ok(()) } else { Err(said()) }
        }
    }
}

/// Makes one consumer. One that is there already with this configuration stays.
///
/// # Errors
/// Says why it cannot be used.
pub(crate) async fn make_consumer(
    context: &Context,
    from: &SpaceId,
    to: &SpaceId,
    class: Class,
) -> Result<PullConsumer, Unusable> {
    let made = context.create_consumer_on_stream(consumer_of(from, to, class), stream(from)).await;
    made.map_err(|why| {
        let nowhere = matches!(why.kind(), ConsumerErrorKind::JetStream(error)
            if error.error_code() == ErrorCode::STREAM_NOT_FOUND);
        if nowhere { Unusable::NotYet } else { Unusable::of(&why, &consumer(to, class), "made") }
    })
}

/// Finds a consumer that an operator has made.
///
/// # Errors
/// Says why it cannot be used.
pub(crate) async fn find_consumer(
    context: &Context,
    from: &SpaceId,
    to: &SpaceId,
    class: Class,
) -> Result<PullConsumer, Unusable> {
    let name = consumer(to, class);
    let found = context.get_consumer_from_stream(&name, stream(from)).await;
    found.map_err(|why| {
        Unusable::of(&why, &format!("{name} of the stream {}", stream(from)), "used")
    })
}
