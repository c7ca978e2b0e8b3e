//! T6: envelopes out of order, and gaps that never close.

use crate::scene::Scene;
use crate::session::{deliver, truth};
use schema::latest::Event;
use schema::limits::{
    ENTRY_BYTES_MAX, ENVELOPE_BYTES_MAX, HOLD_BACK_BYTES_MAX, HOLD_BACK_ENVELOPES_MAX,
};
use schema::v1::event::DeploymentReported;
use tests::draw::Draw;

/// Says `count` small things without sending them.
fn prepare(scene: &mut Scene, count: u64) {
    let victim = scene.victim_id();
    for number in 0..count {
        let event = Draw::new(number).event(27);
        let entry = scene.stranger.entry(&victim, &event);
        scene.stranger.say(&victim, entry);
    }
}

fn held_back(scene: &Scene) -> usize {
    let engine = scene.world.sites[scene.victim].engine();
    let stranger = scene.stranger.id();
    let mut traffic = engine.traffic().values();
    let traffic = traffic.find(|traffic| traffic.peer == stranger);
    traffic.expect("a link").inbox.held_back()
}

fn permutations(of: &[u64]) -> Vec<Vec<u64>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in of.iter().enumerate() {
        let rest: Vec<u64> = [&of[..at], &of[at + 1..]].concat();
        for mut tail in permutations(&rest) {
            tail.insert(0, *first);
            all.push(tail);
        }
    }
    all
}

#[test]
fn t06_every_order_of_a_run_gives_the_same_state() {
    let mut known = None;
    for order in permutations(&[1, 2, 3, 4]) {
        let mut scene = Scene::new(1);
        prepare(&mut scene, 4);
        let victim = scene.victim_id();
        let envelopes: Vec<Vec<u8>> =
            (1..=4).map(|number| scene.stranger.envelope(&victim, number, number)).collect();
        for number in &order {
            let at = usize::try_from(*number - 1).expect("small");
            assert_eq!(deliver(&mut scene.world, scene.victim, &envelopes[at]), None);
        }
        assert_eq!(scene.heard(), (4, 0, false), "{order:?}");
        assert_eq!(held_back(&scene), 0, "{order:?}");
        let state = scene.world.sites[scene.victim].engine().state().clone();
        let known = known.get_or_insert_with(|| state.clone());
        assert!(*known == state, "{order:?} gives another state");
        let before = truth(&scene.world, scene.victim);
        scene.restart();
        assert!(before == truth(&scene.world, scene.victim), "{order:?}");
    }
}

#[test]
fn t06_no_more_envelopes_are_held_back_than_the_limit() {
    let mut scene = Scene::new(2);
    let most = HOLD_BACK_ENVELOPES_MAX as u64;
    prepare(&mut scene, most + 20);
    let victim = scene.victim_id();
    for number in (2..=most + 20).rev() {
        let envelope = scene.stranger.envelope(&victim, number, number);
        deliver(&mut scene.world, scene.victim, &envelope);
        assert!(held_back(&scene) <= HOLD_BACK_ENVELOPES_MAX);
    }
    assert_eq!(held_back(&scene), HOLD_BACK_ENVELOPES_MAX);
    assert_eq!(scene.heard(), (0, 0, false), "nothing before the gap closes");
    // A sender that asks again and again is heard in the end.
    for number in 1..=most + 20 {
        let envelope = scene.stranger.envelope(&victim, number, number);
        deliver(&mut scene.world, scene.victim, &envelope);
    }
    assert_eq!(scene.heard(), (most + 20, 0, false));
    assert_eq!(held_back(&scene), 0);
}

#[test]
fn t06_no_more_bytes_are_held_back_than_the_limit() {
    let mut scene = Scene::new(3);
    let victim = scene.victim_id();
    let receipt = "x".repeat(ENTRY_BYTES_MAX - 512);
    let event = Event::DeploymentReported(DeploymentReported { receipt });
    let most = HOLD_BACK_BYTES_MAX / ENTRY_BYTES_MAX;
    let count = most as u64 + 6;
    let mut sizes = 0;
    for _ in 0..count {
        let entry = scene.stranger.entry(&victim, &event);
        scene.stranger.say(&victim, entry);
    }
    for number in (2..=count).rev() {
        let envelope = scene.stranger.envelope(&victim, number, number);
        assert!(envelope.len() <= ENVELOPE_BYTES_MAX);
        sizes += envelope.len();
        deliver(&mut scene.world, scene.victim, &envelope);
    }
    assert!(sizes > HOLD_BACK_BYTES_MAX, "more than the limit was sent");
    assert!((most - 1..=most).contains(&held_back(&scene)));
    for number in 1..=count {
        let envelope = scene.stranger.envelope(&victim, number, number);
        deliver(&mut scene.world, scene.victim, &envelope);
    }
    assert_eq!(scene.heard(), (count, count, false), "all is kept, none is believed");
    assert_eq!(held_back(&scene), 0);
}

#[test]
fn t06_what_is_held_back_is_forgotten_at_a_stop_and_can_come_again() {
    let mut scene = Scene::new(4);
    prepare(&mut scene, 3);
    let victim = scene.victim_id();
    let late = scene.stranger.envelope(&victim, 2, 3);
    deliver(&mut scene.world, scene.victim, &late);
    assert_eq!(held_back(&scene), 1);
    scene.restart();
    assert_eq!(held_back(&scene), 0);
    for (first, last) in [(2, 3), (1, 1)] {
        let envelope = scene.stranger.envelope(&victim, first, last);
        deliver(&mut scene.world, scene.victim, &envelope);
    }
    assert_eq!(scene.heard(), (3, 0, false));
}
