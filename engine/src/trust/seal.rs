//! The other half of the door: from content to a sealed and signed envelope.

use crate::entropy::Entropy;
use crate::trust::certificate::Keys;
use crate::trust::epoch::{Direction, EpochKeys, begin};
use crate::trust::identity::Identity;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use schema::bytes::Writer;
use schema::hash::Hash;
use schema::id::{Incarnation, LinkId, LinkSeq};
use schema::latest::{Carried, EnvelopeHeader, EnvelopeKind};
use schema::v1::envelope::{body_hash, signed_bytes, write_entries};
use std::collections::BTreeMap;

/// Length of the tag that sealing adds.
const TAG: usize = 16;

/// What the header of an envelope says about its origin at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The incarnation of the log.
    pub incarnation: Incarnation,
    /// The newest durable LinkSeq.
    pub newest: LinkSeq,
    /// c there.
    pub chain: Hash,
    /// The oldest LinkSeq that can be sent again.
    pub oldest: LinkSeq,
    /// Size, root and time of the newest checkpoint.
    pub checkpoint: (u64, Hash, u64),
}

/// A run of entries of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// LinkSeq of the first.
    pub first: LinkSeq,
    /// c before the first.
    pub chain_before: Hash,
    /// c after the last.
    pub chain_after: Hash,
    /// The entries.
    pub entries: Vec<Carried>,
}

/// Seals for each link under the epoch that began with this process.
#[derive(Debug, Default)]
pub struct Sealer {
    epochs: BTreeMap<LinkId, Epoch>,
}

#[derive(Debug)]
struct Epoch {
    recipient_key: u32,
    encapsulation: [u8; 32],
    keys: EpochKeys,
}

impl Sealer {
    /// Ends the epoch of a link; the next envelope begins a new one.
    pub fn renew(&mut self, link: &LinkId) {
        self.epochs.remove(link);
    }

    /// An envelope of entries. None if the peer's key cannot be sealed to.
    pub fn entries(
        &mut self,
        me: &Identity,
        peer: &Keys,
        link: LinkId,
        head: &Head,
        run: &Run,
        entropy: &mut Entropy,
    ) -> Option<Vec<u8>> {
        let body = write_entries(&run.entries);
        let count = u32::try_from(run.entries.len()).ok()?;
        let place = (run.first, count, run.chain_before, run.chain_after);
        self.seal(me, peer, link, head, EnvelopeKind::Entries, place, &body, entropy)
    }

    /// An envelope without entries. None if the peer's key cannot be sealed to.
    #[expect(clippy::too_many_arguments, reason = "the parts of one header")]
    pub fn signal(
        &mut self,
        me: &Identity,
        peer: &Keys,
        link: LinkId,
        head: &Head,
        kind: EnvelopeKind,
        body: Writer,
        entropy: &mut Entropy,
    ) -> Option<Vec<u8>> {
        let place = (head.newest.next(), 0, head.chain, head.chain);
        self.seal(me, peer, link, head, kind, place, &body.finish(), entropy)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one header")]
    fn seal(
        &mut self,
        me: &Identity,
        peer: &Keys,
        link: LinkId,
        head: &Head,
        kind: EnvelopeKind,
        (first, count, chain_before, chain_after): (LinkSeq, u32, Hash, Hash),
        body: &[u8],
        entropy: &mut Entropy,
    ) -> Option<Vec<u8>> {
        let epoch = self.epoch(me, peer, link, entropy)?;
        let header = EnvelopeHeader {
            kind,
            origin: me.space(),
            origin_key: me.number(),
            recipient: peer.space(),
            recipient_key: epoch.recipient_key,
            link,
            incarnation: head.incarnation,
            encapsulation: epoch.encapsulation,
            first,
            count,
            chain_before,
            chain_after,
            newest: head.newest,
            oldest: head.oldest,
            checkpoint_size: head.checkpoint.0,
            checkpoint_root: head.checkpoint.1,
            checkpoint_time_ms: head.checkpoint.2,
            body_length: u32::try_from(body.len() + TAG).ok()?,
            nonce: entropy.bytes(),
        };
        let header_bytes = header.write();
        let sealed = XChaCha20Poly1305::new(epoch.keys.key(kind).into())
            .encrypt(&XNonce::from(header.nonce), Payload { msg: body, aad: &header_bytes })
            .ok()?;
        let signature = me.sign(&signed_bytes(&header_bytes, &body_hash(&sealed)));
        let mut out = Writer::new();
        out.fixed(&header_bytes).fixed(&sealed).fixed(&signature);
        Some(out.finish())
    }

    fn epoch(
        &mut self,
        me: &Identity,
        peer: &Keys,
        link: LinkId,
        entropy: &mut Entropy,
    ) -> Option<&Epoch> {
        let newest = peer.newest();
        if self.epochs.get(&link).is_none_or(|epoch| epoch.recipient_key != newest.number) {
            let direction = Direction { origin: me.space(), recipient: peer.space(), link };
            let (encapsulation, keys) = begin(&direction, &newest.sealing.0, entropy)?;
            let epoch = Epoch { recipient_key: newest.number, encapsulation, keys };
            self.epochs.insert(link, epoch);
        }
        self.epochs.get(&link)
    }
}
