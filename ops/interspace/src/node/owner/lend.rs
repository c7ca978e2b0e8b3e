//! What a medium takes along, sealed by the owner of a space.

use super::{Doors, Envelopes, Owner};
use api_http::port::Lend;
use engine::log::{Fault, Log};
use schema::id::SpaceId;

/// Bytes of entries that are lent at once, at which no more are added.
const LENT_BYTES_MAX: usize = 4 * 1024 * 1024;

impl<L: Log, D: Doors> Owner<L, D> {
    /// Seals what a medium takes along, a few megabytes at the most.
    pub(super) fn lend(&mut self, peer: &SpaceId, what: Lend) -> Result<Envelopes, Fault> {
        Ok(match what {
            Lend::Signals => self.space.lend_signals(peer)?,
            Lend::Piece(piece) => self.space.lend_piece(peer, &piece).into_iter().collect(),
            Lend::Entries(mut after) => {
                let (mut lent, mut bytes) = (Vec::new(), 0);
                while bytes < LENT_BYTES_MAX
                    && let Some((last, envelope)) = self.space.lend_entries(peer, after)?
                {
                    bytes += envelope.len();
                    after = last;
                    lent.push(envelope);
                }
                lent
            }
        })
    }
}
