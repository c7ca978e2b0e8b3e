//! Vectors of envelopes: one of each kind, and everything that may be wrong with one.

use crate::cast::{Cast, promoted};
use crate::files::{Vector, accept, refuse};
use engine::trust::seal::Run;
use schema::bytes::Writer;
use schema::id::{LinkSeq, hex};
use schema::latest::{Envelope, EnvelopeHeader, EnvelopeKind, Event, Statements};
use schema::limits::ENVELOPE_BYTES_MAX;
use schema::v1::event::{Cut, EnvironmentsPublished};
use serde_json::{Value, json};
use tests::draw::Draw;
use tests::world::name;

pub(crate) fn make(mut cast: Cast, made: &mut Vec<Vector>) {
    let berta = cast.berta.id();
    let environments = vec![name("Production"), name("Staging")];
    let first = Event::EnvironmentsPublished(EnvironmentsPublished { environments });
    let second = Event::ReleasePromoted(promoted(&cast.anna, berta));
    for event in [&first, &second] {
        let entry = cast.anna.entry(&berta, event);
        cast.anna.say(&berta, entry);
    }
    let entries = cast.anna.envelope(&berta, 1, 2);
    let short = cast.anna.envelope(&berta, 1, 1);
    kinds(&mut cast, &entries, &short, made);
    addresses(&mut cast, &short, made);
    damage(&cast, &short, made);
    headers(&cast, &short, made);
    signed_lies(&mut cast, &short, made);
    keys(&mut cast, &short, made);
}

fn bytes(bytes: &[u8]) -> Value {
    json!({"bytes": hex(bytes)})
}

/// What Berta knows: Anna and Carla.
fn berta(cast: &Cast) -> Value {
    Cast::recipient(&cast.berta, &[&cast.anna, &cast.carla])
}

/// A body of each kind that is not entries.
fn bodies() -> [(EnvelopeKind, Vec<u8>); 8] {
    let mut draw = Draw::new(11);
    let (mut beat, mut ack, mut hello) = (Writer::new(), Writer::new(), Writer::new());
    draw.beat().write(&mut beat);
    draw.ack().write(&mut ack);
    draw.beat().write(&mut hello);
    draw.ack().write(&mut hello);
    [
        (EnvelopeKind::Ack, ack.finish()),
        (EnvelopeKind::Beat, beat.finish()),
        (EnvelopeKind::Hello, hello.finish()),
        (EnvelopeKind::Want, draw.want().write()),
        (EnvelopeKind::Piece, draw.piece().write()),
        (EnvelopeKind::Reclaim, draw.reclaim().write()),
        (EnvelopeKind::Returned, draw.returned().write()),
        (EnvelopeKind::Join, draw.join().write()),
    ]
}

const fn word(kind: EnvelopeKind) -> &'static str {
    match kind {
        EnvelopeKind::Entries => "entries",
        EnvelopeKind::Ack => "ack",
        EnvelopeKind::Beat => "beat",
        EnvelopeKind::Hello => "hello",
        EnvelopeKind::Want => "want",
        EnvelopeKind::Piece => "piece",
        EnvelopeKind::Keys => "keys",
        EnvelopeKind::Reclaim => "reclaim",
        EnvelopeKind::Returned => "returned",
        // Of somebody who was let in before.
        EnvelopeKind::Join => "join_again",
    }
}

fn kinds(cast: &mut Cast, entries: &[u8], short: &[u8], made: &mut Vec<Vector>) {
    let context = berta(cast);
    let to = cast.berta.id();
    accept(made, "envelope_of_one_entry", "envelope", context.clone(), bytes(short));
    accept(made, "envelope_of_two_entries", "envelope", context.clone(), bytes(entries));
    for (kind, body) in bodies() {
        let sealed = cast.anna.signal(&to, kind, &body);
        let case = format!("envelope_{}", word(kind));
        accept(made, &case, "envelope", context.clone(), bytes(&sealed));
    }
}

fn addresses(cast: &mut Cast, short: &[u8], made: &mut Vec<Vector>) {
    let known = berta(cast);
    let carla = Cast::recipient(&cast.carla, &[&cast.anna, &cast.berta]);
    let anna = Cast::recipient(&cast.anna, &[&cast.berta, &cast.carla]);
    let code = ("envelope", "not-for-me");
    refuse(made, "envelope_forwarded_to_third_space", code, carla, bytes(short));
    let code = ("envelope", "reflected");
    refuse(made, "envelope_reflected", code, anna, bytes(short));
    let alone = Cast::recipient(&cast.berta, &[&cast.carla]);
    let code = ("envelope", "unknown-link");
    refuse(made, "envelope_from_a_stranger", code, alone, bytes(short));
    // Signed again by Anna, who moves it to the link of Berta and Carla.
    let other = cast.berta.line(&cast.carla.id()).link;
    let moved = cast.anna.altered(short, |envelope| envelope.header.link = other);
    let code = ("envelope", "wrong-origin");
    refuse(made, "envelope_wrong_link", code, known.clone(), bytes(&moved));
    // What Anna sealed to Carla, with Berta written on it.
    let (to, third) = (cast.berta.id(), cast.carla.id());
    let entry = cast.anna.entry(&third, &Draw::new(1).event(27));
    let sealed = cast.anna.tell(&third, entry);
    let link = cast.anna.line(&to).link;
    let readdressed = cast.anna.altered(&sealed, |envelope| {
        envelope.header.recipient = to;
        envelope.header.link = link;
    });
    let code = ("envelope", "cannot-open");
    let case = "envelope_sealed_for_another_space";
    refuse(made, case, code, known.clone(), bytes(&readdressed));
    let epoch = cast.anna.other_epoch(&to, link);
    let other = cast.anna.altered(short, |envelope| envelope.header.encapsulation = epoch);
    refuse(made, "envelope_of_another_epoch", code, known.clone(), bytes(&other));
    let zero = cast.anna.altered(short, |envelope| envelope.header.encapsulation = [0; 32]);
    refuse(made, "envelope_weak_encapsulation", code, known, bytes(&zero));
}

fn damage(cast: &Cast, short: &[u8], made: &mut Vec<Vector>) {
    let known = berta(cast);
    let flipped = |at: usize| {
        let mut flipped = short.to_vec();
        flipped[at] ^= 1;
        flipped
    };
    let last = short.len() - 1;
    let forged = ("envelope", "bad-signature");
    for (case, at) in [
        ("envelope_flipped_body_bit", EnvelopeHeader::LENGTH),
        ("envelope_flipped_header_bit", 260),
        ("envelope_flipped_signature_bit", last),
    ] {
        refuse(made, case, forged, known.clone(), bytes(&flipped(at)));
    }
    let malformed = ("envelope", "malformed: envelope");
    refuse(made, "envelope_truncated", malformed, known.clone(), bytes(&short[..last]));
    let header = &short[..EnvelopeHeader::LENGTH];
    refuse(made, "envelope_header_alone", malformed, known.clone(), bytes(header));
    refuse(made, "envelope_empty", malformed, known.clone(), bytes(&[]));
    let long = [short, &[0]].concat();
    refuse(made, "envelope_trailing_byte", malformed, known.clone(), bytes(&long));
    let huge = json!({"bytes": "00".repeat(ENVELOPE_BYTES_MAX + 1)});
    let said = crate::doors::open("envelope", &known, &huge);
    // Too large for a file of its own.
    assert_eq!(said, Err("malformed: envelope: too large".to_owned()));
}

fn headers(cast: &Cast, short: &[u8], made: &mut Vec<Vector>) {
    let known = berta(cast);
    for (case, at, value, what) in [
        ("envelope_unknown_magic", 3, b'2', "envelope: magic"),
        ("envelope_unknown_protocol", 5, 2, "envelope: protocol version"),
        ("envelope_unknown_kind", 7, 99, "envelope: kind"),
        ("envelope_unknown_suite", 9, 2, "envelope: suite"),
        ("envelope_count_zero", 173, 0, "envelope: count"),
        ("envelope_first_zero", 169, 0, "envelope: numbers"),
        ("envelope_newest_before_last", 245, 0, "envelope: numbers"),
        ("envelope_oldest_zero", 253, 0, "envelope: numbers"),
        ("envelope_body_length_too_long", 303, 0xff, "envelope"),
    ] {
        let mut odd = short.to_vec();
        odd[at] = value;
        let code = format!("malformed: {what}");
        refuse(made, case, ("envelope", &code), known.clone(), bytes(&odd));
    }
    let mut many = short.to_vec();
    many[172..174].copy_from_slice(&257_u16.to_be_bytes());
    let code = ("envelope", "malformed: envelope: count");
    refuse(made, "envelope_count_257", code, known, bytes(&many));
}

/// What only the origin itself can do.
fn signed_lies(cast: &mut Cast, short: &[u8], made: &mut Vec<Vector>) {
    let known = berta(cast);
    let to = cast.berta.id();
    let [(_, ack), (_, beat), ..] = bodies();
    let sealed = cast.anna.signal(&to, EnvelopeKind::Ack, &ack);
    let renamed = cast.anna.altered(&sealed, |envelope| {
        envelope.header.kind = EnvelopeKind::Beat;
    });
    let closed = ("envelope", "cannot-open");
    refuse(made, "envelope_kind_changed", closed, known.clone(), bytes(&renamed));
    let mixed = cast.anna.signal(&to, EnvelopeKind::Ack, &beat);
    let code = ("envelope", "malformed: envelope: body");
    refuse(made, "envelope_beat_sealed_as_an_ack", code, known.clone(), bytes(&mixed));
    let longer = cast.anna.signal(&to, EnvelopeKind::Beat, &[&beat[..], &[0]].concat());
    let code = ("envelope", "malformed: envelope: body");
    refuse(made, "envelope_body_trailing_byte", code, known.clone(), bytes(&longer));
    let unknown = cast.anna.altered(short, |envelope| envelope.header.origin_key = 2);
    let code = ("envelope", "unknown-key");
    refuse(made, "envelope_unknown_origin_key", code, known.clone(), bytes(&unknown));
    let unknown = cast.anna.altered(short, |envelope| envelope.header.recipient_key = 2);
    refuse(made, "envelope_unknown_recipient_key", code, known.clone(), bytes(&unknown));
    let foreign = cast.carla.altered(short, |_: &mut Envelope| {});
    let code = ("envelope", "bad-signature");
    refuse(made, "envelope_signed_by_another", code, known.clone(), bytes(&foreign));
    let line = cast.anna.line(&to);
    let mut run = Run {
        first: LinkSeq(1),
        chain_before: line.chain[0],
        chain_after: line.chain[2],
        entries: vec![line.said[0].clone()],
    };
    let broken = cast.anna.run(&to, &run);
    let code = ("envelope", "broken-chain");
    refuse(made, "envelope_broken_chain", code, known.clone(), bytes(&broken));
    run.entries.clear();
    let line = cast.anna.line(&to).clone();
    run.chain_after = line.chain[1];
    run.entries.push(line.said[0].clone());
    run.entries[0].entry = vec![0; schema::limits::ENTRY_BYTES_MAX + 1];
    let huge = cast.anna.run(&to, &run);
    let said = crate::doors::open("envelope", &known, &bytes(&huge));
    // Too large for a file of its own.
    assert_eq!(said, Err("malformed: envelope: entries".to_owned()));
}

/// Anna goes on under new keys, and tells Berta in an envelope that they sign.
fn keys(cast: &mut Cast, short: &[u8], made: &mut Vec<Vector>) {
    let known = berta(cast);
    let to = cast.berta.id();
    let (anna, mut changed) = (&cast.anna, cast.anna.rotated());
    let statement = changed.certificate().documents[1].write();
    let body = |statements: Vec<String>, cut| {
        let mut out = Writer::new();
        Statements { statements, cut }.write(&mut out);
        out.finish()
    };
    let told = body(vec![statement.clone()], None);
    let line = anna.line(&to);
    let cut = Cut { incarnation: anna.incarnation(), at: LinkSeq(1), chain: line.chain[1] };
    let sealed = changed.signal(&to, EnvelopeKind::Keys, &told);
    accept(made, "envelope_keys", "envelope", known.clone(), bytes(&sealed));
    let cutting =
        changed.signal(&to, EnvelopeKind::Keys, &body(vec![statement.clone()], Some(cut)));
    accept(made, "envelope_keys_with_a_cut", "envelope", known.clone(), bytes(&cutting));
    let mut after = known.clone();
    after["links"][0]["certificate"] = json!(changed.certificate().write());
    let code = ("envelope", "retired-key");
    refuse(made, "envelope_signed_by_a_replaced_key", code, after, bytes(short));
    let unproven = cast.anna.rotated_again(&changed).signal(&to, EnvelopeKind::Keys, &told);
    let code = ("envelope", "unknown-key");
    let case = "envelope_keys_signed_by_a_key_that_they_do_not_name";
    refuse(made, case, code, known.clone(), bytes(&unproven));
    let foreign = cast.carla.rotated().certificate().documents[1].write();
    let foreign = changed.signal(&to, EnvelopeKind::Keys, &body(vec![foreign], None));
    refuse(made, "envelope_keys_of_another_space", code, known.clone(), bytes(&foreign));
    let entries = changed.altered(short, |envelope| envelope.header.origin_key = 2);
    refuse(made, "envelope_entries_before_their_keys", code, known.clone(), bytes(&entries));
    let mut flipped = sealed.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let code = ("envelope", "bad-signature");
    refuse(made, "envelope_keys_flipped_signature_bit", code, known.clone(), bytes(&flipped));
    let code = ("envelope", "malformed: keys");
    for (case, body) in [
        ("envelope_keys_without_a_statement", vec![0, 0]),
        ("envelope_keys_trailing_byte", [&told[..], &[0]].concat()),
        ("envelope_keys_odd_cut", [&told[..told.len() - 1], &[2]].concat()),
    ] {
        let odd = changed.signal(&to, EnvelopeKind::Keys, &body);
        refuse(made, case, code, known.clone(), bytes(&odd));
    }
}
