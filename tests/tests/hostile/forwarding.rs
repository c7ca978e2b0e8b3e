//! T10: a sealed or signed thing given to somebody else than it was made for.

use crate::scene::Scene;
use crate::session::{deliver, truth};
use engine::trust::refusal::Refusal;
use schema::latest::EnvelopeKind;
use std::collections::BTreeSet;
use tests::pipeline::Pipeline;
use tests::world::World;

/// Three spaces in a run, and everything that they sent.
fn pipeline() -> (World, Pipeline, Vec<tests::network::Parcel>) {
    let mut world = World::new(10);
    let pipeline = Pipeline::build(&mut world);
    pipeline.create(&mut world, "1.0.0", 200).expect("created");
    let dev = pipeline.dev;
    pipeline.deploy(&mut world, dev, "1.0.0", "Dev").expect("deployed");
    let (mut seen, mut recorded) = (BTreeSet::new(), Vec::new());
    let until = world.clock_ms + 20_000;
    loop {
        for parcel in world.network.parcels() {
            if seen.insert(parcel.bytes.clone()) {
                recorded.push(parcel.clone());
            }
        }
        if !world.advance(until).expect("no log fails here") {
            return (world, pipeline, recorded);
        }
    }
}

#[test]
fn t10_an_envelope_forwarded_to_a_third_space_is_refused_with_that_reason() {
    let (mut world, pipeline, recorded) = pipeline();
    let sites = [pipeline.dev, pipeline.us, pipeline.eu];
    let before = sites.map(|site| truth(&world, site));
    let mut forwarded = 0;
    for parcel in &recorded {
        for site in sites {
            if site != parcel.to && site != parcel.from {
                let reason = deliver(&mut world, site, &parcel.bytes);
                assert_eq!(reason, Some(Refusal::NotForMe));
                forwarded += 1;
            }
        }
    }
    assert!(forwarded > 20);
    assert!(before == sites.map(|site| truth(&world, site)));
}

#[test]
fn t10_an_envelope_reflected_to_its_author_is_refused_with_that_reason() {
    let (mut world, pipeline, recorded) = pipeline();
    let sites = [pipeline.dev, pipeline.us, pipeline.eu];
    let before = sites.map(|site| truth(&world, site));
    for parcel in &recorded {
        let reason = deliver(&mut world, parcel.from, &parcel.bytes);
        assert_eq!(reason, Some(Refusal::Reflected));
    }
    assert!(before == sites.map(|site| truth(&world, site)));
}

#[test]
fn t10_an_envelope_moved_to_another_link_is_refused_even_when_signed_again() {
    let mut scene = Scene::new(1);
    let before = truth(&scene.world, scene.victim);
    let victim = scene.victim_id();
    let honest = scene.honest_link();
    let sealed = scene.stranger.signal(&victim, EnvelopeKind::Want, b"any");
    let moved = scene.stranger.altered(&sealed, |envelope| envelope.header.link = honest);
    let reason = deliver(&mut scene.world, scene.victim, &moved);
    assert_eq!(reason, Some(Refusal::WrongOrigin), "its own name, another's link");
    let posing = scene.world.sites[scene.honest].id;
    let posed = scene.stranger.altered(&sealed, |envelope| {
        envelope.header.link = honest;
        envelope.header.origin = posing;
    });
    let reason = deliver(&mut scene.world, scene.victim, &posed);
    assert_eq!(reason, Some(Refusal::BadSignature), "another's name and link");
    let nowhere = scene.stranger.altered(&sealed, |envelope| {
        envelope.header.link = schema::id::LinkId([0; 32]);
    });
    let reason = deliver(&mut scene.world, scene.victim, &nowhere);
    assert_eq!(reason, Some(Refusal::UnknownLink));
    assert!(before == truth(&scene.world, scene.victim));
}

#[test]
fn t10_what_was_sealed_to_a_third_space_does_not_open_when_it_is_readdressed() {
    let mut scene = Scene::new(2);
    let honest = &scene.world.sites[scene.honest];
    let certificate = honest.engine().state().certificate().expect("founded");
    let honest = honest.id;
    scene.stranger.trust(&certificate);
    let victim = scene.victim_id();
    let event = tests::draw::Draw::new(1).event(27);
    let entry = scene.stranger.entry(&honest, &event);
    let sealed = scene.stranger.tell(&honest, entry);
    let link = scene.stranger.line(&victim).link;
    let readdressed = scene.stranger.altered(&sealed, |envelope| {
        envelope.header.recipient = victim;
        envelope.header.link = link;
    });
    let before = truth(&scene.world, scene.victim);
    let reason = deliver(&mut scene.world, scene.victim, &readdressed);
    assert_eq!(reason, Some(Refusal::CannotOpen));
    assert!(before == truth(&scene.world, scene.victim));
}

#[test]
fn t10_an_envelope_of_somebody_who_is_no_peer_is_refused() {
    let mut scene = Scene::new(3);
    let mut nobody = tests::stranger::Stranger::new("Nobody", 77);
    let state = scene.world.sites[scene.victim].engine().state();
    nobody.trust(&state.certificate().expect("founded"));
    let victim = scene.victim_id();
    let sealed = nobody.signal(&victim, EnvelopeKind::Hello, b"any");
    let reason = deliver(&mut scene.world, scene.victim, &sealed);
    assert_eq!(reason, Some(Refusal::UnknownLink));
}
