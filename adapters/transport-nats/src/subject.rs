//! The names under which envelopes travel: subjects, streams, consumers and inboxes.
//!
//! ```text
//! subject   interspace.v1.<from>.<to>.<class>   ids in lower-case base32, never names
//! stream    interspace-v1-<from>                what one space has sent, until it was taken
//! consumer  <to>-<class>                        what of it is for one space
//! inbox     _INBOX.<space>.>                    answers to one space
//! ```

use schema::id::SpaceId;
use schema::latest::EnvelopeKind;

/// What an envelope is to the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Entries: stored until the recipient has them.
    Entries,
    /// Pieces of packages: stored, beside entries and never before them.
    Pieces,
    /// Acks, beats, hellos, wants: told once, never stored. A late one is worth nothing.
    Signals,
}

impl Class {
    /// The class of a kind of envelope.
    #[must_use]
    pub const fn of(kind: EnvelopeKind) -> Self {
        match kind {
            EnvelopeKind::Entries => Self::Entries,
            EnvelopeKind::Piece => Self::Pieces,
            EnvelopeKind::Ack
            | EnvelopeKind::Beat
            | EnvelopeKind::Hello
            | EnvelopeKind::Want
            | EnvelopeKind::Keys
            | EnvelopeKind::Reclaim
            | EnvelopeKind::Returned
            | EnvelopeKind::Join => Self::Signals,
        }
    }

    /// Its token in a subject.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Entries => "env",
            Self::Pieces => "pkg",
            Self::Signals => "ctl",
        }
    }

    /// The classes that a server stores.
    pub const STORED: [Self; 2] = [Self::Entries, Self::Pieces];
}

/// The subject of one class of envelopes from one space to another.
#[must_use]
pub fn subject(from: &SpaceId, to: &SpaceId, class: Class) -> String {
    format!("interspace.v1.{from}.{to}.{}", class.token())
}

/// The subject of one class of envelopes to a space from whoever sends some.
#[must_use]
pub(crate) fn from_anybody(to: &SpaceId, class: Class) -> String {
    format!("interspace.v1.*.{to}.{}", class.token())
}

/// The subjects that the stream of a space holds. Signals are not among them.
#[must_use]
pub fn stored(from: &SpaceId) -> Vec<String> {
    Class::STORED.map(|class| format!("interspace.v1.{from}.*.{}", class.token())).to_vec()
}

/// The stream of a space: what it has sent.
#[must_use]
pub fn stream(from: &SpaceId) -> String {
    format!("interspace-v1-{from}")
}

/// The consumer through which `to` takes one class out of a stream.
#[must_use]
pub fn consumer(to: &SpaceId, class: Class) -> String {
    format!("{to}-{}", class.token())
}

/// Where a server answers a space: a prefix of its own, so that nobody else may listen there.
#[must_use]
pub fn inbox(space: &SpaceId) -> String {
    format!("_INBOX.{space}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t18_a_subject_has_five_tokens_whatever_the_ids_are() {
        for byte in [0, 7, 0xff] {
            let subject = subject(&SpaceId([byte; 32]), &SpaceId([!byte; 32]), Class::Entries);
            assert_eq!(subject.split('.').count(), 5, "{subject}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
            assert!(subject.chars().all(plain), "{subject}");
        }
    }

    #[test]
    fn signals_are_in_no_stream() {
        let (from, to) = (SpaceId([1; 32]), SpaceId([2; 32]));
        let stored = stored(&from);
        let held = |class| {
            let end = subject(&from, &to, class).replace(&to.to_string(), "*");
            stored.contains(&end)
        };
        assert!(held(Class::Entries) && held(Class::Pieces) && !held(Class::Signals));
    }
}
