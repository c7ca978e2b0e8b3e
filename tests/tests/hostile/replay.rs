//! T5: envelopes that come again, in any order, over both ways, across a restart.

use crate::session::{Session, deliver, image, truth};
use engine::entropy::Entropy;
use engine::space::Space;
use engine::state::State;
use engine::step::Input;
use engine::trust::refusal::Refusal;
use log_memory::{Device, LogMemory};
use tests::draw::Draw;

/// `times` copies of everything, in an order that follows from `seed`.
fn shuffled(envelopes: &[Vec<u8>], times: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut draw = Draw::new(seed);
    let mut all: Vec<Vec<u8>> = vec![envelopes; times].concat();
    for at in (1..all.len()).rev() {
        all.swap(at, draw.below(at + 1));
    }
    all
}

#[test]
fn t05_every_envelope_three_times_in_any_order_over_both_ways_changes_nothing() {
    for seed in 0..3 {
        let mut session = Session::whole(20 + seed);
        let before = [session.dev, session.us].map(|site| truth(&session.world, site));
        let recorded = session.recorded.clone();
        let all: Vec<Vec<u8>> = recorded.iter().map(|parcel| parcel.bytes.clone()).collect();
        for bytes in shuffled(&all, 3, seed) {
            let parcel = recorded.iter().find(|parcel| parcel.bytes == bytes);
            let to = parcel.expect("recorded").to;
            assert_eq!(deliver(&mut session.world, to, &bytes), None);
        }
        session.run(90_000);
        let after = [session.dev, session.us].map(|site| truth(&session.world, site));
        assert!(before == after, "a repeated envelope changed something");
        assert_eq!(session.world.alarms, Vec::new());
        for site in [session.dev, session.us] {
            for link in session.world.sites[site].engine().links(session.world.now()) {
                assert_eq!((link.head, link.head), (link.acknowledged, link.applied));
                assert!(link.fresh && !link.rolled_back);
            }
        }
    }
}

#[test]
fn t05_a_replayed_ack_takes_nothing_back() {
    let mut session = Session::whole(30);
    let known = session.world.sites[session.dev].engine().links(session.world.now());
    for bytes in session.sent_to(session.dev) {
        deliver(&mut session.world, session.dev, &bytes);
        let links = session.world.sites[session.dev].engine().links(session.world.now());
        assert_eq!(links[0].acknowledged, known[0].acknowledged);
        assert_eq!(links[0].applied, known[0].applied);
    }
}

#[test]
fn t05_old_beats_do_not_make_a_silent_peer_fresh() {
    let mut session = Session::whole(31);
    session.world.crash(session.us);
    session.run(600_000);
    let fresh = |session: &Session| {
        let dev = session.world.sites[session.dev].engine();
        dev.links(session.world.now())[0].fresh
    };
    assert!(!fresh(&session), "nothing was heard for ten minutes");
    for bytes in session.sent_to(session.dev) {
        deliver(&mut session.world, session.dev, &bytes);
        assert!(!fresh(&session), "a replayed beat made it fresh");
    }
}

/// A site's past, opened anew; what it knows after these envelopes, one turn each, with a restart
/// before the last `after` of them.
fn relived(
    session: &Session,
    past: &log_memory::Image,
    envelopes: &[Vec<u8>],
    after: usize,
) -> (State, u64) {
    let site = &session.world.sites[session.us];
    let now = session.world.now();
    let open = |device: &Device, seed| {
        let log = LogMemory::open(device).expect("it opens");
        Space::open(log, &site.secrets, Entropy::from_seed([seed; 32]), now).expect("it replays")
    };
    let device = Device::from_image(past.clone());
    let mut space = open(&device, 1);
    for (number, bytes) in envelopes.iter().enumerate() {
        if number + after == envelopes.len() {
            drop(space);
            space = open(&device, 2);
        }
        let input = space.receive(bytes.clone());
        assert!(matches!(input, Input::Arrived(_)));
        space.turn(now, vec![input]).expect("no fault");
    }
    let traffic = space.engine().traffic().values().next().expect("one link");
    let received = traffic.inbox.acknowledged().0;
    (space.engine().state().clone(), received)
}

#[test]
fn t05_any_order_across_a_restart_gives_the_state_of_the_right_order() {
    let mut session = Session::linked(32);
    // The person's own acceptance would add entries; only what comes from the peer is compared.
    let command = engine::command::Command::Apply { definitions: Vec::new() };
    let us = session.us;
    session.world.ask(us, "ops", command).expect("applied");
    let past = image(&session.world, us);
    for version in ["1.0.0", "1.0.1"] {
        session.release(version);
        session.run(15_000);
    }
    let sent = session.sent_to(us);
    let reference = relived(&session, &past, &sent, 0);
    assert!(reference.1 >= 2, "two promotions");
    for seed in 0..10 {
        // What was held back is lost at a restart and sent again after it.
        let mut order = shuffled(&sent, 2, seed);
        order.extend(shuffled(&sent, 1, seed + 100));
        assert!(relived(&session, &past, &order, sent.len()) == reference, "seed {seed}");
    }
}

#[test]
fn t05_an_envelope_of_one_link_is_refused_on_every_other() {
    let mut one = Session::linked(33);
    let other = Session::linked(34);
    assert_ne!(one.link(), other.link());
    for bytes in other.sent_to(other.us) {
        let us = one.us;
        assert_eq!(deliver(&mut one.world, us, &bytes), Some(Refusal::NotForMe));
    }
}
