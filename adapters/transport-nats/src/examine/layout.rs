//! What the server holds for this space and its peers, compared with what it should hold.

use super::{Finding, Visit};
use crate::layout::{WAITING_MAX, stream_of};
use crate::settings::Settings;
use crate::subject::{Class, consumer, stream, subject};
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{AckPolicy, Config as ConsumerConfig, Info, PullConsumer};
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{
    Config, ConsumerErrorKind, DiscardPolicy, RetentionPolicy, StorageType,
};
use schema::id::SpaceId;
use schema::limits::ENVELOPE_BYTES_MAX;

pub(crate) async fn examine(visit: &Visit, settings: &Settings, peers: &[SpaceId]) -> Vec<Finding> {
    let made_by = if settings.make_streams {
        "It is made when the node starts: start it, and ask again."
    } else {
        "Make it as ops/nats/README.md describes it."
    };
    let mut findings = own_stream(visit, made_by).await;
    for peer in peers {
        for class in Class::STORED {
            for (from, to) in [(&visit.me, peer), (peer, &visit.me)] {
                if findings.iter().any(Finding::ends_the_visit) {
                    return findings;
                }
                findings.extend(consumer_of(visit, from, to, class, made_by).await);
            }
        }
    }
    findings
}

async fn own_stream(visit: &Visit, made_by: &str) -> Vec<Finding> {
    let name = stream(&visit.me);
    match visit.context.get_stream(&name).await {
        Ok(found) => compared(&found.cached_info().config, &stream_of(&visit.me)),
        Err(why) => vec![match why.kind() {
            GetStreamErrorKind::JetStream(error)
                if error.error_code() == ErrorCode::STREAM_NOT_FOUND =>
            {
                Finding::problem(format!("The stream {name} is not there."), made_by)
            }
            GetStreamErrorKind::EmptyName
            | GetStreamErrorKind::Request
            | GetStreamErrorKind::InvalidStreamName
            | GetStreamErrorKind::JetStream(_) => Finding::problem(
                format!("The stream {name} cannot be looked at: {why}{}.", visit.denials()),
                format!("Allow $JS.API.STREAM.INFO.{name} to this space."),
            )
            .and_that_is_all(),
        }],
    }
}

/// What is different, and what that means.
fn compared(found: &Config, right: &Config) -> Vec<Finding> {
    let wrong = |is_wrong: bool, what: &str| is_wrong.then(|| what.to_owned());
    let elsewhere = found.mirror.is_some() || found.sources.as_ref().is_some_and(|s| !s.is_empty());
    let small = (1..right.max_message_size).contains(&found.max_message_size);
    let bounded = found.max_messages > 0 || found.max_bytes > 0;
    let problems = [
        wrong(
            found.retention != RetentionPolicy::WorkQueue,
            "it keeps what was taken instead of being a work queue: it wedges when it is full",
        ),
        wrong(
            found.discard != DiscardPolicy::New,
            "it discards what is old: one peer pushes out what waits for another",
        ),
        wrong(
            found.max_messages_per_subject <= 0,
            "it has no bound by subject: an absent peer fills the server",
        ),
        wrong(
            found.max_messages_per_subject > 0 && !found.discard_new_per_subject,
            "discard_new_per_subject is not set: beyond its bound an absent peer loses what waits",
        ),
        subjects(&found.subjects, &right.subjects),
        small.then(|| {
            format!(
                "it takes messages of {} bytes and envelopes may have {ENVELOPE_BYTES_MAX}",
                found.max_message_size
            )
        }),
        wrong(found.no_ack, "it does not acknowledge: nothing counts as stored"),
        wrong(elsewhere, "it takes in messages of other streams"),
        wrong(found.sealed, "it is sealed: it takes nothing any more"),
    ];
    let advice = [
        wrong(
            found.max_messages_per_subject > 0 && found.max_messages_per_subject != WAITING_MAX,
            "its bound by subject is another than the usual one",
        ),
        wrong(bounded, "it is bounded as a whole: an absent peer can take the room of others"),
        wrong(!found.max_age.is_zero(), "it forgets what waits too long: that is sent again"),
        wrong(
            found.storage == StorageType::Memory,
            "it is in memory: after a restart of the server all of it is sent again",
        ),
        wrong(found.republish.is_some(), "it tells what it stores to somebody else as well"),
    ];
    let name = &found.name;
    let hint = format!("Change the stream {name} to what ops/nats/README.md describes.");
    let said = |what: String| format!("The stream {name} is not as it should be: {what}.");
    let mut findings: Vec<_> =
        problems.into_iter().flatten().map(|what| Finding::problem(said(what), &*hint)).collect();
    findings.extend(advice.into_iter().flatten().map(|what| Finding::advice(said(what), &*hint)));
    if findings.is_empty() {
        findings.push(Finding::good(format!("The stream {name} is as it should be.")));
    }
    findings
}

fn subjects(found: &[String], right: &[String]) -> Option<String> {
    let missing: Vec<_> = right.iter().filter(|subject| !found.contains(subject)).collect();
    let foreign: Vec<_> = found.iter().filter(|subject| !right.contains(subject)).collect();
    if !foreign.is_empty() {
        Some(format!("it also stores {foreign:?}: signals, or what others send, fill it"))
    } else if !missing.is_empty() {
        Some(format!("it does not store {missing:?}: that is lost"))
    } else {
        None
    }
}

async fn consumer_of(
    visit: &Visit,
    from: &SpaceId,
    to: &SpaceId,
    class: Class,
    made_by: &str,
) -> Vec<Finding> {
    let (name, of) = (consumer(to, class), stream(from));
    let found: Result<PullConsumer, _> = visit.context.get_consumer_from_stream(&name, &of).await;
    let named = format!("The consumer {name} of the stream {of}");
    match found {
        Ok(found) => usable(found.cached_info(), &named, &subject(from, to, class)),
        Err(why) => vec![match why.kind() {
            ConsumerErrorKind::JetStream(error)
                if error.error_code() == ErrorCode::STREAM_NOT_FOUND =>
            {
                Finding::advice(
                    format!("The stream {of} is not there: {} was not here yet.", from.short()),
                    format!("Let {} connect to this server.", from.short()),
                )
            }
            ConsumerErrorKind::JetStream(error)
                if error.error_code() == ErrorCode::CONSUMER_NOT_FOUND =>
            {
                Finding::problem(format!("{named} is not there."), made_by)
            }
            ConsumerErrorKind::TimedOut => Finding::problem(
                format!("{named} cannot be looked at{}.", visit.denials()),
                format!("Allow $JS.API.CONSUMER.INFO.{of}.{name} to this space."),
            )
            .and_that_is_all(),
            ConsumerErrorKind::Request
            | ConsumerErrorKind::InvalidConsumerType
            | ConsumerErrorKind::InvalidName
            | ConsumerErrorKind::JetStream(_)
            | ConsumerErrorKind::Other => Finding::problem(
                format!("{named} cannot be used: {why}."),
                "Delete it; then make it as ops/nats/README.md describes it.",
            ),
        }],
    }
}

fn usable(info: &Info, named: &str, right: &str) -> Vec<Finding> {
    let hint = "Change it to what ops/nats/README.md describes.";
    let ConsumerConfig { filter_subject, ack_policy, max_deliver, .. } = &info.config;
    let mut findings = Vec::new();
    if filter_subject != right {
        let what = format!("{named} is for {filter_subject:?} instead of {right:?}.");
        findings.push(Finding::problem(what, hint));
    }
    if *ack_policy != AckPolicy::Explicit {
        let what = format!("{named} needs no acknowledgements: what is not durable is lost.");
        findings.push(Finding::problem(what, hint));
    }
    if *max_deliver > 0 {
        let what = format!("{named} gives up after {max_deliver} deliveries: that stays for ever.");
        findings.push(Finding::problem(what, hint));
    }
    if !findings.is_empty() {
        return findings;
    }
    let waiting = info.num_pending + info.num_ack_pending as u64;
    let counted = format!("{named}: {waiting} waiting, {} under way.", info.num_ack_pending);
    if waiting >= WAITING_MAX.unsigned_abs() {
        findings.push(Finding::advice(
            format!("{counted} There is no room for more."),
            "See whether the recipient is up: what is beyond this is sent again when it comes.",
        ));
    } else {
        findings.push(Finding::good(counted));
    }
    findings
}
