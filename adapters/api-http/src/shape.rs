//! What is said over HTTP: the bodies of requests and answers, shared with the command line.

pub mod audit;
pub mod cell;
pub mod command;
pub mod compare;
pub mod configuration;
pub mod courier;
pub mod deployment;
pub mod difference;
pub mod explanation;
pub mod freeze;
pub mod inbox;
pub mod invitation;
pub mod journey;
pub mod keys;
pub mod link;
pub mod person;
pub mod release;
pub mod restraint;
pub mod scope;
pub mod secret;
pub mod space;

/// A time as people and other tools read it: RFC 3339, UTC, milliseconds.
#[must_use]
pub fn time(ms: u64) -> String {
    let moment = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    moment.map_or_else(|| "unknown".to_owned(), |moment| format!("{moment:.3}"))
}

/// The milliseconds since 1970 of a time as RFC 3339 writes it.
#[must_use]
pub fn moment(text: &str) -> Option<u64> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_millisecond()).ok()
}
