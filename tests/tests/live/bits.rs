//! One flipped bit in the files of the store, again and again: no audit says that all is well
//! unless it is.

use crate::audit::{Kept, audit, blocks, verdict};
use crate::folder::{bytes, differences};
use schema::id::Position;
use schema::latest::Block;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Flips in each small file; the rest are in the database.
const SMALL: usize = 6;

/// How many bits are flipped, one at a time.
fn flips() -> usize {
    let asked = std::env::var("INTERSPACE_FLIPS").ok().and_then(|count| count.parse().ok());
    let long = std::env::var_os("INTERSPACE_LONG").is_some_and(|long| long == "1");
    asked.unwrap_or(if long { 300 } else { 60 })
}

#[test]
fn no_flipped_bit_gets_past_an_audit() {
    let kept = Kept::tell();
    let before = bytes(&kept.folder());
    let original = blocks(&kept.space().join("log")).expect("it opens");
    let places = places(&kept.space().join("log/sled"));
    assert_eq!(places.len(), flips());
    let mut codes = BTreeMap::new();
    for (name, byte, bit) in places {
        let copied = kept.log_only();
        let file = copied.log.join("sled").join(&name);
        let mut flipped = fs::read(&file).unwrap();
        flipped[byte] ^= 1 << bit;
        fs::write(&file, flipped).unwrap();
        let said = copied.audit();
        let place = format!("{name} byte {byte} bit {bit}: {said:?}");
        let there = blocks(&copied.log);
        match said.code {
            0 => assert!(there.as_ref() == Some(&original), "not all is well: {place}"),
            7 => is_right(&verdict(&said), there.as_deref(), &original, &place),
            _ => panic!("{place}"),
        }
        *codes.entry(said.code).or_insert(0) += 1;
    }
    assert!(codes.contains_key(&7), "some of these bits are in use: {codes:?}");
    audit(&kept.folder()).good();
    let changed = differences(&before, &bytes(&kept.folder()));
    assert!(changed.is_empty(), "{changed:?}");
}

/// Everything before the Position that is named is as it was, and the record at it is not.
fn is_right(
    verdict: &serde_json::Value,
    there: Option<&[(Position, Vec<u8>)]>,
    original: &[(Position, Vec<u8>)],
    place: &str,
) {
    let named = verdict["damaged_at"].as_u64().expect(place);
    assert_eq!(verdict["entries"], named - 1, "{place}");
    // A log of which not even a copy opens has no first record.
    let Some(there) = there else {
        assert_eq!(named, 1, "{place}");
        return;
    };
    let same = there.iter().zip(original).take_while(|(one, other)| one == other).count();
    let mut sound =
        original[..same].iter().map(|(first, bytes)| Block::read(bytes, *first).unwrap());
    let sound = sound.next_back().map_or(1, |block| block.end().0);
    let end = original
        .get(same)
        .map_or(sound, |(first, bytes)| Block::read(bytes, *first).unwrap().end().0);
    assert!((sound..=end).contains(&named), "{named} is not in {sound}..={end}: {place}");
}

/// Places in the files, by name, spread over the bytes that say something.
fn places(sled: &Path) -> Vec<(String, usize, u8)> {
    let files = fs::read_dir(sled).unwrap().map(|item| item.unwrap());
    let files = files.filter(|item| item.file_type().unwrap().is_file());
    let mut names: Vec<_> = files.map(|item| item.file_name().into_string().unwrap()).collect();
    // The database last.
    names.sort_by_key(|name| (name == "db", name.clone()));
    let mut places = Vec::new();
    for name in names {
        let bytes = fs::read(sled.join(&name)).unwrap();
        let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        let count = if name == "db" { flips() - places.len() } else { SMALL };
        for n in 0..count {
            let at = used[n * used.len() / count];
            places.push((name.clone(), at, u8::try_from(n * 5 % 8).unwrap()));
        }
    }
    places
}
