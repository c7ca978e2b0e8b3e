//! Exports: whole or not there at all, in order, beside what was there before.

use crate::scene::{
    CARLA, LIFE, entries, envelope, export, file_name, files, head, header, look, part, piece,
    refused, signal, stick, taken, three_parts,
};
use schema::bytes::Malformed;
use schema::id::{Incarnation, LinkId};
use schema::latest::EnvelopeKind;
use schema::limits::{ENVELOPE_BYTES_MAX, PART_BYTES_MAX};
use std::fs;
use transport_file::{Export, Fault, Sizes};

#[test]
fn an_export_is_read_back_byte_for_byte_and_in_order() {
    let stick = stick();
    let envelopes = three_parts();
    let written = export(stick.path(), 1, &envelopes);
    let look = look(&stick);
    assert_eq!(taken(&look), envelopes);
    assert!(refused(&look).is_empty() && look.unfinished.is_empty());
    assert!(look.sets.len() == 1 && look.sets[0].is_complete());
    assert_eq!((written.parts.len(), written.media), (3, 0));
    let counts: Vec<u64> = written.parts.iter().map(|part| part.envelopes).collect();
    assert_eq!(counts, [3, 2, 1]);
    for part in &written.parts {
        assert_eq!(fs::metadata(&part.path).unwrap().len(), part.bytes);
    }
    let names: Vec<_> = written.parts.iter().map(|part| file_name(&part.path)).collect();
    let expected = "interspace-vkvkvkvk-to-xo53xo53-aeaqcaib-0001.isp";
    assert_eq!((names.len(), &*names[0]), (3, expected));
}

#[test]
fn a_part_holds_entries_or_pieces_and_never_both() {
    let stick = stick();
    let written = export(stick.path(), 1, &three_parts());
    let kinds = written.parts.iter().map(|written| {
        let envelopes = part(&written.path).envelopes;
        let kinds: Vec<u8> = envelopes.iter().map(|envelope| envelope[7]).collect();
        kinds
    });
    let (entries, ack, piece) = (1, 2, 6);
    let expected = [vec![ack, entries, entries], vec![piece, piece], vec![entries]];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
}

#[test]
fn envelopes_of_two_links_or_lives_go_into_two_parts() {
    let stick = stick();
    let mut other_link = header(EnvelopeKind::Entries, 1, 1);
    other_link.link = LinkId([9; 32]);
    let mut other_life = header(EnvelopeKind::Entries, 1, 1);
    other_life.incarnation = Incarnation([9; 16]);
    assert_ne!(other_life.incarnation, LIFE);
    let envelopes = [entries(1, 1, 9), envelope(other_link, 9), envelope(other_life, 9)];
    assert_eq!(export(stick.path(), 1, &envelopes).parts.len(), 3);
    let look = look(&stick);
    assert_eq!(taken(&look), envelopes);
    assert_eq!(look.directions().len(), 3);
}

#[test]
fn no_part_is_larger_than_a_part_may_be() {
    let stick = stick();
    let largest = ENVELOPE_BYTES_MAX - 330 - 64;
    let envelopes: Vec<_> = (1..=30).map(|first| entries(first, 1, largest)).collect();
    let written = export(stick.path(), 1, &envelopes);
    assert_eq!(written.parts.len(), 2);
    assert!(written.parts.iter().all(|part| part.bytes <= PART_BYTES_MAX as u64));
    // The first is as full as it can be.
    assert!(written.parts[0].bytes + ENVELOPE_BYTES_MAX as u64 + 4 > PART_BYTES_MAX as u64);
    assert_eq!(taken(&look(&stick)), envelopes);
}

#[test]
fn an_export_that_is_dropped_leaves_nothing() {
    let stick = stick();
    let mut export = Export::begin(stick.path(), &head(1), Sizes::default()).unwrap();
    for envelope in three_parts() {
        export.add(&envelope).unwrap();
    }
    let names: Vec<_> = files(stick.path()).into_keys().map(|path| file_name(&path)).collect();
    assert_eq!(names.len(), 2, "two parts are closed: {names:?}");
    assert!(look(&stick).found.is_empty(), "nothing of it has the name of a part");
    drop(export);
    assert!(files(stick.path()).is_empty());
}

#[test]
fn an_export_that_was_cut_short_is_told_and_never_taken_for_one() {
    let stick = stick();
    let mut export = Export::begin(stick.path(), &head(1), Sizes::default()).unwrap();
    for envelope in three_parts() {
        export.add(&envelope).unwrap();
    }
    // As a loss of power leaves it.
    std::mem::forget(export);
    let look = look(&stick);
    assert!(look.found.is_empty() && look.sets.is_empty());
    assert_eq!(look.unfinished.len(), 2);
}

#[test]
fn an_export_that_failed_is_gone_and_takes_nothing_more() {
    let stick = stick();
    let mut foreign = header(EnvelopeKind::Entries, 1, 1);
    foreign.recipient = CARLA;
    let no_envelope = Fault::NoEnvelope(Malformed::new("envelope"));
    let cases = [(vec![1, 2, 3], no_envelope), (envelope(foreign, 9), Fault::Misaddressed)];
    for (bad, fault) in cases {
        let mut export = Export::begin(stick.path(), &head(1), Sizes::default()).unwrap();
        for envelope in three_parts() {
            export.add(&envelope).unwrap();
        }
        assert_eq!(export.add(&bad), Err(fault));
        assert!(files(stick.path()).is_empty());
        assert_eq!(export.add(&entries(1, 1, 9)), Err(Fault::Ended));
        assert_eq!(export.finish(), Err(Fault::Ended));
        assert!(files(stick.path()).is_empty());
    }
}

#[test]
fn what_lies_on_the_stick_already_is_never_touched() {
    let stick = stick();
    export(stick.path(), 1, &three_parts());
    fs::write(stick.path().join("holiday.jpg"), b"the sea").unwrap();
    let before = files(stick.path());
    export(stick.path(), 2, &[signal(EnvelopeKind::Beat), piece(9)]);
    let mut failing = Export::begin(stick.path(), &head(3), Sizes::default()).unwrap();
    failing.add(&piece(9)).unwrap();
    failing.add(&entries(1, 1, 9)).unwrap();
    failing.add(b"nothing").unwrap_err();
    let after = files(stick.path());
    assert_eq!(after.len(), before.len() + 2);
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
}

#[test]
fn the_same_export_again_overwrites_nothing() {
    let stick = stick();
    export(stick.path(), 1, &[entries(1, 1, 9)]);
    let before = files(stick.path());
    let mut again = Export::begin(stick.path(), &head(1), Sizes::default()).unwrap();
    again.add(&entries(2, 1, 9)).unwrap();
    let fault = again.finish().unwrap_err();
    assert!(matches!(fault, Fault::Occupied { .. }), "{fault}");
    assert_eq!(files(stick.path()), before);
}

#[test]
fn a_stick_that_is_not_there_is_not_made() {
    let stick = stick();
    let path = stick.path().join("media").join("stick");
    let begun = Export::begin(&path, &head(1), Sizes::default());
    assert_eq!(begun.map(|_| ()), Err(Fault::NoFolder { path: path.clone() }));
    assert!(!path.exists());
}

#[test]
fn an_export_of_nothing_has_no_parts() {
    let stick = stick();
    let written = export(stick.path(), 1, &[]);
    assert!(written.parts.is_empty() && files(stick.path()).is_empty());
}
