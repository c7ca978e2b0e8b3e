//! Pinned hashes: for each type one hash over many drawn encodings, so that no format changes by
//! accident.

use schema::bytes::Writer;
use schema::hash::sha256;
use schema::id::{Position, SetId, hex};
use schema::latest::{Block, Checkpoint, Entry, Event, Own, Part, PartHead, Record};
use schema::v1::event::TABLE;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::draw::Draw;

/// Drawn values of each type.
const COUNT: u64 = 200;

/// One hash over what `one` makes of each seed, each behind its length.
fn pin(one: impl Fn(&mut Draw) -> Vec<u8>) -> Value {
    let mut all = Writer::new();
    for seed in 0..COUNT {
        all.variable(&one(&mut Draw::new(seed)));
    }
    json!({"count": COUNT, "sha256": hex(&sha256(&[&all.finish()]))})
}

fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::new();
    write(&mut out);
    out.finish()
}

fn entry(draw: &mut Draw) -> Entry {
    let (kind, ..) = TABLE[draw.below(TABLE.len())];
    let event = draw.event(kind);
    Entry::write(draw.header(), &event).expect("an entry of a lawful size")
}

fn block(draw: &mut Draw) -> Vec<u8> {
    let records = draw.list(4, |draw| {
        let salt = draw.bytes();
        let entry = entry(draw);
        let record = Record::Own(Own { salt, entry });
        let leaf = record.leaf();
        (record, leaf)
    });
    let checkpoint = Checkpoint {
        size: draw.number(),
        root: draw.bytes(),
        time_ms: draw.number(),
        key: 1,
        signature: draw.bytes(),
    };
    let first = Position(draw.number());
    let block = Block { first, records, checkpoint };
    block.write()
}

fn part(draw: &mut Draw) -> Vec<u8> {
    let head = PartHead {
        from: draw.space(),
        to: draw.space(),
        set: SetId(draw.bytes()),
        made_ms: draw.number(),
        number: 1,
        last: draw.coin(),
    };
    let envelopes = draw.list(4, |draw| draw.blob(700));
    Part { head, envelopes }.write()
}

/// The text of `pinned.json`.
pub(crate) fn text() -> String {
    let mut pins: BTreeMap<String, Value> = BTreeMap::new();
    for (kind, _, _, called) in TABLE {
        let payload = |draw: &mut Draw| {
            let event = draw.event(*kind);
            let (kind, version, flags, payload) = event.encode();
            let back = Event::decode(&header(kind, version, flags), &payload);
            assert_eq!(back, Ok(event), "{called} is read back");
            payload
        };
        pins.insert(format!("event {called}"), pin(payload));
    }
    pins.insert("entry".to_owned(), pin(|draw| entry(draw).bytes().to_vec()));
    pins.insert("block".to_owned(), pin(block));
    pins.insert("beat".to_owned(), pin(|draw| written(|out| draw.beat().write(out))));
    pins.insert("ack".to_owned(), pin(|draw| written(|out| draw.ack().write(out))));
    pins.insert("part".to_owned(), pin(part));
    pins.insert("want".to_owned(), pin(|draw| draw.want().write()));
    pins.insert("join".to_owned(), pin(|draw| draw.join().write()));
    pins.insert("invitation".to_owned(), pin(|draw| draw.invitation().write().into_bytes()));
    pins.insert("piece".to_owned(), pin(|draw| draw.piece().write()));
    let snapshot = |draw: &mut Draw| serde_json::to_vec(&draw.snapshot()).expect("JSON");
    pins.insert("snapshot as JSON".to_owned(), pin(snapshot));
    let text = serde_json::to_string_pretty(&pins).expect("JSON");
    format!("{text}\n")
}

fn header(kind: u16, version: u16, flags: u16) -> schema::latest::Header {
    schema::latest::Header {
        kind,
        version,
        flags,
        ..crate::cast::header(1, schema::latest::Audience::Internal)
    }
}
