//! T9: a peer that signs two different things under one number.

use crate::scene::Scene;
use crate::session::{deliver, truth};
use engine::log::verify::Verifier;
use engine::trust::refusal::Refusal;
use schema::id::LinkSeq;
use schema::latest::{EnvelopeKind, Event};
use schema::v1::event::LinkContradicted;
use std::ops::ControlFlow;
use tests::draw::Draw;

/// A scene in which the stranger has said `count` things.
fn talked(seed: u64, count: u64) -> Scene {
    let mut scene = Scene::new(seed);
    for number in 0..count {
        assert_eq!(say(&mut scene, number), None);
    }
    assert_eq!(scene.heard(), (count, 0, false));
    scene
}

fn say(scene: &mut Scene, number: u64) -> Option<Refusal> {
    let victim = scene.victim_id();
    let event = Draw::new(number).event(27);
    let entry = scene.stranger.entry(&victim, &event);
    scene.tell(entry)
}

fn contradictions(scene: &Scene) -> Vec<LinkContradicted> {
    let events = scene.world.sites[scene.victim].own_events();
    let found = events.into_iter().filter_map(|event| {
        if let Event::LinkContradicted(event) = event { Some(event) } else { None }
    });
    found.collect()
}

#[test]
fn t09_a_second_story_freezes_the_link_and_leaves_a_proof() {
    let mut scene = talked(1, 3);
    let victim = scene.victim_id();
    scene.stranger.forget_after(&victim, LinkSeq(1));
    assert_eq!(say(&mut scene, 100), None, "the door cannot know yet");
    assert_eq!(scene.heard(), (3, 0, true), "nothing of it is admitted");
    let [proof] = &contradictions(&scene)[..] else { panic!("one contradiction") };
    assert_eq!(proof.at, LinkSeq(2));
    assert_eq!(proof.link, scene.stranger.line(&victim).link);
    let signed = schema::v1::envelope::signed_bytes(&proof.header, &proof.body_hash);
    assert_eq!(scene.stranger.sign(&signed), proof.signature, "its own signature");
    assert_eq!(scene.world.alarms.len(), 1, "{:?}", scene.world.alarms);
}

#[test]
fn t09_nothing_is_admitted_over_a_frozen_link_and_other_links_go_on() {
    let mut scene = talked(2, 3);
    let victim = scene.victim_id();
    scene.stranger.forget_after(&victim, LinkSeq(2));
    say(&mut scene, 100);
    let before = truth(&scene.world, scene.victim);
    say(&mut scene, 101);
    let want = Draw::new(1).want().write();
    let sealed = scene.stranger.signal(&victim, EnvelopeKind::Want, &want);
    deliver(&mut scene.world, scene.victim, &sealed);
    assert!(before == truth(&scene.world, scene.victim));
    let quarantine = scene.world.sites[scene.victim].engine().quarantine();
    assert_eq!(quarantine.counts().get("frozen"), Some(&2));
    assert_eq!(contradictions(&scene).len(), 1, "one proof is enough");
    scene.world.run(120_000);
    let victim = scene.world.sites[scene.victim].engine();
    let links = victim.links(scene.world.now());
    let honest = links.iter().find(|link| link.link == scene.honest_link());
    assert!(honest.expect("a link").fresh, "the honest peer is still heard");
}

#[test]
fn t09_a_frozen_link_is_frozen_after_a_restart_and_the_log_is_sound() {
    let mut scene = talked(3, 4);
    let victim = scene.victim_id();
    scene.stranger.forget_after(&victim, LinkSeq(3));
    say(&mut scene, 100);
    let before = truth(&scene.world, scene.victim);
    scene.restart();
    assert!(before == truth(&scene.world, scene.victim));
    assert!(scene.heard().2, "still frozen");
    let image = crate::session::image(&scene.world, scene.victim);
    let mut verifier = Verifier::new();
    let log = scene.world.sites[scene.victim].space.as_ref().expect("up").log();
    engine::log::Log::scan(log, &mut |first, bytes| {
        verifier.block(first, bytes).expect("a sound block");
        ControlFlow::Continue(())
    })
    .expect("a scan");
    assert!(image.blocks() > 3 && verifier.finish().is_ok());
}

#[test]
fn t09_repeating_the_truth_with_other_boundaries_is_no_contradiction() {
    let mut scene = talked(4, 6);
    let victim = scene.victim_id();
    for first in 1..=6 {
        for last in first..=6 {
            let again = scene.stranger.envelope(&victim, first, last);
            assert_eq!(deliver(&mut scene.world, scene.victim, &again), None);
        }
    }
    assert_eq!(scene.heard(), (6, 0, false));
    assert!(contradictions(&scene).is_empty());
}

#[test]
fn t09_a_second_story_beyond_a_gap_is_found_when_the_gap_is_filled() {
    let mut scene = talked(5, 2);
    let victim = scene.victim_id();
    for number in 0..4 {
        let event = Draw::new(50 + number).event(27);
        let entry = scene.stranger.entry(&victim, &event);
        scene.stranger.say(&victim, entry);
    }
    let beyond = scene.stranger.envelope(&victim, 5, 6);
    deliver(&mut scene.world, scene.victim, &beyond);
    scene.stranger.forget_after(&victim, LinkSeq(2));
    say(&mut scene, 90);
    assert_eq!(scene.heard(), (3, 0, false), "one story so far");
    say(&mut scene, 91);
    assert_eq!(scene.heard(), (4, 0, true), "what was held back tells another");
    assert_eq!(contradictions(&scene)[0].at, LinkSeq(5));
}

#[test]
fn t09_another_life_of_the_log_is_refused_and_freezes_nothing() {
    let mut scene = talked(6, 2);
    scene.stranger.reborn();
    say(&mut scene, 100);
    assert_eq!(scene.heard(), (2, 0, false));
    let quarantine = scene.world.sites[scene.victim].engine().quarantine();
    assert_eq!(quarantine.counts().get("unknown-incarnation"), Some(&1));
}
