//! What was brought by hand and is worth remembering: how far each peer is, as it said itself.
//!
//! A peer that is reached by hand only does not say again how far it is when the node starts. Its
//! newest hello is kept as it came, sealed and signed, and given to the door again at a start.

use crate::failure::Failure;
use crate::node::folder::{make, write_private};
use engine::trust::refusal::Refusal;
use schema::id::SpaceId;
use schema::latest::{EnvelopeHeader, EnvelopeKind};
use std::path::Path;

/// Keeps the hellos among what was brought and not refused.
pub(crate) fn keep(
    folder: &Path,
    envelopes: &[Vec<u8>],
    refused: &[Option<Refusal>],
) -> Result<(), Failure> {
    for (envelope, refused) in envelopes.iter().zip(refused) {
        let header = EnvelopeHeader::of_envelope(envelope);
        if let (Ok(header), None) = (header, refused)
            && header.kind == EnvelopeKind::Hello
        {
            make(folder)?;
            write_private(&folder.join(file_of(&header.origin)), envelope)?;
        }
    }
    Ok(())
}

/// What was kept. What cannot be read is said again by the peer.
pub(crate) fn kept(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "hello"));
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn file_of(peer: &SpaceId) -> String {
    format!("{}.hello", peer.short())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_hello_is_not_kept() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("courier");
        keep(&folder, &[vec![0; 9]], &[None]).unwrap();
        assert!(kept(&folder).is_empty());
    }
}
