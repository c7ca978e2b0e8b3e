//! Vectors of archives: a log written down, and what becomes of it on its way or by its owner's
//! hand.

use crate::cast::Cast;
use crate::files::{Vector, accept, refuse};
use engine::log::tree::Tree;
use schema::id::{EntryId, Position};
use schema::latest::{
    ArchiveHead, ArchivedBlock, Block, Checkpoint, Envelope, Evidence, Mirrored, Own, Record,
};
use schema::v1::envelope::body_hash;
use serde_json::{Value, json};
use tests::draw::Draw;
use tests::stranger::Stranger;

const NONE: Value = Value::Null;

/// When everything is signed.
const TIME_MS: u64 = 1_767_225_600_000;

pub(crate) fn make(made: &mut Vec<Vector>) {
    let mut cast = Cast::new();
    let records = records(&mut cast);
    let whole = archive(&cast.berta, &cast.berta, &records);
    accept(made, "archive", "archive", NONE, input(&whole));
    let young = archive(&cast.carla, &cast.carla, &[founded(&cast.carla)]);
    accept(made, "archive_of_a_young_log", "archive", NONE, input(&young));
    on_its_way(&whole, made);
    by_its_owner(&mut cast, &records, made);
}

fn input(lines: &[String]) -> Value {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    json!({"text": text})
}

fn own(entry: &schema::latest::Entry, salt: u8) -> Record {
    Record::Own(Own { salt: [salt; 16], entry: entry.clone() })
}

/// The first block of a space that did nothing else.
fn founded(space: &Stranger) -> Vec<Record> {
    use schema::v1::event::{LinkOffered, SpaceCreated};
    let offer = space.certificate().documents.last().expect("an offer").write();
    let created =
        SpaceCreated { certificate: space.certificate().write(), incarnation: space.incarnation() };
    let events = [
        schema::latest::Event::SpaceCreated(created),
        schema::latest::Event::LinkOffered(LinkOffered { offer }),
    ];
    let entries = events.iter().zip(1..).map(|(event, number)| {
        let header = crate::cast::header(number, schema::latest::Audience::Internal);
        own(&schema::latest::Entry::write(header, event).expect("small"), number)
    });
    entries.collect()
}

/// Berta's records in blocks: she begins, trusts Anna, hears two entries of hers, and promotes.
fn records(cast: &mut Cast) -> Vec<Vec<Record>> {
    let entries = cast.log(Vec::new());
    let said = heard(cast, 2);
    let mut own = entries.iter().zip(1_u8..).map(|(entry, salt)| own(entry, salt));
    let mut next = |count| own.by_ref().take(count).collect::<Vec<_>>();
    vec![next(2), next(1), said, next(2)]
}

/// Evidence and what it proves: `count` entries that Anna says to Berta.
fn heard(cast: &mut Cast, count: u64) -> Vec<Record> {
    let (anna, berta) = (&mut cast.anna, cast.berta.id());
    let first = anna.line(&berta).said.len() as u64 + 1;
    for number in 0..count {
        let entry = anna.entry(&berta, &Draw::new(first + number).event(27));
        anna.say(&berta, entry);
    }
    let bytes = anna.envelope(&berta, first, first + count - 1);
    let envelope = Envelope::read(&bytes).expect("an envelope");
    let Envelope { header, header_bytes, body, signature } = envelope;
    let body_hash = body_hash(&body);
    let mut records =
        vec![Record::Evidence(Evidence { header: header_bytes, body_hash, signature })];
    let line = anna.line(&berta);
    let said = line.said.iter().skip(usize::try_from(first - 1).expect("small"));
    for (carried, number) in said.zip(first..) {
        records.push(Record::Mirrored(Mirrored {
            id: EntryId {
                origin: anna.id(),
                incarnation: carried.incarnation,
                position: carried.position,
            },
            link: line.link,
            link_incarnation: header.incarnation,
            link_seq: schema::id::LinkSeq(number),
            salt: carried.salt,
            entry: carried.entry.clone(),
        }));
    }
    records
}

/// The log of `space` with these blocks, its checkpoints signed by `signer`.
fn archive(space: &Stranger, signer: &Stranger, blocks: &[Vec<Record>]) -> Vec<String> {
    let incarnation = space.incarnation();
    let mut tree = Tree::new();
    let mut lines = Vec::new();
    for records in blocks {
        let first = Position(tree.size() + 1);
        let records: Vec<_> = records.iter().map(|one| (one.clone(), one.leaf())).collect();
        records.iter().for_each(|(_, leaf)| tree.push(*leaf));
        let (size, root, time_ms) = (tree.size(), tree.root(), TIME_MS + tree.size());
        let note = Checkpoint::note(&space.id(), &incarnation, size, &root, time_ms);
        let signature = signer.sign(note.as_bytes());
        let checkpoint = Checkpoint { size, root, time_ms, key: 1, signature };
        let block = Block { first, records, checkpoint };
        lines.push(ArchivedBlock::write(first, &block.write()).expect("small"));
    }
    let (size, root) = (tree.size(), tree.root());
    let head = ArchiveHead { space: space.id(), incarnation, size, root };
    lines.insert(0, head.write());
    lines
}

/// What happens to an archive that somebody carries.
fn on_its_way(whole: &[String], made: &mut Vec<Vector>) {
    let head = ArchiveHead::read(whole[0].as_bytes()).expect("a head");
    let size = head.size;
    let changed = |line: usize, new: String| {
        let mut lines = whole.to_vec();
        lines[line] = new;
        input(&lines)
    };
    let headed = |head: ArchiveHead| changed(0, head.write());
    let mut swapped = whole.to_vec();
    swapped.swap(2, 3);
    let twice = [whole, &whole[4..]].concat();
    let text = |text: &str| json!({"text": text});
    let unended = input(whole)["text"].as_str().expect("text").trim_end().to_owned();
    let flipped = {
        let mut block = ArchivedBlock::read(whole[3].as_bytes()).expect("a block");
        block.bytes[500] ^= 1;
        ArchivedBlock::write(block.first, &block.bytes).expect("small")
    };
    let padded = (1..whole.len()).find(|at| whole[*at].contains('=')).expect("a length");
    let begins = ArchivedBlock::read(whole[padded].as_bytes()).expect("a block").first;
    let padded_is = format!("Position {begins}: malformed archive: block");
    let head_is = "Position 1: malformed archive: head";
    let block_is = "Position 3: malformed archive: block";
    for (case, input, code) in [
        ("empty", text(""), "Position 1: the archive is empty".to_owned()),
        (
            "without_its_last_line_feed",
            text(&unended),
            "Position 7: the line is cut short, or longer than one may be".to_owned(),
        ),
        (
            "of_a_newer_version",
            changed(0, whole[0].replace("interspace/v1", "interspace/v2")),
            "Position 1: malformed archive: version".to_owned(),
        ),
        (
            "with_a_field_more",
            changed(0, whole[0].replace('}', ",\"more\":1}")),
            head_is.to_owned(),
        ),
        (
            "with_a_field_twice",
            changed(0, whole[0].replace('}', ",\"size\":8}")),
            head_is.to_owned(),
        ),
        ("with_white_space", changed(2, whole[2].replace(':', ": ")), block_is.to_owned()),
        ("with_bare_base64", changed(padded, whole[padded].replace('=', "")), padded_is),
        ("with_another_order_of_fields", changed(2, turned(&whole[2])), block_is.to_owned()),
        ("with_an_empty_line", changed(2, String::new()), block_is.to_owned()),
        (
            "with_a_flipped_bit",
            changed(3, flipped),
            "Position 5: the record does not match its leaf".to_owned(),
        ),
        ("with_swapped_blocks", input(&swapped), "Position 3: the record is missing".to_owned()),
        (
            "without_its_last_block",
            input(&whole[..4]),
            format!("Position 7: the record is missing; the archive is said to have {size}"),
        ),
        (
            "that_goes_on",
            input(&twice),
            "Position 9: the archive goes on behind its own end".to_owned(),
        ),
        (
            "that_ends_inside_a_block",
            headed(ArchiveHead { size: size - 1, ..head }),
            "Position 8: the archive goes on behind its own end".to_owned(),
        ),
        (
            "with_another_root",
            headed(ArchiveHead { root: [7; 32], ..head }),
            "Position 8: the archive says another root than its log has".to_owned(),
        ),
        (
            "of_another_space",
            headed(ArchiveHead { space: schema::id::SpaceId([7; 32]), ..head }),
            "Position 1: the archive says that it is another log than it is".to_owned(),
        ),
    ] {
        refuse(made, &format!("archive_{case}"), ("archive", &code), NONE, input);
    }
}

/// The same line with its fields in the other order.
fn turned(line: &str) -> String {
    let block = ArchivedBlock::read(line.as_bytes()).expect("a block");
    let bytes: Value = serde_json::from_str(line).expect("JSON");
    format!("{{\"block\":{},\"first\":{}}}", bytes["block"], block.first)
}

/// What the owner of a log may try: everything is hashed and signed anew.
fn by_its_owner(cast: &mut Cast, blocks: &[Vec<Record>], made: &mut Vec<Vector>) {
    let carla = Stranger::new("Carla", 3);
    let mut altered = blocks.to_vec();
    if let Record::Mirrored(mirrored) = &mut altered[2][2] {
        *mirrored.entry.last_mut().expect("bytes") ^= 1;
    }
    let mut unsigned = blocks.to_vec();
    if let Record::Evidence(evidence) = &mut unsigned[2][0] {
        evidence.signature[3] ^= 1;
    }
    let mut left_out = blocks.to_vec();
    left_out[2].pop();
    let mut unproven = blocks.to_vec();
    unproven[2].remove(0);
    let mut early = blocks.to_vec();
    early.swap(1, 2);
    let mut renumbered = blocks.to_vec();
    renumbered[2].swap(1, 2);
    let mut doubled = blocks.to_vec();
    doubled.push(blocks[2].clone());
    let mut gap = blocks.to_vec();
    let _ = heard(cast, 1);
    gap.push(heard(cast, 1));
    for (case, blocks, code) in [
        (
            "with_a_changed_entry_of_a_peer",
            &altered,
            "Position 6: the mirrored entries are not those that were signed",
        ),
        (
            "with_an_envelope_that_nobody_signed",
            &unsigned,
            "Position 4: the envelope is not signed by its origin for this space",
        ),
        (
            "without_a_signed_entry_of_a_peer",
            &left_out,
            "Position 5: entries of an envelope are missing behind it",
        ),
        (
            "with_entries_of_a_peer_that_nothing_proves",
            &unproven,
            "Position 4: no envelope proves the mirrored entry",
        ),
        (
            "with_an_envelope_of_a_peer_that_was_not_trusted_yet",
            &early,
            "Position 3: the envelope is of no peer that was trusted then",
        ),
        (
            "with_entries_of_a_peer_in_another_order",
            &renumbered,
            "Position 5: the mirrored entry is not the next of its link",
        ),
        (
            "with_an_envelope_twice",
            &doubled,
            "Position 9: the envelope proves nothing that follows",
        ),
        (
            "with_a_gap_in_what_a_peer_said",
            &gap,
            "Position 9: the envelope does not continue the chain of its link",
        ),
    ] {
        let input = input(&archive(&cast.berta, &cast.berta, blocks));
        refuse(made, &format!("archive_{case}"), ("archive", code), NONE, input);
    }
    let input = input(&archive(&cast.berta, &carla, blocks));
    let code = ("archive", "Position 2: the checkpoint behind it is not signed by the space");
    refuse(made, "archive_signed_by_another", code, NONE, input);
}
