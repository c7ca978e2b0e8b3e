//! What is known of the other side of a link, since this process started.

use schema::id::LinkSeq;
use schema::limits::{ENVELOPE_BYTES_SOFT, RESEND_MS_MIN};
use std::collections::VecDeque;

/// What is known of the other side; begins anew with each start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) acknowledged: LinkSeq,
    pub(super) applied: LinkSeq,
    pub(super) sent: LinkSeq,
    /// Whether the peer answered a hello of this start. Nothing is sent before.
    pub(super) answered: bool,
    /// The newest of our beats whose echo came with an ack.
    pub(super) echo: u64,
    pub(super) holes: VecDeque<(LinkSeq, LinkSeq)>,
    pub(super) holes_at_ms: u64,
    pub(super) retry_at_ms: u64,
    pub(super) retry_delay_ms: u64,
    pub(super) rolled_back: bool,
    /// The newest schema that the peer said it understands. It never falls.
    pub(super) understood: u16,
    /// When a fall of *acknowledged* may make everything be sent again at once.
    pub(super) fall_at_ms: u64,
    /// Bytes of entries at which an envelope is closed.
    pub(super) envelope_bytes: usize,
}

impl Flight {
    pub(super) const fn new() -> Self {
        Self {
            acknowledged: LinkSeq(0),
            applied: LinkSeq(0),
            sent: LinkSeq(0),
            answered: false,
            echo: 0,
            holes: VecDeque::new(),
            holes_at_ms: 0,
            retry_at_ms: 0,
            retry_delay_ms: RESEND_MS_MIN,
            rolled_back: false,
            understood: 0,
            fall_at_ms: 0,
            envelope_bytes: ENVELOPE_BYTES_SOFT,
        }
    }
}
