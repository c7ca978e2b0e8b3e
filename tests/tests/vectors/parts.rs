//! Vectors of parts: of entries, of pieces, and everything that may be wrong with one.

use crate::cast::Cast;
use crate::files::{Vector, accept, refuse};
use schema::bytes::Writer;
use schema::hash::{Domain, hash};
use schema::id::{Incarnation, SetId, hex};
use schema::latest::{EnvelopeKind, Event, Part, PartHead};
use schema::limits::PART_BYTES_MAX;
use schema::v1::event::EnvironmentsPublished;
use serde_json::{Value, json};
use tests::draw::Draw;
use tests::world::name;

const NONE: Value = Value::Null;

/// Where fields of the head are.
const VERSION_AT: usize = 5;
const NUMBER_AT: usize = 94;
const LAST_AT: usize = 98;
const COUNT_AT: usize = 99;
const LENGTH_AT: usize = 103;
const ENVELOPES_AT: usize = 107;
const CHECKSUM: usize = 32;

pub(crate) fn make(made: &mut Vec<Vector>) {
    let mut cast = Cast::new();
    let berta = cast.berta.id();
    let environments = vec![name("Production"), name("Staging")];
    let event = Event::EnvironmentsPublished(EnvironmentsPublished { environments });
    let entry = cast.anna.entry(&berta, &event);
    let entries = cast.anna.tell(&berta, entry);
    let mut ack = Writer::new();
    Draw::new(21).ack().write(&mut ack);
    let ack = cast.anna.signal(&berta, EnvelopeKind::Ack, &ack.finish());
    let piece = Draw::new(22).piece().write();
    let piece = cast.anna.signal(&berta, EnvelopeKind::Piece, &piece);
    let part = Part { head: head(&cast), envelopes: vec![ack, entries] };
    accept(made, "part_of_entries", "part", NONE, bytes(&part.write()));
    let last = PartHead { number: 2, last: true, ..part.head.clone() };
    let pieces = Part { head: last, envelopes: vec![piece.clone()] };
    accept(made, "part_of_pieces_and_the_last", "part", NONE, bytes(&pieces.write()));
    damage(&part.write(), made);
    heads(&part.write(), made);
    contents(&part, made);
    strangers(&cast, &part, piece, made);
}

fn head(cast: &Cast) -> PartHead {
    PartHead {
        from: cast.anna.id(),
        to: cast.berta.id(),
        set: SetId([7; 16]),
        made_ms: 1_767_225_600_000,
        number: 1,
        last: false,
    }
}

fn bytes(bytes: &[u8]) -> Value {
    json!({"bytes": hex(bytes)})
}

/// The part with a change and a checksum that fits: what only somebody who means it can do.
fn forged(part: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut forged = part[..part.len() - CHECKSUM].to_vec();
    change(&mut forged);
    let checksum = hash(Domain::Part, &[&forged]);
    forged.extend_from_slice(&checksum);
    bytes(&forged)
}

/// What happens to media.
fn damage(part: &[u8], made: &mut Vec<Vector>) {
    let flipped = |at: usize| {
        let mut flipped = part.to_vec();
        flipped[at] ^= 1;
        bytes(&flipped)
    };
    let end = part.len() - 1;
    refuse(made, "part_empty", ("part", "cut"), NONE, bytes(&[]));
    refuse(made, "part_cut_in_its_head", ("part", "cut"), NONE, bytes(&part[..50]));
    refuse(made, "part_cut", ("part", "cut"), NONE, bytes(&part[..end]));
    let grown = [part, &[0]].concat();
    refuse(made, "part_grown", ("part", "grown"), NONE, bytes(&grown));
    let checksum = ("part", "checksum");
    refuse(made, "part_flipped_bit", checksum, NONE, flipped(ENVELOPES_AT + 40));
    refuse(made, "part_flipped_bit_of_its_checksum", checksum, NONE, flipped(end));
    refuse(made, "part_flipped_bit_of_its_set", checksum, NONE, flipped(80));
    refuse(made, "part_unknown_magic", ("part", "not-a-part"), NONE, flipped(3));
    let huge = json!({"bytes": "00".repeat(PART_BYTES_MAX + 1)});
    // Too large for a file of its own.
    let said = crate::doors::open("part", &NONE, &huge);
    assert_eq!(said, Err("too-large".to_owned()));
}

fn heads(part: &[u8], made: &mut Vec<Vector>) {
    let wide =
        |at: usize, value: [u8; 4]| forged(part, |bytes| bytes[at..at + 4].copy_from_slice(&value));
    let version = forged(part, |bytes| bytes[VERSION_AT] = 2);
    refuse(made, "part_unknown_version", ("part", "unknown-version"), NONE, version);
    let bad = ("part", "bad-head");
    refuse(made, "part_number_zero", bad, NONE, wide(NUMBER_AT, [0; 4]));
    refuse(made, "part_last_2", bad, NONE, forged(part, |bytes| bytes[LAST_AT] = 2));
    refuse(made, "part_of_nothing", bad, NONE, wide(COUNT_AT, [0; 4]));
    refuse(made, "part_claims_4_gi_of_envelopes", bad, NONE, wide(COUNT_AT, [0xff; 4]));
    refuse(made, "part_claims_4_gib", ("part", "cut"), NONE, wide(LENGTH_AT, [0xff; 4]));
}

/// Envelopes that are not what the head says, though the checksum is right.
fn contents(part: &Part, made: &mut Vec<Vector>) {
    let counted = |count| {
        let at = COUNT_AT + 3;
        forged(&part.write(), |bytes| bytes[at] = count)
    };
    let bad = ("part", "bad-envelopes: the number of envelopes");
    refuse(made, "part_count_too_low", bad, NONE, counted(1));
    refuse(made, "part_count_too_high", bad, NONE, counted(3));
    let mut odd = part.clone();
    odd.envelopes[0].push(0);
    let bad = ("part", "bad-envelopes: envelope");
    refuse(made, "part_with_a_byte_behind_an_envelope", bad, NONE, bytes(&odd.write()));
    let mut odd = part.clone();
    odd.envelopes[1][5] = 2;
    let bad = ("part", "bad-envelopes: envelope: protocol version");
    refuse(made, "part_with_an_envelope_of_another_protocol", bad, NONE, bytes(&odd.write()));
}

/// Envelopes that do not belong together.
fn strangers(cast: &Cast, part: &Part, piece: Vec<u8>, made: &mut Vec<Vector>) {
    let bad = ("part", "foreign-envelope");
    let mut odd = part.clone();
    odd.head.to = cast.carla.id();
    refuse(made, "part_with_another_recipient", bad, NONE, bytes(&odd.write()));
    let mut odd = part.clone();
    odd.head.from = cast.carla.id();
    refuse(made, "part_with_another_origin", bad, NONE, bytes(&odd.write()));
    let other = cast.anna.line(&cast.carla.id()).link;
    let mut odd = part.clone();
    odd.envelopes[1] = cast.anna.altered(&part.envelopes[1], |it| it.header.link = other);
    refuse(made, "part_of_two_links", bad, NONE, bytes(&odd.write()));
    let mut odd = part.clone();
    odd.envelopes[1] = cast.anna.altered(&part.envelopes[1], |envelope| {
        envelope.header.incarnation = Incarnation([9; 16]);
    });
    refuse(made, "part_of_two_incarnations", bad, NONE, bytes(&odd.write()));
    let mut odd = part.clone();
    odd.envelopes.push(piece);
    refuse(made, "part_of_entries_and_pieces", ("part", "mixed"), NONE, bytes(&odd.write()));
}
