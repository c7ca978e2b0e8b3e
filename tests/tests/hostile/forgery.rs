//! T31: somebody with the keys of a space rewrites its log: leaves, roots and checkpoints fit, but
//! nobody else's signature can be made.

use crate::scene::Scene;
use crate::session::deliver;
use engine::log::verify::Verifier;
use schema::id::{LinkSeq, Position};
use schema::latest::{EnvelopeHeader, Event, Mirrored, Record};
use schema::v1::block::Damage;
use schema::v1::event::EnvironmentsPublished;
use tests::simulation::forger::{Forger, blocks};
use tests::world::name;

/// A scene in which the stranger has said one thing, and then three in one envelope.
fn told() -> Scene {
    let mut scene = Scene::new(50);
    let victim = scene.victim_id();
    let say = |scene: &mut Scene, place: &str| {
        let environments = vec![name(place)];
        let event = Event::EnvironmentsPublished(EnvironmentsPublished { environments });
        let entry = scene.stranger.entry(&victim, &event);
        scene.stranger.say(&victim, entry);
    };
    say(&mut scene, "One");
    let first = scene.stranger.envelope(&victim, 1, 1);
    for place in ["Two", "Three", "Four"] {
        say(&mut scene, place);
    }
    let rest = scene.stranger.envelope(&victim, 2, 4);
    for bytes in [first, rest] {
        deliver(&mut scene.world, scene.victim, &bytes);
    }
    assert_eq!(scene.heard(), (4, 0, false));
    scene
}

fn verify(log: &[(Position, Vec<u8>)]) -> Result<u64, Damage> {
    let mut verifier = Verifier::new();
    for (first, bytes) in log {
        verifier.block(*first, bytes)?;
    }
    verifier.finish().map(|intact| intact.size)
}

/// The envelope's proof that begins at `first`, the entry numbered `number`, and the block of each.
fn found(scene: &Scene, first: u64, number: u64) -> ((usize, Record), (usize, Mirrored)) {
    let blocks = blocks(&scene.world.sites[scene.victim]);
    let all = blocks
        .iter()
        .enumerate()
        .flat_map(|(at, block)| block.records.iter().map(move |(record, _)| (at, record.clone())));
    let (mut proof, mut entry) = (None, None);
    for (at, record) in all {
        match &record {
            Record::Evidence(evidence) => {
                let header = EnvelopeHeader::read(&evidence.header).expect("a header");
                if header.first == LinkSeq(first) {
                    proof = Some((at, record));
                }
            }
            Record::Mirrored(mirrored) if mirrored.link_seq == LinkSeq(number) => {
                entry = Some((at, mirrored.clone()));
            }
            Record::Mirrored(_) | Record::Own(_) => {}
        }
    }
    (proof.expect("a proof"), entry.expect("an entry"))
}

#[test]
fn t31_a_proof_that_was_used_once_covers_no_forged_entry() {
    let scene = told();
    let site = &scene.world.sites[scene.victim];
    let honest: Vec<_> = blocks(site).iter().map(|block| (block.first, block.write())).collect();
    assert!(verify(&honest).is_ok());
    let ((_, old), _) = found(&scene, 1, 1);
    let ((block, proof), (_, second)) = found(&scene, 2, 2);
    let last = second.entry.len() - 1;
    let mut forged = second.clone();
    forged.entry[last] ^= 1;
    // Only the first of three entries, and it is another one.
    let alone = vec![proof.clone(), Record::Mirrored(forged.clone())];
    let rewritten = Forger::of(site).expect("a log").rewritten(block, alone);
    assert!(verify(&rewritten).is_err(), "its envelope is not told to the end");
    // The same, and the proof of the entry before it once more, to close the account.
    let covered = vec![proof, Record::Mirrored(forged), old];
    let rewritten = Forger::of(site).expect("a log").rewritten(block, covered);
    let damage = verify(&rewritten).expect_err("nobody signed that entry");
    assert!(damage.what.contains("proves nothing"), "{damage}");
}
