//! T2, T23: a peer that says things about secrets that are not so. Its own release is rejected,
//! says why, and nothing else comes of it.

use crate::scene::{Scene, release};
use engine::command::{Command, ReleaseName};
use engine::entropy::Entropy;
use engine::state::releases::{Answer, Source};
use engine::trust::epoch::SealingKey;
use engine::trust::secret::{Salted, SecretValue};
use schema::id::{DocumentId, SpaceId};
use schema::latest::{Bundle, Document, Event, HandedSecret, Kind, SecretCommitment};
use schema::v1::event::ReleasePromoted;
use schema::v1::model::{HexHash, ReleaseId, Scope, Snapshot};
use schema::v1::secret::About;
use tests::bundles;
use tests::world::name;

fn salted(value: &str) -> Salted {
    let value = SecretValue::new(value.to_owned()).expect("a value");
    Salted { salt: [7; 32], value }
}

/// A bundle of the stranger with one secret, whose value is `hunter2`.
fn bundle(scene: &Scene, of: &ReleaseId) -> (Bundle, Document) {
    let (called, everywhere) = (name("PASSWORD"), Scope::default());
    let about = About { release: of, revision: 1, name: &called, scope: &everywhere };
    let commitment = HexHash(salted("hunter2").commitment(&about));
    let secret = SecretCommitment { name: called.clone(), scope: everywhere.clone(), commitment };
    let snapshot = Snapshot { secrets: vec![secret], ..Snapshot::default() };
    let bundle = bundles::bundle(of, snapshot, scene.victim_id());
    let document = scene.stranger.document(Kind::Bundle, &bundle);
    (bundle, document)
}

/// A value as it is handed to the victim.
fn hand(scene: &Scene, value: &str, beside: &DocumentId, recipient: SpaceId) -> HandedSecret {
    let public = SealingKey::from_seed(&scene.world.sites[scene.victim].seeds.sealing).public();
    let entropy = &mut Entropy::from_seed([9; 32]);
    salted(value).hand(beside, 0, recipient, (1, &public), entropy).expect("a key")
}

/// What became of a release of the stranger's at the victim.
fn answer(scene: &Scene, id: &ReleaseId) -> Answer {
    let state = scene.world.sites[scene.victim].engine().state();
    match &state.releases.get(id).expect("it is known").source {
        Source::Imported(import) => import.answer.clone(),
        Source::Local => panic!("it was created here"),
    }
}

#[test]
fn t23_a_release_whose_secret_is_not_what_it_should_be_is_rejected_and_says_why() {
    let mut scene = Scene::new(43);
    let (me, honest) = (scene.victim_id(), scene.honest_id());
    type Make = fn(&Scene, &DocumentId, SpaceId, SpaceId) -> Vec<HandedSecret>;
    let none: Make = |_, _, _, _| Vec::new();
    let value: Make = |scene, id, me, _| vec![hand(scene, "hunter3", id, me)];
    let elsewhere: Make = |scene, _, me, _| vec![hand(scene, "hunter2", &DocumentId([8; 32]), me)];
    let others: Make = |scene, id, _, honest| vec![hand(scene, "hunter2", id, honest)];
    let key: Make =
        |scene, id, me, _| vec![HandedSecret { key: 99, ..hand(scene, "hunter2", id, me) }];
    let garbage: Make = |_, _, me, _| {
        let (encapsulation, sealed) = ([0; 32], vec![1; 9]);
        vec![HandedSecret { index: 0, recipient: me, key: 1, encapsulation, sealed }]
    };
    let index: Make =
        |scene, id, me, _| vec![HandedSecret { index: u32::MAX, ..hand(scene, "hunter2", id, me) }];
    let cases = [
        (none, "was not sealed for this space"),
        (value, "is not the one that the bundle commits to"),
        (elsewhere, "cannot be opened with key 1"),
        (others, "was not sealed for this space"),
        (key, "was sealed to key 99"),
        (garbage, "cannot be opened with key 1"),
        (index, "was not sealed for this space"),
    ];
    for (number, (make, why)) in cases.iter().enumerate() {
        let gift = release(scene.stranger.id(), "Gift", &format!("1.{number}.0"));
        let (bundle, document) = bundle(&scene, &gift);
        let secrets = make(&scene, &document.id(), me, honest);
        promote(&mut scene, &bundle, &document, secrets);
        let Answer::Rejected { reason } = answer(&scene, &gift) else {
            panic!("{why}: it was not rejected");
        };
        assert!(reason.as_str().contains(why), "{reason}");
        assert!(!reason.as_str().contains("hunter"), "{reason}");
        let name = ReleaseName::new(None, gift.project.name.clone(), gift.version.clone());
        let accept = Command::Accept { release: name, lifecycle: None, values: Vec::new() };
        assert!(scene.world.ask(scene.victim, "dana", accept).is_err(), "{why}");
    }
    // It was judged once, also by who starts again, and the link goes on.
    let size = scene.world.sites[scene.victim].engine().checkpoint().0;
    scene.restart();
    assert_eq!(scene.world.sites[scene.victim].engine().checkpoint().0, size);
    let gift = release(scene.stranger.id(), "Gift", "2.0.0");
    let (bundle, document) = bundle(&scene, &gift);
    let handed = hand(&scene, "hunter2", &document.id(), me);
    // What is handed to others, or twice, is passed over.
    let foreign = hand(&scene, "hunter3", &document.id(), honest);
    promote(&mut scene, &bundle, &document, vec![foreign, handed.clone(), handed]);
    assert_eq!(answer(&scene, &gift), Answer::Waiting);
    let state = scene.world.sites[scene.victim].engine().state();
    assert_eq!(state.secrets.kept(&document.id()).map(<[_]>::len), Some(1));
    let (_, refused, frozen) = scene.heard();
    assert_eq!((refused, frozen), (0, false));
}

fn promote(scene: &mut Scene, bundle: &Bundle, document: &Document, secrets: Vec<HandedSecret>) {
    let event = Event::ReleasePromoted(ReleasePromoted {
        release: bundle.release.clone(),
        digest: bundle.digest,
        target: scene.victim_id(),
        bundle: document.write(),
        receipts: Vec::new(),
        secrets,
    });
    let entry = scene.stranger.entry(&scene.victim_id(), &event);
    assert_eq!(scene.tell(entry), None);
}
