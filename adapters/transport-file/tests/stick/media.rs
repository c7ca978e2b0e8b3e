//! Media of a given size: folders that each fit on one.

use crate::scene::{
    entries, export_to_media, file_name, files, head, look, piece, stick, taken, three_parts,
};
use schema::latest::Part;
use schema::limits::PART_BYTES_MAX;
use std::fs;
use std::path::Path;
use transport_file::{Export, Fault, Sizes, read};

const fn of(bytes: u64) -> Sizes {
    Sizes { medium_bytes_max: Some(bytes) }
}

fn bytes_in(folder: &Path) -> u64 {
    files(folder).values().map(|bytes| bytes.len() as u64).sum()
}

#[test]
fn parts_are_put_into_folders_that_each_fit_on_a_medium() {
    let envelopes: Vec<Vec<u8>> = (1..=40)
        .map(|n| if n <= 20 { entries(n, 1, 700) } else { piece(500 + 40 * n as usize) })
        .collect();
    let least = 4_000;
    for bytes_max in [least, 5_000, 7_777, 50_000, 1_000_000] {
        let stick = stick();
        let written = export_to_media(stick.path(), 1, &envelopes, of(bytes_max));
        let total: u64 = written.parts.iter().map(|part| part.bytes).sum();
        for number in 1..=written.media {
            let bytes = bytes_in(&stick.path().join(format!("medium-{number}")));
            assert!(bytes > 0 && bytes <= bytes_max, "{bytes} of {bytes_max}");
        }
        assert_eq!(bytes_in(stick.path()), total);
        let few = total / (bytes_max - 2_500) + 1;
        assert!(u64::from(written.media) <= few, "{} media for {total}", written.media);
        let look = look(&stick);
        assert_eq!(taken(&look), envelopes, "at {bytes_max}");
        assert!(look.sets.len() == 1 && look.sets[0].is_complete());
    }
}

#[test]
fn each_medium_is_read_alone_and_says_what_the_others_hold() {
    let stick = stick();
    let envelopes: Vec<_> = (1..=9).map(|n| entries(n, 1, 700)).collect();
    let written = export_to_media(stick.path(), 1, &envelopes, of(4_000));
    assert_eq!(written.media, 3);
    let second = stick.path().join("medium-2");
    let look = read(std::slice::from_ref(&second)).unwrap();
    assert_eq!(taken(&look), envelopes[3..6]);
    assert_eq!((&*look.sets[0].missing, look.sets[0].last_missing), (&[(1, 1)][..], true));
    // In any order, and the same one twice.
    let third = stick.path().join("medium-3");
    let first = stick.path().join("medium-1");
    let look = read(&[third, second.clone(), first, second]).unwrap();
    assert_eq!(taken(&look), envelopes);
    assert!(look.sets[0].is_complete());
}

#[test]
fn what_lies_in_the_folder_of_a_medium_already_counts() {
    let stick = stick();
    let one = stick.path().join("medium-1");
    fs::create_dir(&one).unwrap();
    fs::write(one.join("other.bin"), vec![0; 3_000]).unwrap();
    let envelopes: Vec<_> = (1..=4).map(|n| entries(n, 1, 700)).collect();
    let written = export_to_media(stick.path(), 1, &envelopes, of(5_000));
    assert!(bytes_in(&one) <= 5_000);
    assert_eq!(written.media, 2);
    assert_eq!(taken(&look(&stick)), envelopes);
}

#[test]
fn a_medium_too_small_says_how_large_it_must_be() {
    let stick = stick();
    let envelope = entries(2, 1, 5_000);
    let bytes_min = (Part::FRAME + Part::room(envelope.len())) as u64;
    let mut export = Export::begin(stick.path(), &head(1), of(bytes_min - 1)).unwrap();
    export.add(&entries(1, 1, 9)).unwrap();
    let fault = Fault::MediumTooSmall { bytes_max: bytes_min - 1, bytes_min };
    assert_eq!(export.add(&envelope), Err(fault));
    assert_eq!(fs::read_dir(stick.path()).unwrap().count(), 0, "not even a folder is left");
    let written = export_to_media(stick.path(), 1, &[envelope], of(bytes_min));
    assert_eq!((written.media, written.parts[0].bytes), (1, bytes_min));
}

#[test]
fn a_large_medium_holds_parts_of_the_usual_size() {
    let stick = stick();
    let envelopes: Vec<_> = (1..=60).map(|_| piece(600_000)).collect();
    let written = export_to_media(stick.path(), 1, &envelopes, of(40 * 1024 * 1024));
    assert_eq!((written.media, written.parts.len()), (1, 3));
    assert!(written.parts.iter().all(|part| part.bytes <= PART_BYTES_MAX as u64));
}

#[test]
fn an_export_to_media_that_fails_leaves_no_folder() {
    let stick = stick();
    let kept = stick.path().join("medium-2");
    fs::create_dir(&kept).unwrap();
    let mut export = Export::begin(stick.path(), &head(1), of(1_000)).unwrap();
    for envelope in three_parts() {
        export.add(&envelope).unwrap();
    }
    assert!(stick.path().join("medium-3").exists());
    drop(export);
    let left = fs::read_dir(stick.path()).unwrap().map(|found| found.unwrap().path());
    let left: Vec<_> = left.map(|path| file_name(&path)).collect();
    assert_eq!(left, ["medium-2"], "what was there before stays");
}
