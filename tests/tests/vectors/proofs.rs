//! Vectors of proofs: two stories, two logs, and what proves nothing.

use crate::cast::Cast;
use crate::files::{Vector, accept, refuse};
use engine::trust::certificate::Keys;
use engine::trust::proof::{of_checkpoints, of_runs};
use schema::id::{LinkId, LinkSeq, SpaceId};
use schema::latest::{Commitment, ContradictionProof, Envelope, Evidence, Proof, SignedRun};
use schema::v1::envelope::body_hash;
use serde_json::{Value, json};
use tests::draw::Draw;

const NONE: Value = Value::Null;

pub(crate) fn make(made: &mut Vec<Vector>) {
    let mut cast = Cast::new();
    let keys = Keys::verify(cast.anna.certificate()).expect("a certificate");
    let berta = cast.berta.id();
    for number in 0..3 {
        say(&mut cast, berta, number);
    }
    let first = run(&mut cast, 1, 3);
    cast.anna.forget_after(&berta, LinkSeq(1));
    for number in 10..12 {
        say(&mut cast, berta, number);
    }
    let (second, later) = (run(&mut cast, 1, 3), run(&mut cast, 3, 3));
    let proof = |one: &SignedRun, other: &SignedRun| {
        of_runs(&keys, one.clone(), other.clone()).expect("two stories")
    };
    let stories = proof(&first, &second);
    accept(made, "proof_of_two_stories", "proof", NONE, input(&stories.write()));
    let turned = proof(&second, &first);
    accept(made, "proof_of_two_stories_the_other_first", "proof", NONE, input(&turned.write()));
    let before = proof(&first, &later);
    accept(made, "proof_by_what_came_before", "proof", NONE, input(&before.write()));
    let mut altered = Envelope::read(&cast.anna.envelope(&berta, 1, 3)).expect("an envelope");
    altered.header.checkpoint_root = [0x78; 32];
    altered.header_bytes = altered.header.write();
    let other = evidence(&cast.anna.signed(altered));
    let logs = of_checkpoints(&keys, first.evidence.clone(), other).expect("two logs");
    accept(made, "proof_of_two_logs", "proof", NONE, input(&logs.write()));
    nothing(&stories, &logs, made);
}

fn input(text: &str) -> Value {
    json!({"text": text})
}

fn say(cast: &mut Cast, peer: SpaceId, number: u64) {
    let entry = cast.anna.entry(&peer, &Draw::new(number).event(27));
    cast.anna.say(&peer, entry);
}

fn evidence(bytes: &[u8]) -> Evidence {
    let Envelope { header_bytes, body, signature, .. } = Envelope::read(bytes).expect("one");
    Evidence { header: header_bytes, body_hash: body_hash(&body), signature }
}

/// What Anna signed of what she says to Berta now.
fn run(cast: &mut Cast, first: u64, last: u64) -> SignedRun {
    let berta = cast.berta.id();
    let evidence = evidence(&cast.anna.envelope(&berta, first, last));
    let said = cast.anna.line(&berta).said.iter().zip(1..);
    let said = said.filter(|(_, number)| (first..=last).contains(number));
    let entries = said.map(|(carried, _)| Commitment {
        incarnation: carried.incarnation,
        position: carried.position,
        commit: carried.commit(),
    });
    SignedRun { evidence, entries: entries.collect() }
}

fn nothing(stories: &Proof, logs: &Proof, made: &mut Vec<Vector>) {
    let Proof::Contradiction(whole) = stories else { panic!("of two stories") };
    let Proof::Checkpoints(log) = logs else { panic!("of two logs") };
    let changed = |change: &dyn Fn(&mut ContradictionProof)| {
        let mut changed = whole.clone();
        change(&mut changed);
        Proof::Contradiction(changed).write()
    };
    let mut resized = log.clone();
    resized.size += 1;
    let mut same = log.clone();
    same.other = same.one.clone();
    let text = stories.write();
    for (case, text, code) in [
        ("of_one_story", changed(&|p| p.other.clone_from(&p.one)), "same-story"),
        ("of_one_log", Proof::Checkpoints(same).write(), "same-story"),
        ("at_another_number", changed(&|p| p.at = p.at.next()), "elsewhere"),
        ("at_another_size", Proof::Checkpoints(resized).write(), "elsewhere"),
        ("of_another_link", changed(&|p| p.link = LinkId([1; 32])), "another-link"),
        ("to_somebody_else", changed(&|p| p.recipient = SpaceId([1; 32])), "another-link"),
        (
            "with_a_forged_signature",
            changed(&|p| p.one[0].evidence.signature[0] ^= 1),
            "bad-signature",
        ),
        ("with_another_body", changed(&|p| p.one[0].evidence.body_hash[0] ^= 1), "bad-signature"),
        ("with_another_entry", changed(&|p| p.other[0].entries[2].commit[0] ^= 1), "broken-chain"),
        ("with_an_entry_left_out", changed(&|p| p.other[0].entries.truncate(2)), "broken-chain"),
        (
            "of_envelopes_that_do_not_follow",
            changed(&|p| p.one.push(p.one[0].clone())),
            "broken-chain",
        ),
        ("without_a_certificate", changed(&|p| p.certificate.documents.clear()), "bad-certificate"),
        ("with_white_space", text.replace("\"at\":", "\"at\": "), "malformed proof"),
        ("with_a_field_more", text.replace("\"at\":", "\"more\":1,\"at\":"), "malformed proof"),
        ("without_its_line_feed", text.trim_end().to_owned(), "malformed proof"),
        (
            "of_a_newer_version",
            text.replace("v1/contradiction", "v2/contradiction"),
            "malformed proof: version",
        ),
    ] {
        refuse(made, &format!("proof_{case}"), ("proof", code), NONE, input(&text));
    }
}
