//! T16: parts that are deleted, swapped, cut, grown, flipped, spliced, doubled, or old.

use crate::scene::{
    BERTA, CARLA, entries, envelope, export, file_name, files, forged, header, look, part, piece,
    refused, stick, taken, three_parts,
};
use schema::latest::{EnvelopeKind, Part};
use std::fs;
use std::path::PathBuf;

/// A stick with one small part, where it is, and its bytes.
fn one() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let stick = stick();
    let path =
        export(stick.path(), 1, &[entries(1, 1, 30), entries(2, 1, 30)]).parts[0].path.clone();
    let bytes = fs::read(&path).unwrap();
    (stick, path, bytes)
}

/// Nothing of the only file on the stick is taken.
fn gives_nothing(stick: &tempfile::TempDir, what: &str) -> &'static str {
    let look = look(stick);
    assert!(taken(&look).is_empty(), "{what}");
    assert!(look.sets.is_empty() && look.directions().is_empty(), "{what}");
    let [(_, code)] = refused(&look)[..] else {
        panic!("{what}: {look:?}");
    };
    code
}

#[test]
fn t16_a_flip_of_any_byte_of_a_part_is_noticed_and_nothing_of_it_is_taken() {
    let (stick, path, bytes) = one();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80] {
            let mut flipped = bytes.clone();
            flipped[at] ^= flip;
            fs::write(&path, flipped).unwrap();
            gives_nothing(&stick, &format!("byte {at}"));
        }
    }
}

#[test]
fn t16_a_part_that_is_cut_anywhere_gives_nothing() {
    let (stick, path, bytes) = one();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        assert_eq!(gives_nothing(&stick, &format!("{length} bytes")), "cut");
    }
}

#[test]
fn t16_a_part_to_which_something_is_appended_gives_nothing() {
    let (stick, path, bytes) = one();
    let envelope = entries(3, 1, 30);
    let framed = [&u32::try_from(envelope.len()).unwrap().to_be_bytes()[..], &envelope].concat();
    for appended in [&[0][..], &framed, &bytes] {
        fs::write(&path, [&bytes, appended].concat()).unwrap();
        assert_eq!(gives_nothing(&stick, "appended"), "grown");
    }
}

#[test]
fn t16_an_envelope_put_into_a_part_beside_those_it_says_it_holds_is_noticed() {
    let (stick, path, bytes) = one();
    let whole = part(&path);
    // With all numbers as they should be and the checksum of before.
    let more = Part { envelopes: [&whole.envelopes[..], &[entries(3, 1, 30)]].concat(), ..whole };
    let mut more = more.write();
    let end = more.len() - 32;
    more[end..].copy_from_slice(&bytes[bytes.len() - 32..]);
    fs::write(&path, &more).unwrap();
    assert_eq!(gives_nothing(&stick, "an envelope more"), "checksum");
    // With a checksum that fits, and with the count of before.
    fs::write(&path, forged(&more, |bytes| bytes[102] = 2)).unwrap();
    assert_eq!(gives_nothing(&stick, "a count too low"), "bad-envelopes");
}

#[test]
fn t16_each_part_that_is_deleted_is_told_and_the_others_are_taken() {
    for deleted in 0..3 {
        let stick = stick();
        let written = export(stick.path(), 1, &three_parts());
        fs::remove_file(&written.parts[deleted].path).unwrap();
        let look = look(&stick);
        let set = &look.sets[0];
        let number = deleted as u64 + 1;
        let expected = if deleted == 2 { vec![] } else { vec![(number, number)] };
        assert_eq!((&set.missing, set.last_missing), (&expected, deleted == 2));
        assert!(!set.is_complete());
        let kept = [&three_parts()[..3], &three_parts()[3..5], &three_parts()[5..]];
        let kept = (0..3).filter(|part| *part != deleted).flat_map(|part| kept[part].to_vec());
        assert_eq!(taken(&look), kept.collect::<Vec<_>>());
    }
}

#[test]
fn t16_parts_whose_names_are_swapped_are_taken_in_their_own_order() {
    let stick = stick();
    let written = export(stick.path(), 1, &three_parts());
    let paths: Vec<_> = written.parts.iter().map(|part| &part.path).collect();
    let bytes: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    for (path, bytes) in paths.iter().zip([&bytes[2], &bytes[0], &bytes[1]]) {
        fs::write(path, bytes).unwrap();
    }
    let look = look(&stick);
    assert_eq!(taken(&look), three_parts());
    assert!(look.sets[0].is_complete());
}

#[test]
fn t16_a_part_in_the_place_of_one_of_another_set_stays_what_it_is() {
    let stick = stick();
    let one = export(stick.path(), 1, &three_parts());
    let other = export(stick.path(), 2, &three_parts());
    fs::rename(&other.parts[1].path, &one.parts[1].path).unwrap();
    let look = look(&stick);
    let missing: Vec<_> = look.sets.iter().map(|set| &*set.missing).collect();
    assert_eq!(missing, [&[(2, 2)][..], &[]]);
    assert!(look.sets.iter().all(|set| set.contradicting.is_empty()));
}

#[test]
fn t16_parts_of_two_sets_that_are_spliced_give_nothing() {
    let (stick, path, one) = one();
    let other = crate::scene::stick();
    let envelopes = [entries(7, 1, 30), entries(8, 1, 30)];
    let other = fs::read(&export(other.path(), 2, &envelopes).parts[0].path).unwrap();
    assert_eq!(one.len(), other.len());
    for joint in 1..one.len() {
        let spliced = [&one[..joint], &other[joint..]].concat();
        // Both begin alike, and where they do not differ a splice is none.
        if spliced == one || spliced == other {
            continue;
        }
        fs::write(&path, &spliced).unwrap();
        assert_eq!(gives_nothing(&stick, &format!("at {joint}")), "checksum");
    }
}

#[test]
fn t16_envelopes_of_others_are_not_let_into_a_part_even_with_a_checksum_that_fits() {
    let (stick, path, _) = one();
    let whole = part(&path);
    let mut foreign = header(EnvelopeKind::Entries, 3, 1);
    foreign.origin = CARLA;
    let mut forwarded = header(EnvelopeKind::Entries, 3, 1);
    forwarded.recipient = CARLA;
    let mut reflected = header(EnvelopeKind::Entries, 3, 1);
    (reflected.origin, reflected.recipient) = (BERTA, foreign.recipient);
    for header in [foreign, forwarded, reflected] {
        let mut spliced = whole.clone();
        spliced.envelopes.push(envelope(header, 30));
        fs::write(&path, spliced.write()).unwrap();
        assert_eq!(gives_nothing(&stick, "foreign"), "foreign-envelope");
    }
    let mut mixed = whole;
    mixed.envelopes.push(piece(30));
    fs::write(&path, mixed.write()).unwrap();
    assert_eq!(gives_nothing(&stick, "mixed"), "mixed");
}

#[test]
fn t16_every_part_doubled_under_other_names_changes_nothing() {
    let stick = stick();
    export(stick.path(), 1, &three_parts());
    let before = look(&stick);
    for path in files(stick.path()).into_keys() {
        for copy in ["a copy of ", "another copy of ", "zz-"] {
            fs::copy(&path, stick.path().join(format!("{copy}{}", file_name(&path)))).unwrap();
        }
    }
    let after = look(&stick);
    assert_eq!(taken(&after), three_parts());
    assert_eq!((&after.sets, after.directions()), (&before.sets, before.directions()));
    assert!(after.found.iter().all(|found| found.copies.len() == 3));
}

#[test]
fn t16_two_parts_that_claim_one_number_or_come_after_the_last_are_told() {
    let stick = stick();
    let written = export(stick.path(), 1, &three_parts());
    let mut other = part(&written.parts[1].path);
    other.envelopes.pop();
    fs::write(stick.path().join("other.isp"), other.write()).unwrap();
    other.head.number = 4;
    fs::write(stick.path().join("beyond.isp"), other.write()).unwrap();
    let look = look(&stick);
    assert!(look.sets[0].contradicting.iter().eq(&[2, 4]));
    assert_eq!(look.found.len(), 5, "each of them is still shown");
}

#[test]
fn t16_what_others_put_on_the_stick_changes_nothing() {
    let stick = stick();
    export(stick.path(), 1, &three_parts());
    let before = look(&stick);
    fs::write(stick.path().join("holiday.jpg"), b"the sea").unwrap();
    fs::write(stick.path().join("autorun.inf"), b"").unwrap();
    fs::write(stick.path().join("zero.isp"), b"").unwrap();
    fs::write(stick.path().join("letter.isp"), b"Dear Berta,").unwrap();
    let after = look(&stick);
    assert_eq!((taken(&after), &after.sets), (three_parts(), &before.sets));
    let told = [("letter.isp", "not-a-part"), ("zero.isp", "cut")];
    assert_eq!(refused(&after), told.map(|(name, code)| (name.to_owned(), code)));
}

#[test]
fn t16_parts_of_somebody_elses_stick_beside_stay_apart() {
    let stick = stick();
    export(stick.path(), 1, &three_parts());
    let mut theirs = part(&look(&stick).found[0].path);
    theirs.head.from = CARLA;
    let mut header = header(EnvelopeKind::Entries, 1, 1);
    header.origin = CARLA;
    theirs.envelopes = vec![envelope(header, 30)];
    // Even with the id of the set of ours.
    fs::write(stick.path().join("theirs.isp"), theirs.write()).unwrap();
    let look = look(&stick);
    assert_eq!((look.sets.len(), look.directions().len()), (2, 2));
    let ours = look.sets.iter().find(|set| set.from != CARLA).unwrap();
    assert!(ours.is_complete() && ours.contradicting.is_empty());
}
