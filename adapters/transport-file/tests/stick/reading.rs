//! Looks: what is there, what is there twice, what is missing.

use crate::scene::{
    ANNA, BERTA, LINK, NEWEST, entries, envelope, export, header, look, piece, refused, signal,
    stick, taken, three_parts,
};
use schema::id::LinkSeq;
use schema::latest::EnvelopeKind;
use std::fs;
use transport_file::{Fault, Found, Refused, inspect, missing, read};

#[test]
fn the_same_part_found_twice_is_told_once() {
    let stick = stick();
    let envelopes = three_parts();
    let written = export(stick.path(), 1, &envelopes);
    let copy = stick.path().join("copy of 1.isp");
    fs::copy(&written.parts[0].path, &copy).unwrap();
    let look = look(&stick);
    assert_eq!(look.found.len(), 3);
    let both = [&look.found[0].path, &look.found[0].copies[0]];
    assert!(both.contains(&&copy) && both.contains(&&written.parts[0].path));
    assert_eq!(taken(&look), envelopes);
    assert!(look.sets[0].contradicting.is_empty());
}

#[test]
fn a_part_that_cannot_be_read_any_more_is_opened_from_its_copy() {
    let stick = stick();
    let written = export(stick.path(), 1, &[entries(1, 1, 9)]);
    let original = &written.parts[0].path;
    fs::copy(original, stick.path().join("copy.isp")).unwrap();
    let look = look(&stick);
    for gone in [look.found[0].path.clone(), look.found[0].copies[0].clone()] {
        let kept = fs::read(&gone).unwrap();
        fs::remove_file(&gone).unwrap();
        assert_eq!(look.found[0].open().unwrap().envelopes, [entries(1, 1, 9)]);
        fs::write(&gone, kept).unwrap();
    }
}

#[test]
fn t16_a_part_that_was_changed_since_it_was_found_gives_nothing() {
    let stick = stick();
    let one = export(stick.path(), 1, &[entries(1, 1, 9)]).parts[0].path.clone();
    let found: Vec<Found> = look(&stick).found;
    let other = export(stick.path(), 2, &[entries(2, 1, 9)]).parts[0].path.clone();
    fs::copy(other, &one).unwrap();
    assert_eq!(found[0].open(), Err(Refused::Changed));
    let mut cut = fs::read(&one).unwrap();
    cut.pop();
    fs::write(&one, cut).unwrap();
    assert_eq!(found[0].open().unwrap_err().code(), "cut");
    fs::remove_file(&one).unwrap();
    assert_eq!(found[0].open().unwrap_err().code(), "unreadable");
}

#[test]
fn older_exports_come_first_whatever_they_are_called() {
    let stick = stick();
    for number in [3, 1, 2] {
        let first = u64::from(number) * 10;
        export(stick.path(), number, &[entries(first, 1, 9), piece(9)]);
    }
    let look = look(&stick);
    let numbers = look.summaries().map(|part| (part.head.set.0[0], part.head.number));
    let expected = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)];
    assert_eq!(numbers.collect::<Vec<_>>(), expected);
    assert_eq!(look.sets.len(), 3);
    assert!(look.sets.iter().all(transport_file::Set::is_complete));
}

#[test]
fn one_folder_deep_and_no_deeper_is_searched() {
    let stick = stick();
    let path = |name: &str| stick.path().join(name);
    for name in ["medium-1", "medium-1/medium-2", "backup", "medium-", "medium-x", "Medium-3"] {
        fs::create_dir(path(name)).unwrap();
    }
    let source = crate::scene::stick();
    let part = export(source.path(), 1, &[entries(1, 1, 9)]).parts[0].path.clone();
    let (found, not_found) =
        (["medium-1"], ["medium-1/medium-2", "backup", "medium-", "medium-x", "Medium-3"]);
    for name in not_found {
        fs::copy(&part, path(name).join("part.isp")).unwrap();
        assert!(look(&stick).found.is_empty(), "{name}");
    }
    for name in found {
        fs::copy(&part, path(name).join("part.isp")).unwrap();
    }
    assert_eq!(taken(&look(&stick)), [entries(1, 1, 9)]);
    // Somebody who names a folder means it.
    assert_eq!(read(&[path("backup")]).unwrap().found.len(), 1);
}

#[test]
fn what_was_named_and_is_not_there_is_a_fault() {
    let stick = stick();
    let path = stick.path().join("nowhere");
    assert_eq!(read(std::slice::from_ref(&path)), Err(Fault::Absent { path }));
    let look = look(&stick);
    assert!(look.found.is_empty() && look.sets.is_empty() && look.directions().is_empty());
}

#[test]
fn without_a_key_the_headers_say_who_how_much_and_from_where_to_where() {
    let stick = stick();
    let mut renewed = header(EnvelopeKind::Entries, 30, 2);
    (renewed.origin_key, renewed.recipient_key) = (2, 3);
    let envelopes = [
        signal(EnvelopeKind::Ack),
        signal(EnvelopeKind::Beat),
        entries(1, 10, 100),
        entries(8, 5, 100),
        envelope(renewed, 100),
        piece(200),
    ];
    export(stick.path(), 1, &envelopes);
    let look = look(&stick);
    let [direction] = &look.directions()[..] else {
        panic!("{:?}", look.directions());
    };
    assert_eq!((direction.from, direction.to, direction.link), (ANNA, BERTA, LINK));
    let kinds: Vec<_> = direction.kinds.iter().map(|(name, count)| (*name, *count)).collect();
    assert_eq!(kinds, [("ack", 1), ("beat", 1), ("entries", 3), ("piece", 1)]);
    assert_eq!(direction.entries.iter().collect::<Vec<_>>(), [(1, 12), (30, 31)]);
    assert_eq!(direction.gaps(), [(13, 29)]);
    assert_eq!((direction.newest.0, direction.oldest.0), (NEWEST, 1));
    assert_eq!(direction.checkpoint_size, 2_030);
    assert_eq!(direction.checkpoint_time_ms, 1_767_225_600_030);
    let bytes: usize = envelopes.iter().map(Vec::len).sum();
    assert_eq!((direction.envelopes, direction.bytes), (6, bytes as u64));
    assert_eq!(direction.piece_bytes, envelopes[5].len() as u64);
    assert!(direction.origin_keys.iter().eq(&[1, 2]));
    assert!(direction.recipient_keys.iter().eq(&[2, 3]));
    // One header after the other or part by part: the same.
    let headers = envelopes.map(|it| schema::latest::EnvelopeHeader::of_envelope(&it).unwrap());
    assert_eq!(inspect(&headers), look.directions());
    let json = serde_json::to_value(direction).unwrap();
    assert_eq!(json["entries"], serde_json::json!([[1, 12], [30, 31]]));
    assert_eq!(json["kinds"]["entries"], 3);
    let ranges = |pairs: &[(u64, u64)]| -> Vec<_> {
        pairs.iter().map(|(first, last)| (LinkSeq(*first), LinkSeq(*last))).collect()
    };
    let missing = |have| missing(LinkSeq(have), &direction.entries, direction.newest);
    assert_eq!(missing(0), ranges(&[(13, 29), (32, 1_000)]));
    assert_eq!(missing(20), ranges(&[(21, 29), (32, 1_000)]));
    assert_eq!(missing(999), ranges(&[(1_000, 1_000)]));
    assert_eq!(missing(1_000), []);
}

#[test]
fn one_damaged_part_hides_no_other() {
    let stick = stick();
    let written = export(stick.path(), 1, &three_parts());
    fs::write(&written.parts[1].path, b"").unwrap();
    let look = look(&stick);
    assert_eq!(refused(&look).len(), 1);
    let whole = [&three_parts()[..3], &three_parts()[5..]].concat();
    assert_eq!(taken(&look), whole);
    assert_eq!((&*look.sets[0].missing, look.sets[0].last_missing), (&[(2, 2)][..], false));
}
