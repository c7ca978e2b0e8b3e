//! T26: peers whose names look alike. Names are this side's own, and no two of them may be taken
//! for each other.

use crate::scene::Scene;
use engine::command::{Command, Rejection, RejectionKind};
use schema::name::Name;
use tests::stranger::Stranger;
use tests::world::name;

/// Trusts a stranger under a name, its own where none is given.
fn trust(scene: &mut Scene, stranger: &Stranger, called: Option<&str>) -> Result<(), Rejection> {
    let certificate = stranger.certificate().write();
    let command = Command::Trust { certificate, name: called.map(name), grants: Vec::new() };
    scene.world.ask(scene.victim, "ops", command).map(|_| ())
}

/// What the peers of the victim are called.
fn names(scene: &Scene) -> Vec<String> {
    let links = &scene.world.sites[scene.victim].engine().state().links;
    links.all().map(|(_, peer)| peer.name.to_string()).collect()
}

#[test]
fn t26_nobody_is_trusted_under_a_name_that_looks_like_that_of_another_space() {
    let mut scene = Scene::new(26);
    let known = names(&scene);
    assert_eq!(known.len(), 2);
    for (seed, called) in [
        "Honest",
        "HONEST",
        "H\u{43e}nest",
        "H\u{3bf}nest",
        "HON\u{415}ST",
        "\u{ff28}onest",
        // As this space itself is called.
        "Victirn",
        "V\u{456}ctim",
    ]
    .into_iter()
    .enumerate()
    {
        // What a certificate says about its name is its owner's choice.
        let stranger = Stranger::new(called, 100 + seed as u64);
        let said = trust(&mut scene, &stranger, None).expect_err(called);
        assert_eq!(said.kind, RejectionKind::Conflict, "{called}");
        assert!(said.what.contains("another space is called"), "{called}: {}", said.what);
        assert!(said.hint.contains("--as"), "{called}");
        // Nor is it this side's choice, by mistake.
        let other = Stranger::new("Somebody", 200 + seed as u64);
        trust(&mut scene, &other, Some(called)).expect_err(called);
        assert_eq!(names(&scene), known, "{called}");
    }
    for hidden in ["Hon\u{200b}est", "Honest ", "\u{202e}tsenoH", "Honest\u{2063}"] {
        assert!(hidden.parse::<Name>().is_err(), "{hidden:?} is a name");
    }
    let namesake = Stranger::new("Honest", 300);
    trust(&mut scene, &namesake, Some("The other Honest")).expect("a name of its own");
    assert_eq!(names(&scene).len(), 3);
}

#[test]
fn t26_a_peer_may_be_trusted_again_under_the_name_that_it_has() {
    let mut scene = Scene::new(27);
    let certificate = scene.stranger.certificate().write();
    let command = Command::Trust { certificate, name: None, grants: Vec::new() };
    scene.world.ask(scene.victim, "ops", command).expect("known as that");
    let revoke = Command::Revoke { peer: name("Stranger") };
    scene.world.ask(scene.victim, "ops", revoke).expect("ended");
    let certificate = scene.stranger.certificate().write();
    let command = Command::Trust { certificate, name: None, grants: Vec::new() };
    scene.world.ask(scene.victim, "ops", command).expect("it is the same space");
}
