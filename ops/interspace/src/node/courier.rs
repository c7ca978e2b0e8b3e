//! What was brought by hand and is worth remembering: how far each peer is, as it said itself.
//!
//! A peer that is reached by hand only does not say again how far it is when the node starts. Its
//! newest hello is kept as it came, sealed and signed, and given to the door again at a start; so
//! is what came with it if the peer asks for what it lost.

use crate::failure::Failure;
use crate::node::folder::{make, write_private};
use engine::trust::refusal::Refusal;
use schema::id::SpaceId;
use schema::latest::{EnvelopeHeader, EnvelopeKind};
use std::path::Path;

/// How the file of a hello ends.
const HELLO: &str = "hello";

/// How that of a reclaim ends; behind the other one in the order of names.
const RECLAIM: &str = "reclaim";

/// Keeps the hellos and reclaims among what was brought and not refused. A hello without a reclaim
/// behind it takes the place of one with it.
pub(crate) fn keep(
    folder: &Path,
    envelopes: &[Vec<u8>],
    refused: &[Option<Refusal>],
) -> Result<(), Failure> {
    for (envelope, refused) in envelopes.iter().zip(refused) {
        let header = EnvelopeHeader::of_envelope(envelope);
        let (Ok(header), None) = (header, refused) else { continue };
        let reclaim = folder.join(file_of(&header.origin, RECLAIM));
        match header.kind {
            EnvelopeKind::Hello => {
                make(folder)?;
                write_private(&folder.join(file_of(&header.origin, HELLO)), envelope)?;
                match std::fs::remove_file(&reclaim) {
                    Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Failure::io("removing", &reclaim, &why));
                    }
                    Ok(()) | Err(_) => {}
                }
            }
            EnvelopeKind::Reclaim => {
                make(folder)?;
                write_private(&reclaim, envelope)?;
            }
            EnvelopeKind::Entries
            | EnvelopeKind::Ack
            | EnvelopeKind::Beat
            | EnvelopeKind::Want
            | EnvelopeKind::Piece
            | EnvelopeKind::Keys
            | EnvelopeKind::Returned
            | EnvelopeKind::Join => {}
        }
    }
    Ok(())
}

/// What was kept, of each peer the hello first. What cannot be read is said again by the peer.
pub(crate) fn kept(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == HELLO || it == RECLAIM));
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn file_of(peer: &SpaceId, kind: &str) -> String {
    format!("{}.{kind}", peer.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::id::{Incarnation, LinkId, LinkSeq};
    use schema::latest::Envelope;

    /// An envelope of this kind, as far as anything here looks.
    fn envelope(kind: EnvelopeKind) -> Vec<u8> {
        let header = EnvelopeHeader {
            kind,
            origin: SpaceId([1; 32]),
            origin_key: 1,
            recipient: SpaceId([2; 32]),
            recipient_key: 1,
            link: LinkId([3; 32]),
            incarnation: Incarnation([4; 16]),
            encapsulation: [5; 32],
            first: LinkSeq(1),
            count: 0,
            chain_before: [0; 32],
            chain_after: [0; 32],
            newest: LinkSeq(0),
            oldest: LinkSeq(1),
            checkpoint_size: 1,
            checkpoint_root: [0; 32],
            checkpoint_time_ms: 0,
            body_length: 16,
            nonce: [6; 24],
        };
        let header_bytes = header.write();
        Envelope { header, header_bytes, body: vec![0; 16], signature: [0; 64] }.write()
    }

    #[test]
    fn what_is_no_hello_is_not_kept() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("courier");
        let others = [vec![0; 9], envelope(EnvelopeKind::Beat), envelope(EnvelopeKind::Hello)];
        keep(&folder, &others, &[None, None, Some(Refusal::Frozen)]).unwrap();
        assert!(kept(&folder).is_empty());
    }

    #[test]
    fn a_reclaim_is_kept_behind_its_hello_until_one_comes_without() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("courier");
        let both = [envelope(EnvelopeKind::Hello), envelope(EnvelopeKind::Reclaim)];
        keep(&folder, &both, &[None, None]).unwrap();
        assert_eq!(kept(&folder), both);
        keep(&folder, &both[..1], &[None]).unwrap();
        assert_eq!(kept(&folder), both[..1]);
    }
}
