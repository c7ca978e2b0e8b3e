//! T2: a peer that asks for objects that it may not have, or sends what nobody asked for.

use crate::scene::{Scene, configuration, release};
use crate::session::knock;
use engine::command::{Command, ReleaseName};
use engine::step::Effect;
use schema::id::ObjectId;
use schema::latest::{EnvelopeKind, Event, Kind, Piece, Want};
use schema::v1::event::{Definition, ReleasePromoted};
use schema::v1::model::{HexHash, Package, Snapshot};
use tests::pipeline::{text, version};
use tests::world::name;

/// A scene in which Web needs a package: the release of the first object was promoted to the
/// stranger, that of the second only to the honest peer.
fn scene() -> (Scene, ObjectId, ObjectId) {
    let mut scene = Scene::new(40);
    let victim = scene.victim;
    let mut definitions = configuration("Web", &["Stranger", "Honest"]);
    for definition in &mut definitions {
        if let Definition::Project(project) = definition {
            project.packages.push("web".parse().expect("an id"));
        }
    }
    let apply = Command::Apply { definitions };
    scene.world.ask(victim, "ops", apply).expect("applied");
    let objects = [("4.0.0", "Stranger"), ("5.0.0", "Honest")].map(|(called, peer)| {
        let bytes = format!("the package of {called}").into_bytes();
        let (size, sha256) = (bytes.len() as u64, HexHash(schema::hash::sha256(&[&bytes])));
        let object = scene.world.put_object(victim, bytes);
        let package = Package {
            id: "web".parse().expect("an id"),
            version: version(called),
            size,
            sha256,
            object,
        };
        let create = Command::CreateRelease {
            project: name("Web"),
            version: version(called),
            notes: text(""),
            packages: Vec::new(),
            channel: None,
            revise: false,
        };
        let release = ReleaseName::new(None, name("Web"), version(called));
        let peer = name(peer);
        let promote = Command::Promote { release, peer, bypass: None };
        for command in [Command::PushPackage { package }, create, promote] {
            scene.world.ask(victim, "dana", command).expect("done");
        }
        object
    });
    (scene, objects[0], objects[1])
}

/// What the victim does about one envelope of the stranger.
fn effects(scene: &mut Scene, kind: EnvelopeKind, body: &[u8]) -> Vec<Effect> {
    let victim = scene.victim_id();
    let sealed = scene.stranger.signal(&victim, kind, body);
    let (refused, input) = knock(&mut scene.world, scene.victim, &sealed);
    assert_eq!(refused, None);
    let now = scene.world.now();
    let space = scene.world.sites[scene.victim].space.as_mut().expect("up");
    space.turn(now, vec![input]).expect("no fault")
}

fn read(effects: &[Effect]) -> usize {
    let reads = effects.iter().filter(|effect| matches!(effect, Effect::ReadPiece { .. }));
    reads.count()
}

fn stored(effects: &[Effect]) -> usize {
    let stores = effects.iter().filter(|effect| matches!(effect, Effect::Store(_)));
    stores.count()
}

#[test]
fn t02_a_peer_is_given_the_objects_that_were_promoted_to_it_and_no_others() {
    let (mut scene, promoted, other) = scene();
    let nothing = ObjectId([7; 32]);
    for (object, pieces) in [(promoted, 1), (other, 0), (nothing, 0)] {
        let want = Want { object, offsets: vec![0] };
        let done = effects(&mut scene, EnvelopeKind::Want, &want.write());
        assert_eq!(read(&done), pieces, "{object:?}");
    }
}

#[test]
fn t02_a_piece_that_nobody_asked_for_is_not_stored() {
    let (mut scene, promoted, other) = scene();
    for object in [promoted, other, ObjectId([7; 32])] {
        let bytes = b"something else".to_vec();
        let piece = Piece { object, total: bytes.len() as u64, offset: 0, bytes };
        let done = effects(&mut scene, EnvelopeKind::Piece, &piece.write());
        assert_eq!(stored(&done), 0, "{object:?}");
    }
}

#[test]
fn t02_a_peer_cannot_keep_an_object_of_another_peer_away() {
    let mut scene = Scene::new(41);
    let (victim, honest) = (scene.victim, scene.honest);
    let bytes = b"the package of the honest peer".to_vec();
    let size = bytes.len() as u64;
    let sha256 = HexHash(schema::hash::sha256(&[&bytes]));
    let object = scene.world.put_object(honest, bytes);
    let package = |size| Package {
        id: "app".parse().expect("an id"),
        version: version("2.0.0"),
        size,
        sha256,
        object,
    };
    // The stranger claims the object first, with a wrong size.
    let gift = release(scene.stranger.id(), "Gift", "1.0.0");
    let snapshot = Snapshot { packages: vec![package(size + 1)], ..Snapshot::default() };
    let bundle = tests::bundles::bundle(&gift, snapshot, scene.victim_id());
    let document = scene.stranger.document(Kind::Bundle, &bundle);
    let event = Event::ReleasePromoted(ReleasePromoted {
        release: gift,
        digest: bundle.digest,
        target: scene.victim_id(),
        bundle: document.write(),
        receipts: Vec::new(),
        secrets: Vec::new(),
    });
    let entry = scene.stranger.entry(&scene.victim_id(), &event);
    scene.tell(entry);
    assert_eq!(scene.heard(), (1, 0, false));
    let mut definitions = configuration("App", &["Victim"]);
    for definition in &mut definitions {
        if let Definition::Project(project) = definition {
            project.packages.push("app".parse().expect("an id"));
        }
    }
    scene.world.ask(honest, "ops", Command::Apply { definitions }).expect("applied");
    let release = ReleaseName::new(None, name("App"), version("2.0.0"));
    for command in [
        Command::PushPackage { package: package(size) },
        Command::CreateRelease {
            project: name("App"),
            version: version("2.0.0"),
            notes: text(""),
            packages: Vec::new(),
            channel: None,
            revise: false,
        },
        Command::Promote { release, peer: name("Victim"), bypass: None },
    ] {
        scene.world.ask(honest, "dana", command).expect("done");
    }
    scene.world.run(600_000);
    let state = scene.world.sites[victim].engine().state();
    assert!(state.objects.contains(&object), "the object never came");
}
