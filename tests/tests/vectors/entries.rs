//! Vectors of entries, events, records, blocks, and of what is decided about a peer's entry.

use crate::cast::{Cast, NOWHERE, bundle, document_id, header, promoted, receipt, release};
use crate::files::{Vector, accept, refuse};
use schema::id::{LinkSeq, Position, SpaceId, hex};
use schema::latest::{
    Actor, Audience, Block, Checkpoint, Entry, Event, Evidence, Kind, Mirrored, Own, Recall, Record,
};
use schema::v1::event::{
    DeploymentReported, EnvironmentsPublished, PackageArrived, PromotionAnswered, ReleaseRecalled,
    TABLE,
};
use schema::v1::model::{Disclosure, Grant};
use serde_json::{Value, json};
use tests::draw::Draw;
use tests::pipeline::text;
use tests::stranger::Stranger;
use tests::world::name;

const NONE: Value = Value::Null;

pub(crate) fn make(cast: &Cast, made: &mut Vec<Vector>) {
    events(made);
    odd_events(made);
    entries(cast, made);
    records(cast, made);
    verdicts(cast, made);
    refused(cast, made);
}

fn payload(kind: u16, version: u16, flags: u16, payload: &[u8]) -> Value {
    json!({"kind": kind, "version": version, "flags": flags, "payload": hex(payload)})
}

fn events(made: &mut Vec<Vector>) {
    for (kind, version, flags, called) in TABLE {
        // The first draw of each kind that is neither tiny nor a page long.
        let drawn = (0..50).map(|seed| Draw::new(1000 + seed).event(*kind));
        let mut encoded = drawn.map(|event| event.encode().3);
        let bytes = encoded.find(|bytes| (16..2500).contains(&bytes.len()));
        let input = payload(*kind, *version, *flags, &bytes.expect("one of fifty"));
        let case = format!("event_{}", called.replace('.', "_"));
        accept(made, &case, "event", NONE, input);
    }
    accept(made, "event_unknown", "event", NONE, payload(999, 1, 0, b"?"));
    let input = payload(999, 1, 1, b"?");
    accept(made, "event_unknown_that_must_be_understood", "event", NONE, input);
    let input = payload(26, 2, 0, b"?");
    accept(made, "event_of_a_newer_version", "event", NONE, input);
}

fn odd_events(made: &mut Vec<Vector>) {
    let arrived = PackageArrived { object: schema::id::ObjectId([1; 32]), size: 7 };
    let (kind, version, flags, bytes) = Event::PackageArrived(arrived).encode();
    let text = "package.arrived";
    let input = payload(kind, version, flags | 1, &bytes);
    refuse(made, "event_other_flags", ("event", "event: flags"), NONE, input);
    let long = [&bytes[..32], &[251, 0, 7]].concat();
    let longest = [&bytes[..32], &[253, 0, 0, 0, 0, 0, 0, 0, 7]].concat();
    let trailing = [&bytes[..], &[0]].concat();
    for (case, bytes) in [
        ("event_long_integer", &long[..]),
        ("event_longest_integer", &longest),
        ("event_trailing_byte", &trailing),
        ("event_truncated", &bytes[..bytes.len() - 1]),
        ("event_empty", &[]),
    ] {
        let input = payload(kind, version, flags, bytes);
        refuse(made, case, ("event", text), NONE, input);
    }
    let claims = [253, 0, 0, 0, 16, 0, 0, 0, 0, 1];
    for (case, kind, text) in [
        ("event_claims_64_gib", 27, "environments.published"),
        ("event_claims_64_gib_of_text", 32, "deployment.reported"),
    ] {
        refuse(made, case, ("event", text), NONE, payload(kind, 1, 0, &claims));
    }
    let bad_name = [&[1, 4][..], b"a\nbc"].concat();
    let text = ("event", "environments.published");
    refuse(made, "event_with_a_bad_name", text, NONE, payload(27, 1, 0, &bad_name));
    let bad_text = [1, 2, 0xc3, 0x28];
    refuse(made, "event_with_bad_utf8", text, NONE, payload(27, 1, 0, &bad_text));
    let answered = [&[0; 64][..], &[1, b'a', 1, b'1', 2]].concat();
    let text = ("event", "promotion.answered");
    refuse(made, "event_option_that_is_2", text, NONE, payload(25, 1, 0, &answered));
}

fn published() -> Event {
    let environments = vec![name("Production"), name("Staging")];
    Event::EnvironmentsPublished(EnvironmentsPublished { environments })
}

fn bytes(bytes: &[u8]) -> Value {
    json!({"bytes": hex(bytes)})
}

fn entries(cast: &Cast, made: &mut Vec<Vector>) {
    let link = cast.anna.line(&cast.berta.id()).link;
    let mut drawn = Draw::new(7);
    for (case, actor) in [
        ("entry_by_policy", Actor::Policy),
        ("entry_by_a_person", Actor::Person(name("erik"))),
        ("entry_by_a_space", Actor::Space(cast.anna.id())),
    ] {
        let mut header = header(1, Audience::Link(link));
        header.actor = actor;
        while header.causation.is_none() {
            header.causation = drawn.header().causation;
        }
        let entry = Entry::write(header, &published()).expect("small");
        accept(made, case, "entry", NONE, bytes(entry.bytes()));
    }
    let entry = Entry::write(header(2, Audience::Internal), &published()).expect("small");
    accept(made, "entry_that_stays_inside", "entry", NONE, bytes(entry.bytes()));
    let whole = entry.bytes().to_vec();
    let changed = |at: usize, value: u8| {
        let mut changed = whole.clone();
        changed[at] = value;
        changed
    };
    // causation, actor and audience stand at 46, 47 and 48; the length of the payload follows.
    let long_name = [&whole[..47], &[1, 0, 0, 0, 0x81][..], &[b'x'; 0x81]].concat();
    for (case, odd, code) in [
        ("entry_trailing_bytes", [&whole[..], b"more"].concat(), "entry"),
        ("entry_truncated", whole[..whole.len() - 1].to_vec(), "entry"),
        ("entry_empty", Vec::new(), "entry"),
        ("entry_unknown_causation", changed(46, 2), "entry: causation"),
        ("entry_unknown_actor", changed(47, 3), "entry: actor"),
        ("entry_actor_with_a_long_name", long_name, "entry"),
        ("entry_unknown_audience", changed(48, 2), "entry: audience"),
        ("entry_payload_claims_4_gib", changed(49, 0xff), "entry"),
    ] {
        refuse(made, case, ("entry", code), NONE, bytes(&odd));
    }
}

fn records(cast: &Cast, made: &mut Vec<Vector>) {
    let link = cast.anna.line(&cast.berta.id()).link;
    let entry = Entry::write(header(3, Audience::Link(link)), &published()).expect("small");
    let place = Mirrored {
        id: schema::id::EntryId {
            origin: cast.anna.id(),
            incarnation: cast.anna.incarnation(),
            position: Position(12),
        },
        link,
        link_incarnation: cast.anna.incarnation(),
        link_seq: LinkSeq(4),
        salt: [9; 16],
        entry: entry.bytes().to_vec(),
    };
    let salt = [8; 16];
    let own = Record::Own(Own { salt, entry });
    let evidence =
        Record::Evidence(Evidence { header: vec![7; 330], body_hash: [6; 32], signature: [5; 64] });
    let all = [
        ("record_own", own),
        ("record_mirrored", Record::Mirrored(place)),
        ("record_evidence", evidence),
    ];
    for (case, record) in &all {
        accept(made, case, "record", NONE, bytes(&record.write()));
    }
    let (_, evidence) = &all[2];
    let trailing = [&evidence.write()[..], &[0]].concat();
    refuse(made, "record_trailing_byte", ("record", "record"), NONE, bytes(&trailing));
    refuse(made, "record_of_no_kind", ("record", "record"), NONE, bytes(&[4]));
    refuse(made, "record_empty", ("record", "record"), NONE, bytes(&[]));
    let records: Vec<_> = all.iter().map(|(_, record)| (record.clone(), record.leaf())).collect();
    let checkpoint = Checkpoint { size: 3, root: [4; 32], time_ms: 5, key: 1, signature: [6; 64] };
    let first = Position(1);
    let block = Block { first, records, checkpoint };
    let written = block.write();
    let input = |first: u64, bytes: &[u8]| json!({"first": first, "bytes": hex(bytes)});
    accept(made, "block", "block", NONE, input(1, &written));
    let mut flipped = written.clone();
    flipped[100] ^= 1;
    let code = ("block", "Position 1: the record does not match its leaf");
    refuse(made, "block_flipped_bit", code, NONE, input(1, &flipped));
    let code = ("block", "Position 2: the block claims another place");
    refuse(made, "block_at_another_place", code, NONE, input(2, &written));
}

pub(crate) fn grants() -> Vec<Grant> {
    vec![
        Grant::AcceptReleases(name("Web")),
        Grant::AcceptResults,
        Grant::SendResults(Disclosure::Status),
    ]
}

fn context(cast: &Cast, grants: Vec<Grant>) -> Value {
    let entries = cast.log(grants);
    let log: Vec<String> = entries.iter().map(|entry| hex(entry.bytes())).collect();
    json!({"log": log})
}

pub(crate) fn input(cast: &Cast, entry: &[u8]) -> Value {
    json!({
        "link": cast.berta.line(&cast.anna.id()).link,
        "incarnation": cast.anna.incarnation(),
        "position": 12,
        "link_seq": 4,
        "salt": hex(&[9; 16]),
        "entry": hex(entry),
    })
}

pub(crate) fn entry(cast: &Cast, event: &Event) -> Vec<u8> {
    let link = cast.anna.line(&cast.berta.id()).link;
    let entry = Entry::write(header(4, Audience::Link(link)), event).expect("small");
    entry.bytes().to_vec()
}

/// An event of a kind that nobody knows, by hand.
fn unknown(cast: &Cast, flags: u8) -> Vec<u8> {
    let mut bytes = entry(cast, &published());
    bytes[..6].copy_from_slice(&[3, 231, 0, 1, 0, flags]);
    bytes
}

fn answered(cast: &Cast) -> PromotionAnswered {
    PromotionAnswered {
        bundle: document_id(&promoted(&cast.berta, cast.anna.id()).bundle),
        release: release(cast.berta.id()),
        rejected: None,
    }
}

fn reported(cast: &Cast) -> DeploymentReported {
    let receipt = receipt(&cast.anna, cast.berta.id());
    let receipt = cast.anna.document(Kind::Receipt, &receipt).write();
    DeploymentReported { receipt }
}

/// `signer` says under the key of this number that a release of `owner` was found bad.
pub(crate) fn recalled(signer: &Stranger, owner: SpaceId, key: u32) -> Event {
    let recall = Recall {
        release: release(owner),
        revision: 1,
        reason: text("it loses orders"),
        time_ms: 1_767_225_600_000,
        key,
    };
    let recall = signer.document(Kind::Recall, &recall).write();
    Event::ReleaseRecalled(ReleaseRecalled { recall })
}

fn verdicts(cast: &Cast, made: &mut Vec<Vector>) {
    let known = context(cast, grants());
    let promoted = promoted(&cast.anna, cast.berta.id());
    for (case, event) in [
        ("verdict_on_a_promotion", Event::ReleasePromoted(promoted)),
        ("verdict_on_an_answer", Event::PromotionAnswered(answered(cast))),
        ("verdict_on_a_report", Event::DeploymentReported(reported(cast))),
        ("verdict_on_environments", published()),
        ("verdict_on_grants", Draw::new(3).event(28)),
        ("verdict_on_a_recall", recalled(&cast.anna, cast.anna.id(), 1)),
    ] {
        accept(made, case, "verdict", known.clone(), input(cast, &entry(cast, &event)));
    }
    let skipped = input(cast, &unknown(cast, 0));
    accept(made, "verdict_skips_what_is_unknown", "verdict", known.clone(), skipped);
    let held = input(cast, &unknown(cast, 1));
    accept(made, "verdict_holds_what_must_be_understood", "verdict", known, held);
}

fn refused(cast: &Cast, made: &mut Vec<Vector>) {
    let known = context(cast, grants());
    let (anna, berta, carla) = (&cast.anna, &cast.berta, &cast.carla);
    let ours = promoted(anna, berta.id());
    let mut odd = Vec::new();
    let mut foreign = promoted(carla, berta.id());
    odd.push((
        "promotion_of_a_foreign_project",
        Event::ReleasePromoted(foreign.clone()),
        "not-its-own",
    ));
    foreign.release.project.space = anna.id();
    odd.push(("promotion_with_a_foreign_bundle", Event::ReleasePromoted(foreign), "bad-document"));
    let event = Event::ReleasePromoted(promoted(anna, carla.id()));
    odd.push(("promotion_to_another_space", event, "not-its-own"));
    let mut event = ours.clone();
    event.release.project.name = name("Shop");
    odd.push(("promotion_that_is_not_granted", Event::ReleasePromoted(event), "not-granted"));
    let mut event = ours.clone();
    event.digest = schema::id::ReleaseDigest([1; 32]);
    odd.push(("promotion_with_another_digest", Event::ReleasePromoted(event), "bad-document"));
    let mut event = ours.clone();
    let foreign = carla.document(Kind::Receipt, &receipt(carla, anna.id()));
    let mut content = bundle(anna, berta.id());
    content.receipts.push(foreign);
    event.bundle = anna.document(Kind::Bundle, &content).write();
    odd.push(("promotion_with_a_foreign_receipt", Event::ReleasePromoted(event), "bad-document"));
    let mut event = ours;
    event.bundle = anna.document(Kind::Receipt, &bundle(anna, berta.id())).write();
    odd.push((
        "promotion_with_a_receipt_for_a_bundle",
        Event::ReleasePromoted(event),
        "bad-document",
    ));
    let mut event = answered(cast);
    event.bundle = schema::id::DocumentId([1; 32]);
    odd.push(("answer_to_another_bundle", Event::PromotionAnswered(event), "not-its-own"));
    let mut event = answered(cast);
    event.release.project.space = carla.id();
    odd.push(("answer_about_a_foreign_release", Event::PromotionAnswered(event), "not-its-own"));
    let report = |receipt| Event::DeploymentReported(DeploymentReported { receipt });
    let foreign = carla.document(Kind::Receipt, &receipt(carla, berta.id())).write();
    odd.push(("report_by_somebody_else", report(foreign), "not-its-own"));
    let claimed = anna.document(Kind::Receipt, &receipt(carla, berta.id())).write();
    odd.push(("report_in_the_name_of_somebody_else", report(claimed), "not-its-own"));
    let own = anna.document(Kind::Receipt, &receipt(anna, anna.id())).write();
    odd.push(("report_about_its_own_release", report(own), "not-its-own"));
    odd.push(("recall_of_a_foreign_release", recalled(anna, carla.id(), 1), "not-its-own"));
    odd.push(("recall_signed_by_somebody_else", recalled(carla, anna.id(), 1), "bad-document"));
    let arrived = Draw::new(5).event(26);
    odd.push(("package_arrived", arrived, "does-not-cross"));
    odd.push(("a_revocation", Draw::new(5).event(9), "does-not-cross"));
    for (case, event, code) in odd {
        let input = input(cast, &entry(cast, &event));
        let case = format!("verdict_on_{case}");
        refuse(made, &case, ("verdict", code), known.clone(), input);
    }
    let none = context(cast, Vec::new());
    let event = input(cast, &entry(cast, &published()));
    let code = ("verdict", "not-granted");
    refuse(made, "verdict_on_environments_not_granted", code, none, event);
    addressed(cast, &known, made);
    downgraded(cast, &known, made);
}

/// Entries in older forms than one that came before.
fn downgraded(cast: &Cast, known: &Value, made: &mut Vec<Vector>) {
    let of_version = |version: u8| {
        let mut bytes = entry(cast, &published());
        bytes[..6].copy_from_slice(&[0, 27, 0, version, 0, 0]);
        bytes
    };
    let mut known = known.clone();
    known["came"] = json!([hex(&of_version(2)), hex(&unknown(cast, 0))]);
    let code = ("verdict", "downgraded");
    for (case, version) in [("an_older_form", 1), ("a_form_that_never_was", 0)] {
        let older = input(cast, &of_version(version));
        refuse(made, &format!("verdict_on_{case}"), code, known.clone(), older);
    }
    let again = input(cast, &of_version(2));
    accept(made, "verdict_on_a_newer_form_again", "verdict", known.clone(), again);
    let other = input(cast, &entry(cast, &Draw::new(3).event(28)));
    accept(made, "verdict_on_an_old_form_of_another_kind", "verdict", known, other);
}

/// Headers that do not fit the link.
fn addressed(cast: &Cast, known: &Value, made: &mut Vec<Vector>) {
    let link = cast.anna.line(&cast.berta.id()).link;
    let other = cast.anna.line(&cast.carla.id()).link;
    let mut posing = header(5, Audience::Link(link));
    posing.actor = Actor::Space(cast.carla.id());
    for (case, header, code) in [
        ("for_nobody", header(5, Audience::Internal), "wrong-audience"),
        ("for_another_link", header(5, Audience::Link(other)), "wrong-audience"),
        ("by_another_space", posing, "not-its-own"),
    ] {
        let entry = Entry::write(header, &published()).expect("small");
        let case = format!("verdict_on_an_entry_{case}");
        let input = input(cast, entry.bytes());
        refuse(made, &case, ("verdict", code), known.clone(), input);
    }
    let junk = input(cast, b"junk");
    let code = ("verdict", "entry-malformed");
    refuse(made, "verdict_on_junk", code, known.clone(), junk);
    let mut long = entry(cast, &published());
    long.push(0);
    refuse(made, "verdict_on_a_trailing_byte", code, known.clone(), input(cast, &long));
    let mut elsewhere = input(cast, &entry(cast, &published()));
    elsewhere["incarnation"] = json!(NOWHERE);
    let case = "verdict_on_an_entry_of_an_older_incarnation";
    accept(made, case, "verdict", known.clone(), elsewhere);
}
