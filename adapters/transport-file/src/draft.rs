//! A part while it is being filled.

use schema::latest::{EnvelopeHeader, Part};
use schema::limits::PART_BYTES_MAX;
use std::path::PathBuf;

/// A part that still takes envelopes.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Where it will lie.
    pub(crate) folder: PathBuf,
    pub(crate) envelopes: Vec<Vec<u8>>,
    /// All envelopes of a part go together with this one.
    first: EnvelopeHeader,
    /// The size of the file if it were closed now.
    bytes: u64,
    bytes_max: u64,
}

impl Draft {
    /// The size of the smallest part that holds an envelope.
    pub(crate) const fn bytes_min(envelope: &[u8]) -> u64 {
        (Part::FRAME + Part::room(envelope.len())) as u64
    }

    /// A part in `folder`, which has this much room, with its first envelope.
    pub(crate) fn new(folder: PathBuf, room: u64, header: EnvelopeHeader, envelope: &[u8]) -> Self {
        Self {
            folder,
            envelopes: vec![envelope.to_vec()],
            first: header,
            bytes: Self::bytes_min(envelope),
            bytes_max: room.min(PART_BYTES_MAX as u64),
        }
    }

    /// Takes another envelope; false if it has to go into another part.
    pub(crate) fn take(&mut self, header: &EnvelopeHeader, envelope: &[u8]) -> bool {
        let bytes = self.bytes + Part::room(envelope.len()) as u64;
        if bytes > self.bytes_max || Part::together(&self.first, header).is_err() {
            return false;
        }
        self.envelopes.push(envelope.to_vec());
        self.bytes = bytes;
        true
    }
}
