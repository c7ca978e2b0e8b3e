//! Two honest spaces and one token, whatever happens between the steps: it ends in one link.

use engine::command::Command;
use schema::latest::Invitation;
use schema::v1::model::Grant;
use tests::guests::INVITED_MS;
use tests::world::{World, name};

/// What each side lets flow.
fn grants() -> Vec<Grant> {
    vec![Grant::AcceptResults, Grant::AcceptReleases(name("*"))]
}

/// A host with an open invitation, and a guest.
fn invited(seed: u64) -> (World, usize, usize, Invitation) {
    let mut world = World::new(seed);
    let (host, guest) = (world.found("Host"), world.found("Guest"));
    let token = world.invite(host, grants());
    (world, host, guest, token)
}

/// Both know each other over one link, and hear each other.
fn is_linked(world: &World, host: usize, guest: usize) -> bool {
    let seen = [(host, guest), (guest, host)].map(|(here, there)| {
        let engine = world.sites[here].engine();
        let peer = engine.state().links.peer(&world.sites[there].id).filter(|it| it.is_open());
        let fresh = engine.links(world.now_at(here)).iter().any(|link| link.fresh);
        peer.filter(|_| fresh).map(|peer| (peer.link, peer.theirs.clone()))
    });
    let [Some(one), Some(other)] = &seen else { return false };
    one.0 == other.0 && one.1.is_some() && other.1.is_some()
}

#[test]
fn one_token_links_two_spaces_and_each_hears_what_the_other_lets_flow() {
    let (mut world, host, guest, token) = invited(1);
    world.accept(guest, &token, grants()).expect("accepted");
    world.run(10_000);
    assert!(is_linked(&world, host, guest));
    assert_eq!(world.alarms, Vec::new());
    for site in [host, guest] {
        let refused = world.sites[site].engine().quarantine().counts();
        assert!(refused.is_empty(), "{refused:?}");
        world.crash(site);
        world.start(site).expect("it starts again");
        world.run(10_000);
        assert!(is_linked(&world, host, guest));
    }
}

#[test]
fn a_crash_of_either_side_after_any_time_still_ends_in_one_link() {
    for (seed, crash_after_ms) in (2..).zip([0, 1, 20, 50, 200, 1_000, 3_000]) {
        for crashed_first in [true, false] {
            let (mut world, host, guest, token) = invited(seed);
            world.accept(guest, &token, grants()).expect("accepted");
            world.run(crash_after_ms);
            let (first, second) = if crashed_first { (host, guest) } else { (guest, host) };
            world.crash(first);
            world.run(2_000);
            world.crash(second);
            world.start(first).expect("it starts again");
            world.run(2_000);
            world.start(second).expect("it starts again");
            world.run(40_000);
            assert!(is_linked(&world, host, guest), "{crash_after_ms} {crashed_first}");
            for (here, there) in [(host, guest), (guest, host)] {
                let links = &world.sites[here].engine().state().links;
                assert_eq!(links.all().count(), 1);
                assert!(links.peer(&world.sites[there].id).is_some());
            }
        }
    }
}

#[test]
fn who_cannot_be_reached_asks_until_the_invitation_ends_and_not_longer() {
    let (mut world, host, guest, token) = invited(20);
    let certificate = world.sites[host].engine().state().certificate().expect("its own").write();
    world.crash(host);
    world.accept(guest, &token, grants()).expect("accepted");
    // A certificate file would make another link than the one that is asked for.
    let trust = Command::Trust { certificate, name: None, grants: Vec::new() };
    let rejected = world.ask(guest, "ops", trust).expect_err("it asks already");
    assert!(rejected.hint.contains("link revoke"), "{rejected:?}");
    let link = world.sites[guest].engine().state().links.all().next().expect("one").1.link;
    world.run(INVITED_MS / 2);
    assert!(world.sites[guest].engine().asks(&link));
    world.start(host).expect("it starts again");
    world.run(40_000);
    assert!(is_linked(&world, host, guest));

    let (mut world, host, guest, token) = invited(21);
    world.crash(host);
    world.accept(guest, &token, grants()).expect("accepted");
    let link = world.sites[guest].engine().state().links.all().next().expect("one").1.link;
    world.run(INVITED_MS);
    assert!(!world.sites[guest].engine().asks(&link));
    world.start(host).expect("it starts again");
    world.run(40_000);
    assert!(!is_linked(&world, host, guest));
}

#[test]
fn a_token_is_not_accepted_twice_by_its_maker_or_after_its_end() {
    let (mut world, host, guest, token) = invited(30);
    let refused = world.accept(host, &token, Vec::new()).expect_err("its own");
    assert!(refused.what.contains("of the space itself"), "{refused:?}");
    let done = world.accept(guest, &token, grants()).expect("accepted");
    assert_eq!(done.entries.len(), 2);
    let again = world.accept(guest, &token, grants()).expect("the same again");
    assert_eq!(again.entries.len(), 0);
    let other = world.invite(host, Vec::new());
    let refused = world.accept(guest, &other, Vec::new()).expect_err("a link is there");
    assert!(refused.what.contains("trusted already"), "{refused:?}");
    let third = world.found("Third");
    world.wall_shift_ms += INVITED_MS;
    let refused = world.accept(third, &other, Vec::new()).expect_err("it has ended");
    assert!(refused.what.contains("has ended"), "{refused:?}");
}

#[test]
fn a_link_that_was_ended_on_both_sides_is_made_again_by_another_token() {
    let (mut world, host, guest, token) = invited(40);
    world.accept(guest, &token, grants()).expect("accepted");
    world.run(10_000);
    for (site, peer) in [(host, "Guest"), (guest, "Host")] {
        let command = Command::Revoke { peer: name(peer) };
        world.ask(site, "ops", command).expect("revoked");
    }
    let token = world.invite(host, grants());
    world.accept(guest, &token, grants()).expect("accepted");
    world.run(10_000);
    assert!(is_linked(&world, host, guest));
}

#[test]
fn keys_that_are_replaced_between_the_steps_are_no_hindrance() {
    let (mut world, host, guest, token) = invited(50);
    world.rotate(host, Vec::new()).expect("new keys");
    world.accept(guest, &token, grants()).expect("accepted");
    world.rotate(guest, Vec::new()).expect("new keys");
    world.run(40_000);
    assert!(is_linked(&world, host, guest));
}
