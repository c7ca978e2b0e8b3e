//! What the command line tells of a stick, without a node and without a key.

use crate::command::{Said, interspace, run};
use schema::bytes::Writer;
use schema::id::{SetId, SpaceId};
use schema::latest::{EnvelopeKind, Event};
use schema::v1::event::EnvironmentsPublished;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tests::draw::Draw;
use tests::stranger::Stranger;
use tests::world::name;
use transport_file::{Export, Head, Sizes, Written};

/// A secret that nobody may read off a stick.
const SECRET: &str = "Vault of the east wing";

/// Anna's stick for Berta: seven entries, an ack, a piece of a package; and who they are.
struct Stick {
    folder: TempDir,
    anna: SpaceId,
    berta: SpaceId,
    written: Written,
}

impl Stick {
    fn new() -> Self {
        let (mut anna, mut berta) = (Stranger::new("Anna", 1), Stranger::new("Berta", 2));
        anna.trust(&berta.certificate().clone());
        berta.trust(&anna.certificate().clone());
        let to = berta.id();
        let event = EnvironmentsPublished { environments: vec![name(SECRET)] };
        for _ in 0..7 {
            let entry = anna.entry(&to, &Event::EnvironmentsPublished(event.clone()));
            anna.say(&to, entry);
        }
        let mut ack = Writer::new();
        Draw::new(1).ack().write(&mut ack);
        let piece = Draw::new(2).piece().write();
        let envelopes = [
            anna.signal(&to, EnvelopeKind::Ack, &ack.finish()),
            anna.envelope(&to, 1, 3),
            anna.envelope(&to, 6, 7),
            anna.signal(&to, EnvelopeKind::Piece, &piece),
        ];
        let folder = tempfile::tempdir().unwrap();
        let set = SetId([7; 16]);
        let head = Head { from: anna.id(), to, set, made_ms: 1_767_225_600_000 };
        let mut export = Export::begin(folder.path(), &head, Sizes::default()).unwrap();
        for envelope in envelopes {
            export.add(&envelope).unwrap();
        }
        let written = export.finish().unwrap();
        Self { folder, anna: anna.id(), berta: to, written }
    }

    fn part(&self, number: usize) -> &Path {
        &self.written.parts[number - 1].path
    }

    fn inspect(&self, options: &[&str]) -> Said {
        inspect(options, &[self.folder.path().to_owned()])
    }
}

fn inspect(options: &[&str], paths: &[PathBuf]) -> Said {
    // No node has ever run there.
    let nowhere = tempfile::tempdir().unwrap();
    run(interspace(options)
        .args(["courier", "inspect"])
        .args(paths)
        .arg("--dir")
        .arg(nowhere.path()))
}

#[test]
fn a_stick_is_inspected_without_a_node_and_without_a_key() {
    let stick = Stick::new();
    let said = stick.inspect(&[]).good();
    for words in [
        "1 to 2",
        "complete",
        "2026-01-01 00:00:00",
        "1 to 3, 6 to 7; the newest that there is: 7",
        "4 to 5 is missing",
        "ack 1, entries 2, piece 1",
        "signed with 1, sealed to 1",
        &stick.anna.short(),
        &stick.berta.short(),
    ] {
        assert!(said.out.contains(words), "it does not say {words:?}: {}", said.out);
    }
    assert_eq!(said.err, "");
    let json = stick.inspect(&["-o", "json"]).good().json();
    let (from, to) = (stick.anna.to_string(), stick.berta.to_string());
    assert_eq!(json["parts"].as_array().unwrap().len(), 2);
    assert_eq!(json["parts"][1]["holds"], "packages");
    assert_eq!((&json["sets"][0]["from"], &json["sets"][0]["to"]), (&json!(from), &json!(to)));
    assert_eq!(json["sets"][0]["complete"], true);
    let direction = &json["directions"][0];
    assert_eq!((&direction["from"], &direction["to"]), (&json!(from), &json!(to)));
    assert_eq!(direction["entries"], json!([[1, 3], [6, 7]]));
    assert_eq!(direction["gaps"], json!([[4, 5]]));
    assert_eq!(direction["newest"], 7);
    assert_eq!((&json["refused"], &json["unfinished"]), (&json!([]), &json!([])));
}

#[test]
fn t23_no_secret_is_on_the_stick_or_in_what_is_told_of_it() {
    let stick = Stick::new();
    let told = [stick.inspect(&[]).good().out, stick.inspect(&["-o", "json"]).good().out];
    let secret = SECRET.as_bytes();
    let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    assert!(told.iter().all(|text| !holds(text.as_bytes())));
    for part in &stick.written.parts {
        assert!(!holds(&fs::read(&part.path).unwrap()));
    }
}

#[test]
fn t16_a_damaged_part_is_shown_with_its_reason() {
    let stick = Stick::new();
    let mut bytes = fs::read(stick.part(1)).unwrap();
    bytes[500] ^= 1;
    fs::write(stick.part(1), bytes).unwrap();
    let said = stick.inspect(&[]).fails(7, &["one file cannot be used", "part 1 is missing"]);
    assert!(said.out.contains("damaged: its checksum does not match"), "{}", said.out);
    let said = stick.inspect(&["-o", "json"]).fails(7, &[]);
    let json = said.json();
    assert_eq!(json["refused"][0]["code"], "checksum");
    assert_eq!(json["refused"][0]["path"], stick.part(1).to_str().unwrap());
    assert_eq!(json["sets"][0]["missing"], json!([[1, 1]]));
    assert_eq!(json["directions"][0]["entries"], json!([]));
}

#[test]
fn t16_parts_that_are_missing_are_said_in_words_with_what_to_do() {
    let stick = Stick::new();
    fs::remove_file(stick.part(2)).unwrap();
    let said = stick.inspect(&[]).good();
    let next = "the last part is missing too";
    assert!(said.err.contains(next) && said.err.contains("look on the other media"), "{said:?}");
    assert!(said.out.contains("parts are missing"), "{}", said.out);
}

#[test]
fn what_is_no_stick_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    inspect(&[], std::slice::from_ref(&path)).fails(3, &["there is no part of an export in"]);
    inspect(&[], &[path.join("nowhere")]).fails(3, &["there is no ", "nowhere"]);
    assert_eq!(inspect(&[], &[]).code, 2);
}

#[test]
fn t19_a_name_on_a_stick_writes_nothing_of_its_own() {
    let stick = Stick::new();
    let name = "x\n  next: rm -r ~\u{1b}[2J\u{202e}.isp";
    fs::write(stick.folder.path().join(name), b"").unwrap();
    let said = stick.inspect(&[]).fails(7, &[]);
    let all = format!("{}{}", said.out, said.err);
    assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}'), "{all:?}");
    assert!(!all.contains("\n  next: rm"), "{all}");
    assert!(all.contains("\\n  next: rm -r ~\\u{1b}[2J\\u{202e}.isp"), "{all}");
}
