//! T14: bytes that claim more than they are, are nested deeply, or are nothing at all.

use crate::scene::Scene;
use engine::trust::certificate::Keys;
use engine::trust::door;
use engine::trust::keyring::Epochs;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use schema::bytes::{Reader, Writer};
use schema::id::Position;
use schema::latest::{
    Ack, Beat, Block, Certificate, Document, Entry, Envelope, EnvelopeKind, Event, Kind, Part,
    Piece, Record, Want,
};
use schema::limits::{DOCUMENT_BYTES_MAX, ENTRY_BYTES_MAX, ENVELOPE_BYTES_MAX};
use schema::v1::envelope::read_entries;
use schema::v1::event::TABLE;
use std::fs;
use std::process::Command;
use tests::draw::Draw;

/// Set in the child that runs under the limit.
const LIMITED: &str = "INTERSPACE_TEST_LIMITED";

/// Memory that decoding may take beyond what the process has before, in bytes.
const ROOM: u64 = 64 * 1024 * 1024;

/// Feeds bytes to every decoder; whatever they say, they come back.
fn feed(bytes: &[u8]) {
    let _ = Envelope::read(bytes);
    for count in [1, 256, u32::MAX] {
        let _ = read_entries(bytes, count);
    }
    let _ = Ack::read(&mut Reader::new(bytes, "ack"));
    let _ = Beat::read(&mut Reader::new(bytes, "beat"));
    let _ = Want::read(bytes);
    let _ = Part::read(bytes);
    let _ = Piece::read(bytes);
    let _ = Record::read(bytes);
    let _ = Block::read(bytes, Position(1));
    if let Ok(entry) = Entry::read(bytes) {
        let _ = entry.event();
    }
    feed_events(bytes);
    feed_json(&String::from_utf8_lossy(bytes));
}

fn feed_events(payload: &[u8]) {
    let mut header = Draw::new(1).header();
    for (kind, version, flags, _) in TABLE {
        (header.kind, header.version, header.flags) = (*kind, *version, *flags);
        let _ = Event::decode(&header, payload);
    }
}

fn feed_json(text: &str) {
    if let Ok(certificate) = Certificate::read(text) {
        let _ = Keys::verify(&certificate);
    }
    if let Ok(document) = Document::read(text) {
        for kind in Kind::ALL {
            let _ = document.payload::<serde_json::Value>(kind);
        }
    }
}

/// Something right of each form, to be made wrong.
fn seeds() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut draw = Draw::new(14);
    for (kind, ..) in TABLE {
        let event = draw.event(*kind);
        all.push(event.encode().3);
        let entry = Entry::write(draw.header(), &event).expect("small");
        all.push(entry.bytes().to_vec());
    }
    let mut out = Writer::new();
    draw.ack().write(&mut out);
    all.push(out.finish());
    all.push(draw.want().write());
    all.push(draw.piece().write());
    all
}

fn random_bytes() {
    let mut draw = Draw::new(140);
    for _ in 0..2_000 {
        feed(&draw.blob(700));
    }
}

/// Claims of huge lengths at every place of everything.
fn claims() {
    let huge: [&[u8]; 4] = [
        &[253, 0, 0, 0, 16, 0, 0, 0, 0],
        &[253, 255, 255, 255, 255, 255, 255, 255, 255],
        &[252, 255, 255, 255, 255],
        &[0xff; 4],
    ];
    for seed in seeds() {
        let end = seed.len().min(160);
        for at in 0..end {
            for claim in huge {
                let mut bytes = seed[..at].to_vec();
                bytes.extend_from_slice(claim);
                bytes.extend_from_slice(&seed[(at + 1).min(seed.len())..]);
                feed_events(&bytes);
                let _ = Entry::read(&bytes).map(|entry| entry.event());
                let _ = Ack::read(&mut Reader::new(&bytes, "ack"));
                let _ = Want::read(&bytes);
                let _ = Piece::read(&bytes);
                let _ = Record::read(&bytes);
                let _ = Block::read(&bytes, Position(1));
            }
        }
    }
}

/// As much as may be claimed by as few bytes as possible: long lists of what is almost nothing.
fn amplified() {
    for filler in [0, 1, 2, 0x41, 0xff] {
        for count in [1_000_u32, 100_000, 400_000, 500_000] {
            let mut payload = vec![252];
            payload.extend_from_slice(&count.to_be_bytes());
            payload.resize(ENTRY_BYTES_MAX - 100, filler);
            feed_events(&payload);
            // The same behind the fields that come before a list.
            for before in [32, 64, 65, 100] {
                let odd = [&vec![1; before][..], &payload[..payload.len() - 200]].concat();
                feed_events(&odd);
            }
        }
    }
    feed(&vec![0xff; ENVELOPE_BYTES_MAX + 1]);
    feed(&vec![0; ENVELOPE_BYTES_MAX]);
}

/// Deep and wide JSON of the largest size that is read at all.
fn json() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[[],", "]")] {
        let depth = DOCUMENT_BYTES_MAX / (open.len() + close.len()) - 1;
        feed_json(&open.repeat(depth));
        feed_json(&format!("{}1{}", open.repeat(depth), close.repeat(depth)));
    }
    feed_json(&format!("[{}1]", "1,".repeat(DOCUMENT_BYTES_MAX / 2 - 10)));
    feed_json(&format!("\"{}\"", "\\u0000".repeat(DOCUMENT_BYTES_MAX / 6 - 10)));
    feed_json(&" ".repeat(DOCUMENT_BYTES_MAX + 1));
}

/// What a peer may put behind a good signature and a good seal.
fn sealed() {
    let mut scene = Scene::new(14);
    let victim = scene.victim_id();
    let state = scene.world.sites[scene.victim].engine().state();
    let keyring = state.links.keyring();
    let mut draw = Draw::new(15);
    let mut epochs = Epochs::default();
    for _ in 0..300 {
        for kind in EnvelopeKind::ALL {
            if kind == EnvelopeKind::Entries {
                continue;
            }
            let envelope = scene.stranger.signal(&victim, kind, &draw.blob(300));
            let me = scene.world.sites[scene.victim].engine().identity();
            let _ = door::open(&envelope, me, &keyring, &mut epochs);
        }
        scene.tell(draw.blob(300));
        let (kind, ..) = TABLE[draw.below(TABLE.len())];
        let mut entry = scene.stranger.entry(&victim, &Draw::new(1).event(kind));
        // Behind kind, version and flags: an unknown kind could hold the link.
        let at = 6 + draw.below(entry.len() - 6);
        entry[at] = draw.bytes::<1>()[0];
        scene.tell(entry);
    }
    let (received, refused, frozen) = scene.heard();
    assert!(received == 600 && refused > 300 && !frozen);
}

/// What the process has now, in bytes.
fn virtual_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux system");
    let line = status.lines().find(|line| line.starts_with("VmSize:"));
    let line = line.expect("the size of the process");
    let number = line.split_whitespace().nth(1).expect("a number");
    number.parse::<u64>().expect("kilobytes") * 1024
}

fn limit() {
    let most = virtual_bytes() + ROOM;
    let before = getrlimit(Resource::As);
    let limit = Rlimit { current: Some(most), maximum: before.maximum };
    setrlimit(Resource::As, limit).expect("a lower limit is always allowed");
    let mut bomb: Vec<u8> = Vec::new();
    let claimed = bomb.try_reserve_exact(1 << 30);
    assert!(claimed.is_err(), "the limit does not bite");
}

/// Runs itself in a child whose memory is bounded: an allocation beyond it would end the child.
#[test]
fn t14_no_bytes_make_a_decoder_take_more_memory_than_its_limit() {
    if std::env::var_os(LIMITED).is_some() {
        limit();
        random_bytes();
        claims();
        amplified();
        json();
        sealed();
        return;
    }
    let name = "bombs::t14_no_bytes_make_a_decoder_take_more_memory_than_its_limit";
    let child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", name, "--test-threads=1"])
        .env(LIMITED, "1")
        .output()
        .expect("the child starts");
    let told = String::from_utf8_lossy(&child.stdout);
    let complained = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{told}\n{complained}");
    assert!(told.contains("1 passed"), "the child ran nothing: {told}");
}

#[test]
fn t14_what_is_too_large_is_refused_before_it_is_looked_at() {
    let huge = "[".repeat(DOCUMENT_BYTES_MAX + 1);
    let what = |said: Result<(), schema::bytes::Malformed>| said.expect_err("refused").what;
    assert_eq!(what(Document::read(&huge).map(|_| ())), "document: too large");
    assert_eq!(what(Certificate::read(&huge).map(|_| ())), "certificate: too large");
    let bytes = vec![0; ENVELOPE_BYTES_MAX + 1];
    assert_eq!(what(Envelope::read(&bytes).map(|_| ())), "envelope: too large");
    assert_eq!(what(Entry::read(&bytes).map(|_| ())), "entry: too large");
}

#[test]
fn t14_a_stack_of_brackets_is_refused_and_does_not_end_the_process() {
    for text in ["[".repeat(100_000), "{\"payload\":".repeat(40_000)] {
        assert!(Document::read(&text).is_err());
        assert!(Certificate::read(&text).is_err());
    }
    // Also inside a payload that is properly signed.
    let stranger = tests::stranger::Stranger::new("Stranger", 1);
    let mut deep = serde_json::Value::Null;
    for _ in 0..120 {
        deep = serde_json::Value::Array(vec![deep]);
    }
    let document = stranger.document(Kind::Bundle, &deep);
    assert!(document.payload::<schema::latest::Bundle>(Kind::Bundle).is_err());
}
