//! What goes through a broker: messages under subjects, in three classes.

use schema::latest::{EnvelopeHeader, EnvelopeKind};
use std::fmt;

/// What a message carries, and so what the broker does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Envelopes with entries: stored.
    Envelopes,
    /// Pieces of objects: stored.
    Pieces,
    /// Acks, beats, hellos and wants: for whoever listens at that moment.
    Signals,
}

impl Class {
    /// The class of an envelope; what is no envelope is a signal, which nobody stores.
    #[must_use]
    pub fn of(envelope: &[u8]) -> Self {
        let header = envelope.get(..EnvelopeHeader::LENGTH).map(EnvelopeHeader::read);
        match header {
            Some(Ok(EnvelopeHeader { kind: EnvelopeKind::Entries, .. })) => Self::Envelopes,
            Some(Ok(EnvelopeHeader { kind: EnvelopeKind::Piece, .. })) => Self::Pieces,
            Some(Ok(_) | Err(_)) | None => Self::Signals,
        }
    }

    /// Whether the broker keeps it until its recipient has acknowledged it.
    #[must_use]
    pub const fn is_stored(self) -> bool {
        matches!(self, Self::Envelopes | Self::Pieces)
    }

    const fn token(self) -> &'static str {
        match self {
            Self::Envelopes => "env",
            Self::Pieces => "pkg",
            Self::Signals => "ctl",
        }
    }
}

/// Where a message is published: from a site, to a site. There is one consumer for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The sender, whose stream it is.
    pub from: usize,
    /// The recipient.
    pub to: usize,
    /// The class.
    pub class: Class,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interspace.v1.{}.{}.{}", self.from, self.to, self.class.token())
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it was published.
    pub subject: Subject,
    /// Counts all messages in the order in which they were published.
    pub number: u64,
    /// The envelope.
    pub bytes: Vec<u8>,
}

/// What a recipient acknowledges. It names a place in a stream, which after a loss may hold
/// another message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Where it was published.
    pub subject: Subject,
    /// Its place in the sender's stream.
    pub place: u64,
}
