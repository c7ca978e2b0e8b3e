//! T13: weak keys and odd signatures.

use crate::scene::Scene;
use crate::session::deliver;
use engine::command::Command;
use engine::trust::epoch::can_be_sealed_to;
use engine::trust::refusal::Refusal;
use engine::trust::signature::{PublicKey, SecretKey};
use schema::latest::{Certificate, Document, Envelope, EnvelopeKind, KeyStatement, Kind};
use schema::v1::document::dsse::Signature;
use schema::v1::model::HexHash;
use tests::stranger::Stranger;

/// The order of the group, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Adds the order of the group to the second half of a signature: the same number, written
/// differently.
fn malleated(mut signature: [u8; 64]) -> [u8; 64] {
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    signature
}

#[test]
fn t13_a_signature_has_one_form() {
    for seed in 0..50 {
        let key = SecretKey::from_seed(&[seed; 32]);
        let public = PublicKey::from_bytes(&key.public()).expect("a strong key");
        let signature = key.sign(b"message");
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"message", &malleated(signature)));
        let mut negative = signature;
        negative[31] ^= 0x80;
        assert!(!public.verifies(b"message", &negative));
        let mut high = signature;
        high[63] |= 0xe0;
        assert!(!public.verifies(b"message", &high));
    }
}

#[test]
fn t13_an_envelope_with_the_other_form_of_its_signature_is_refused() {
    let mut scene = Scene::new(1);
    let victim = scene.victim_id();
    let sealed = scene.stranger.signal(&victim, EnvelopeKind::Want, b"any");
    let mut envelope = Envelope::read(&sealed).expect("an envelope");
    envelope.signature = malleated(envelope.signature);
    let odd = envelope.write();
    let reason = deliver(&mut scene.world, scene.victim, &odd);
    assert_eq!(reason, Some(Refusal::BadSignature));
}

/// The stranger's certificate with another statement in it, properly signed.
fn certificate(stranger: &Stranger, change: impl FnOnce(&mut KeyStatement)) -> Certificate {
    let whole = stranger.certificate();
    let statement = whole.documents[0].payload::<KeyStatement>(Kind::KeyStatement);
    let mut statement = statement.expect("a statement");
    change(&mut statement);
    statement.space = statement.genesis.space();
    let root = SecretKey::from_seed(&stranger.seeds().root);
    let document = Document::sign(Kind::KeyStatement, &statement, |message| {
        let (keyid, sig) = ("root".to_owned(), root.sign(message).to_vec());
        vec![Signature { keyid, sig }]
    });
    let documents = vec![document, whole.documents[1].clone()];
    Certificate { documents }
}

/// What the import of a certificate is rejected with, if it is.
fn imported(certificate: &Certificate) -> Option<String> {
    let mut world = tests::world::World::new(1);
    let site = world.found("Victim");
    let command =
        Command::Trust { certificate: certificate.write(), name: None, grants: Vec::new() };
    let rejection = world.ask(site, "ops", command).err()?;
    Some(rejection.what)
}

#[test]
fn t13_a_certificate_with_a_degenerate_key_is_not_imported() {
    let stranger = Stranger::new("Stranger", 5);
    assert_eq!(imported(&certificate(&stranger, |_| {})), None);
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    for weak in [[0; 32], one, minus_one] {
        let keys = [
            certificate(&stranger, |statement| statement.signing = HexHash(weak)),
            certificate(&stranger, |statement| statement.sealing = HexHash(weak)),
            certificate(&stranger, |statement| statement.genesis.root = HexHash(weak)),
        ];
        for certificate in keys {
            let why = imported(&certificate).expect("it is rejected");
            assert!(why.contains("weak key"), "{why}");
        }
    }
}

#[test]
fn t13_a_certificate_of_an_unknown_suite_is_not_imported() {
    let stranger = Stranger::new("Stranger", 6);
    let certificate = certificate(&stranger, |statement| statement.genesis.suite = 2);
    let why = imported(&certificate).expect("it is rejected");
    assert!(why.contains("suite"), "{why}");
}

#[test]
fn t13_nothing_is_sealed_to_a_point_of_small_order() {
    // The points of small order of Curve25519, and the forms of them that are not reduced.
    let hex = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for text in hex {
        let mut point = [0; 32];
        for (byte, at) in point.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
        }
        assert!(!can_be_sealed_to(&point), "{text}");
    }
    let honest = engine::trust::epoch::SealingKey::from_seed(&[1; 32]).public();
    assert!(can_be_sealed_to(&honest));
}

#[test]
fn t13_an_encapsulation_of_small_order_does_not_open() {
    let mut scene = Scene::new(2);
    let victim = scene.victim_id();
    let sealed = scene.stranger.signal(&victim, EnvelopeKind::Want, b"any");
    for first in [0, 1] {
        let odd = scene.stranger.altered(&sealed, |envelope| {
            envelope.header.encapsulation = [0; 32];
            envelope.header.encapsulation[0] = first;
        });
        let reason = deliver(&mut scene.world, scene.victim, &odd);
        assert_eq!(reason, Some(Refusal::CannotOpen));
    }
}
