//! A folder that stands for a stick, spaces that speak over it, and what they say.

use schema::hash::{Domain, hash};
use schema::id::{Incarnation, LinkId, LinkSeq, SetId, SpaceId};
use schema::latest::{EnvelopeHeader, EnvelopeKind, Part};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use transport_file::{Export, Head, Look, Sizes, Written, read};

pub(crate) const ANNA: SpaceId = SpaceId([0xaa; 32]);
pub(crate) const BERTA: SpaceId = SpaceId([0xbb; 32]);
pub(crate) const CARLA: SpaceId = SpaceId([0xcc; 32]);
pub(crate) const LINK: LinkId = LinkId([0x11; 32]);
pub(crate) const LIFE: Incarnation = Incarnation([0x22; 16]);

pub(crate) const CHECKSUM: usize = 32;

/// The newest LinkSeq that Anna says she has.
pub(crate) const NEWEST: u64 = 1_000;

/// The header of an envelope from Anna to Berta; `count` entries from `first` on, or none.
pub(crate) fn header(kind: EnvelopeKind, first: u64, count: u32) -> EnvelopeHeader {
    EnvelopeHeader {
        kind,
        origin: ANNA,
        origin_key: 1,
        recipient: BERTA,
        recipient_key: 2,
        link: LINK,
        incarnation: LIFE,
        encapsulation: [3; 32],
        first: LinkSeq(if count == 0 { NEWEST + 1 } else { first }),
        count,
        chain_before: [4; 32],
        chain_after: [4; 32],
        newest: LinkSeq(NEWEST),
        oldest: LinkSeq(1),
        checkpoint_size: 2_000 + first,
        checkpoint_root: [5; 32],
        checkpoint_time_ms: 1_767_225_600_000 + first,
        body_length: 0,
        nonce: [6; 24],
    }
}

/// An envelope with a body of so many bytes, which nobody sealed.
pub(crate) fn envelope(mut header: EnvelopeHeader, body_bytes: usize) -> Vec<u8> {
    header.body_length = u32::try_from(body_bytes).unwrap();
    let filler = header.first.0.to_be_bytes()[7];
    let rest = vec![filler; body_bytes + 64];
    [header.write(), rest].concat()
}

/// Entries from `first` on.
pub(crate) fn entries(first: u64, count: u32, body_bytes: usize) -> Vec<u8> {
    envelope(header(EnvelopeKind::Entries, first, count), body_bytes)
}

pub(crate) fn signal(kind: EnvelopeKind) -> Vec<u8> {
    envelope(header(kind, 0, 0), 100)
}

pub(crate) fn piece(body_bytes: usize) -> Vec<u8> {
    envelope(header(EnvelopeKind::Piece, 0, 0), body_bytes)
}

/// What all parts of the export with this number say.
pub(crate) fn head(number: u8) -> Head {
    let made_ms = 1_767_225_600_000 + u64::from(number);
    Head { from: ANNA, to: BERTA, set: SetId([number; 16]), made_ms }
}

/// Exports envelopes into one folder.
pub(crate) fn export(folder: &Path, number: u8, envelopes: &[Vec<u8>]) -> Written {
    export_to_media(folder, number, envelopes, Sizes::default())
}

pub(crate) fn export_to_media(
    folder: &Path,
    number: u8,
    envelopes: &[Vec<u8>],
    sizes: Sizes,
) -> Written {
    let mut export = Export::begin(folder, &head(number), sizes).unwrap();
    for envelope in envelopes {
        export.add(envelope).unwrap();
    }
    export.finish().unwrap()
}

/// Three parts: entries, pieces, and entries again.
pub(crate) fn three_parts() -> Vec<Vec<u8>> {
    vec![
        signal(EnvelopeKind::Ack),
        entries(1, 3, 200),
        entries(4, 2, 100),
        piece(300),
        piece(90),
        entries(6, 1, 50),
    ]
}

pub(crate) fn stick() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn look(folder: &TempDir) -> Look {
    read(&[folder.path().to_owned()]).unwrap()
}

/// All envelopes that an import would take, in its order.
pub(crate) fn taken(look: &Look) -> Vec<Vec<u8>> {
    let good = look.found.iter().filter(|found| found.result.is_ok());
    good.flat_map(|found| found.open().unwrap().envelopes).collect()
}

/// Why files are refused, by their names.
pub(crate) fn refused(look: &Look) -> Vec<(String, &'static str)> {
    let refused = look.found.iter().filter_map(|found| {
        let code = found.result.as_ref().err()?.code();
        assert_eq!(found.open().map(|_| ()), found.result.clone().map(|_| ()));
        Some((file_name(&found.path), code))
    });
    refused.collect()
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Every file below a folder with its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for found in fs::read_dir(folder).unwrap() {
        let path = found.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    files
}

/// The bytes of a part with a change and a checksum that fits again.
pub(crate) fn forged(part: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut forged = part[..part.len() - CHECKSUM].to_vec();
    change(&mut forged);
    let checksum = hash(Domain::Part, &[&forged]);
    forged.extend_from_slice(&checksum);
    forged
}

/// The part in a file.
pub(crate) fn part(path: &Path) -> Part {
    Part::read(&fs::read(path).unwrap()).unwrap()
}
