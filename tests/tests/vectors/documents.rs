//! Vectors of documents: certificates, offers, bundles, receipts, and the note of a checkpoint.

use crate::cast::{Cast, bundle, receipt};
use crate::files::{Vector, accept, refuse};
use engine::trust::signature::SecretKey;
use schema::id::{Incarnation, hex};
use schema::latest::{
    Certificate, Document, KeyStatement, Kind, Offer, Outcome, Receipt, Revocation, StepReport,
};
use schema::v1::document::dsse::Signature;
use schema::v1::document::receipt::{DeployedBy, StepOutput, TargetReport};
use schema::v1::model::{Disclosure, HexHash};
use serde_json::{Value, json};
use tests::pipeline::text;
use tests::stranger::Stranger;
use tests::world::name;

const NONE: Value = Value::Null;

pub(crate) fn make(cast: &Cast, made: &mut Vec<Vector>) {
    certificates(&cast.anna, made);
    statements(cast, made);
    documents(cast, made);
    checkpoints(cast, made);
}

fn certificate(made: &Certificate) -> Value {
    json!({"json": made.write()})
}

/// The first statement of a certificate.
fn statement(certificate: &Certificate) -> KeyStatement {
    let payload = certificate.documents[0].payload(Kind::KeyStatement);
    payload.expect("a statement")
}

/// A statement signed by each of `keys`.
fn signed(statement: &KeyStatement, keys: &[(&str, [u8; 32])]) -> Document {
    Document::sign(Kind::KeyStatement, statement, |message| {
        let sign = |(keyid, seed): &(&str, [u8; 32])| Signature {
            keyid: (*keyid).to_owned(),
            sig: SecretKey::from_seed(seed).sign(message).to_vec(),
        };
        keys.iter().map(sign).collect()
    })
}

fn certificates(anna: &Stranger, made: &mut Vec<Vector>) {
    let whole = anna.certificate();
    accept(made, "certificate", "certificate", NONE, certificate(whole));
    let alone = Certificate { documents: whole.documents[..1].to_vec() };
    accept(made, "certificate_without_offer", "certificate", NONE, certificate(&alone));
    let seeds = anna.seeds();
    let mut second = statement(whole);
    second.number = 2;
    second.signing = HexHash(SecretKey::from_seed(&[0x22; 32]).public());
    let both = [("root", seeds.root), ("1", seeds.signing)];
    let with = |document: Document| {
        let documents = vec![whole.documents[0].clone(), document];
        certificate(&Certificate { documents })
    };
    let rotated = with(signed(&second, &both));
    accept(made, "certificate_with_two_statements", "certificate", NONE, rotated);
    let incarnation = Incarnation([0x44; 16]);
    let mut revoking = second.clone();
    revoking.revoked = vec![Revocation { key: 1, incarnation, size: 40 }];
    let by_root = signed(&revoking, &both[..1]);
    accept(made, "certificate_that_revokes_a_key", "certificate", NONE, with(by_root));
    let mut early = second.clone();
    early.revoked = vec![Revocation { key: 2, incarnation, size: 40 }];
    let mut gap = second.clone();
    gap.number = 3;
    for (case, document, code) in [
        ("certificate_gap_in_numbers", signed(&gap, &both), "Broken(2)"),
        ("certificate_repeats_a_statement", whole.documents[0].clone(), "Broken(2)"),
        ("certificate_without_its_predecessor", signed(&second, &both[..1]), "BadSignature(1)"),
        ("certificate_that_revokes_its_own_key", signed(&early, &both), "Broken(2)"),
        ("certificate_without_its_root", signed(&second, &both[1..]), "BadSignature(root)"),
        (
            "certificate_with_swapped_key_ids",
            signed(&second, &[("root", seeds.signing), ("1", seeds.root)]),
            "BadSignature(root)",
        ),
    ] {
        refuse(made, case, ("certificate", code), NONE, with(document));
    }
}

fn statements(cast: &Cast, made: &mut Vec<Vector>) {
    let (anna, carla) = (&cast.anna, &cast.carla);
    let root = [("root", anna.seeds().root)];
    let first = statement(anna.certificate());
    let mut identity_point = [0; 32];
    identity_point[0] = 1;
    let mut odd = Vec::new();
    let mut weak = first.clone();
    weak.signing = HexHash(identity_point);
    odd.push(("certificate_weak_key", weak, "WeakKey(1)"));
    let mut weak = first.clone();
    weak.genesis.root = HexHash(identity_point);
    odd.push(("certificate_weak_root", weak, "WeakKey(0)"));
    let mut sealing = first.clone();
    sealing.sealing = HexHash([0; 32]);
    odd.push(("certificate_weak_sealing_key", sealing, "WeakKey(1)"));
    let mut suite = first.clone();
    suite.genesis.suite = 2;
    suite.space = suite.genesis.space();
    odd.push(("certificate_unknown_suite", suite, "certificate: suite"));
    let mut space = first.clone();
    space.genesis.random = HexHash([3; 32]);
    odd.push(("certificate_wrong_genesis", space, "Broken(1)"));
    let mut posing = first.clone();
    posing.space = carla.id();
    odd.push(("certificate_of_another_space", posing, "Broken(1)"));
    let mut late = first.clone();
    late.number = 2;
    odd.push(("certificate_begins_at_two", late, "Broken(1)"));
    for (case, statement, code) in odd {
        let documents = vec![signed(&statement, &root)];
        let input = certificate(&Certificate { documents });
        refuse(made, case, ("certificate", code), NONE, input);
    }
    let mut foreign = anna.certificate().clone();
    foreign.documents[1] = carla.certificate().documents[1].clone();
    let code = ("certificate", "Foreign");
    refuse(made, "certificate_with_a_foreign_offer", code, NONE, certificate(&foreign));
    let mut twice = anna.certificate().clone();
    twice.documents.push(twice.documents[1].clone());
    let code = ("certificate", "document: payload type");
    refuse(made, "certificate_with_two_offers", code, NONE, certificate(&twice));
    let code = ("certificate", "Empty");
    refuse(made, "certificate_empty", code, NONE, json!({"json": "[]"}));
    let code = ("certificate", "certificate");
    refuse(made, "certificate_no_json", code, NONE, json!({"json": "[{}]"}));
    let deep = "[".repeat(10_000);
    refuse(made, "certificate_nested_deeply", code, NONE, json!({"json": deep}));
}

/// As little of a receipt as is ever disclosed.
fn status(receipt: &Receipt) -> Receipt {
    Receipt {
        by: DeployedBy::Undisclosed,
        disclosure: Disclosure::Status,
        steps: Vec::new(),
        ..receipt.clone()
    }
}

/// Everything that a receipt can say: a tenant, targets, outputs, an answer.
fn full(receipt: &Receipt) -> Receipt {
    let target = |called: &str, outcome: Option<Outcome>| TargetReport {
        name: name(called),
        up: outcome.is_some(),
        outcome,
    };
    let said = StepOutput { name: name("VERSION"), value: text("1.0.0") };
    let ran = StepReport {
        target: Some(name("one")),
        outcome: Outcome::Failed,
        attempts: 3,
        exit_code: None,
        output: Some(text("it hangs")),
        reason: Some(text("it took longer than 60 s")),
        outputs: vec![said],
        ..receipt.steps[0].clone()
    };
    let asked = StepReport {
        name: name("look"),
        outcome: Outcome::Cancelled,
        attempts: 0,
        answered_by: Some(name("erik")),
        ..receipt.steps[0].clone()
    };
    Receipt {
        tenant: Some(name("acme")),
        outcome: Outcome::Failed,
        by: DeployedBy::Policy,
        disclosure: Disclosure::Full,
        targets: vec![target("one", Some(Outcome::Failed)), target("two", None)],
        steps: vec![ran, asked],
        ..receipt.clone()
    }
}

fn documents(cast: &Cast, made: &mut Vec<Vector>) {
    let (anna, berta, carla) = (&cast.anna, &cast.berta, &cast.carla);
    let context = |kind| json!({"certificate": anna.certificate().write(), "kind": kind});
    let json = |document: &Document| json!({"json": document.write()});
    let offer = &anna.certificate().documents[1];
    let bundle = bundle(anna, berta.id());
    let receipt = receipt(anna, berta.id());
    let sealed_bundle = anna.document(Kind::Bundle, &bundle);
    let sealed_receipt = anna.document(Kind::Receipt, &receipt);
    accept(made, "offer", "document", context("offer"), json(offer));
    accept(made, "bundle", "document", context("bundle"), json(&sealed_bundle));
    accept(made, "receipt", "document", context("receipt"), json(&sealed_receipt));
    for (case, other) in
        [("receipt_at_level_status", status(&receipt)), ("receipt_at_level_full", full(&receipt))]
    {
        let document = anna.document(Kind::Receipt, &other);
        accept(made, case, "document", context("receipt"), json(&document));
    }
    let swapped = ("document", "document: payload type");
    for (case, document, kind) in [
        ("document_kind_swapped", &sealed_receipt, "bundle"),
        ("document_bundle_for_a_receipt", &sealed_bundle, "receipt"),
        ("document_offer_for_a_bundle", offer, "bundle"),
        ("document_statement_for_an_offer", &anna.certificate().documents[0], "offer"),
    ] {
        refuse(made, case, swapped, context(kind), json(document));
    }
    let retyped = sealed_receipt.write().replace("receipt.v1", "bundle.v1");
    let code = ("document", "document: payload");
    let input = json!({"json": retyped});
    refuse(made, "document_retyped", code, context("bundle"), input);
    let foreign = carla.document(Kind::Bundle, &bundle);
    let code = ("document", "BadSignature(1)");
    refuse(made, "document_signed_by_another", code, context("bundle"), json(&foreign));
    let mut other_key = bundle.clone();
    other_key.key = 2;
    let document = anna.document(Kind::Bundle, &other_key);
    let code = ("document", "Unstated(2)");
    refuse(made, "document_unknown_key", code, context("bundle"), json(&document));
    let mut posing = receipt.clone();
    posing.space = carla.id();
    let document = anna.document(Kind::Receipt, &posing);
    let code = ("document", "Foreign");
    refuse(made, "document_of_another_space", code, context("receipt"), json(&document));
    forms(cast, made);
}

/// JSON that looks like a document.
fn forms(cast: &Cast, made: &mut Vec<Vector>) {
    let anna = &cast.anna;
    let context = json!({"certificate": anna.certificate().write(), "kind": "offer"});
    let offer = anna.certificate().documents[1].write();
    let more = offer.replacen('{', "{\"more\":1,", 1);
    let twice = offer.replacen('{', "{\"payload\":\"\",", 1);
    let unpadded = offer.replace("==\"", "\"").replace("=\"", "\"");
    let trailing = format!("{offer} x");
    for (case, odd) in [
        ("document_unknown_field", more),
        ("document_field_twice", twice),
        ("document_base64_without_padding", unpadded),
        ("document_trailing_text", trailing),
    ] {
        let input = json!({"json": odd});
        refuse(made, case, ("document", "document"), context.clone(), input);
    }
    let claims = Offer { space: anna.id(), key: 1, random: HexHash([1; 32]) };
    let mut payload = serde_json::to_value(&claims).expect("JSON");
    payload["more"] = json!(1);
    let document = anna.document(Kind::Offer, &payload);
    let input = json!({"json": document.write()});
    let code = ("document", "document: payload");
    refuse(made, "document_unknown_field_inside", code, context, input);
}

fn checkpoints(cast: &Cast, made: &mut Vec<Vector>) {
    let (anna, carla) = (&cast.anna, &cast.carla);
    let context = json!({"certificate": anna.certificate().write()});
    let made_by = |who: &Stranger, size| {
        let (log, root) = (who.incarnation(), [0x33; 32]);
        let checkpoint = who.identity().checkpoint(&log, size, root, 1_767_225_600_000);
        json!({
            "space": who.id(),
            "incarnation": log,
            "size": size,
            "root": hex(&checkpoint.root),
            "time_ms": checkpoint.time_ms,
            "key": checkpoint.key,
            "signature": hex(&checkpoint.signature),
        })
    };
    let honest = made_by(anna, 12);
    accept(made, "checkpoint", "checkpoint", context.clone(), honest.clone());
    let code = ("checkpoint", "the checkpoint behind it is not signed by the space");
    let mut longer = honest.clone();
    longer["size"] = json!(13);
    refuse(made, "checkpoint_of_another_size", code, context.clone(), longer);
    let mut unknown = honest;
    unknown["key"] = json!(2);
    refuse(made, "checkpoint_unknown_key", code, context.clone(), unknown);
    let foreign = made_by(carla, 12);
    refuse(made, "checkpoint_by_another_space", code, context, foreign);
}
