//! T12: older forms. The version of everything is inside what is signed, and what an origin has
//! written in a newer form it cannot write in an older one any more.

use crate::scene::Scene;
use crate::session::{deliver, truth};
use engine::trust::refusal::Refusal;
use schema::latest::Envelope;
use schema::v1::envelope::{body_hash, signed_bytes};
use tests::draw::Draw;

/// Where the versions are in an envelope: the protocol, and the suite.
const PROTOCOL: std::ops::Range<usize> = 4..6;
const SUITE: std::ops::Range<usize> = 8..10;

/// A lawful entry of the stranger in which kind, version and flags are what the test likes.
fn entry(scene: &mut Scene, (kind, version, flags): (u16, u16, u16)) -> Vec<u8> {
    let victim = scene.victim_id();
    let event = if kind == 28 { 28 } else { 27 };
    let mut bytes = scene.stranger.entry(&victim, &Draw::new(1).event(event));
    bytes[..6].copy_from_slice(&[kind, version, flags].map(u16::to_be_bytes).concat());
    bytes
}

/// Tells one, and says how many were refused so far.
fn tell(scene: &mut Scene, form: (u16, u16, u16)) -> u64 {
    let entry = entry(scene, form);
    assert_eq!(scene.tell(entry), None, "the envelope is good");
    scene.heard().1
}

#[test]
fn t12_the_version_of_an_envelope_is_signed_and_another_one_is_refused_before_anything_else() {
    let mut scene = Scene::new(12);
    let victim = scene.victim_id();
    let lawful = entry(&mut scene, (27, 1, 0));
    let envelope = scene.stranger.tell(&victim, lawful);
    let read = Envelope::read(&envelope).expect("an envelope");
    let verifies = |header: &[u8]| {
        let signed = signed_bytes(header, &body_hash(&read.body));
        let keys = engine::trust::certificate::Keys::verify(scene.stranger.certificate());
        let keys = keys.expect("its own");
        keys.signing(1).expect("its first").verifies(&signed, &read.signature)
    };
    assert!(verifies(&read.header_bytes));
    for (range, reason) in [(PROTOCOL, "envelope: protocol version"), (SUITE, "envelope: suite")] {
        for (at, value) in range.flat_map(|at| (0..=255).map(move |value| (at, value))) {
            if envelope[at] == value {
                continue;
            }
            let mut header = read.header_bytes.clone();
            header[at] = value;
            assert!(!verifies(&header), "byte {at} is not in what is signed");
            // Even signed by the peer itself, and with a body that nobody could open.
            let mut other = envelope.clone();
            other[at] = value;
            let body = header.len()..other.len() - 64;
            other[body.clone()].fill(0xee);
            let signature = scene.stranger.sign(&signed_bytes(&header, &body_hash(&other[body])));
            let end = other.len() - 64;
            other[end..].copy_from_slice(&signature);
            let refused = deliver(&mut scene.world, scene.victim, &other);
            assert_eq!(refused, Some(Refusal::Malformed(reason)), "byte {at}, value {value}");
        }
    }
    assert_eq!(deliver(&mut scene.world, scene.victim, &envelope), None);
}

#[test]
fn t12_who_wrote_a_newer_form_of_an_event_cannot_write_an_older_one_any_more() {
    let mut scene = Scene::new(13);
    // 27 is known in version 1, 999 in none. Neither 2 nor 999 has to be understood.
    assert_eq!(tell(&mut scene, (27, 1, 0)), 0);
    assert_eq!(tell(&mut scene, (27, 0, 0)), 1, "there never was such a form");
    assert_eq!(tell(&mut scene, (27, 2, 0)), 1, "newer than this build: kept and skipped");
    assert_eq!(tell(&mut scene, (27, 1, 0)), 2, "and never the older one again");
    assert_eq!(tell(&mut scene, (27, 2, 0)), 2);
    assert_eq!(tell(&mut scene, (28, 1, 0)), 2, "of another kind nothing is known");
    assert_eq!(tell(&mut scene, (999, 7, 0)), 2);
    assert_eq!(tell(&mut scene, (999, 6, 0)), 3);
    assert_eq!(tell(&mut scene, (999, 7, 0)), 3);
    let environments = |scene: &Scene| {
        let state = scene.world.sites[scene.victim].engine().state();
        state.links.peer(&scene.stranger.id()).expect("trusted").environments.clone()
    };
    let before = environments(&scene);
    // It follows from the log, so it outlives a start, and replay judges the same.
    let known = truth(&scene.world, scene.victim);
    scene.restart();
    assert!(known == truth(&scene.world, scene.victim), "a start judges as the living space did");
    assert_eq!(tell(&mut scene, (27, 1, 0)), 4);
    assert_eq!(environments(&scene), before, "nothing of what is refused is believed");
}

#[test]
fn t12_the_forms_of_one_peer_say_nothing_about_another() {
    let mut scene = Scene::new(14);
    assert_eq!(tell(&mut scene, (27, 2, 0)), 0);
    assert_eq!(tell(&mut scene, (28, 2, 0)), 0);
    scene.world.run(2_000);
    let engine = scene.world.sites[scene.victim].engine();
    let honest = engine.traffic().values().find(|traffic| traffic.peer == scene.honest_id());
    let inbox = &honest.expect("a link").inbox;
    assert!(inbox.acknowledged().0 > 0, "it spoke");
    assert_eq!(inbox.held_and_refused(), (0, 0));
}
