//! T9: proofs of two stories, shown to somebody who knows nothing else.

use crate::scene::Scene;
use engine::log::Log as _;
use engine::log::contradiction::Noted;
use engine::log::decisions::{Decision, Decisions, Until};
use engine::trust::certificate::Keys;
use engine::trust::proof::{About, Unproven, of_checkpoints, of_runs, verify};
use schema::id::{LinkSeq, SpaceId};
use schema::latest::{Block, Commitment, Envelope, Evidence, Proof, SignedRun};
use schema::v1::envelope::body_hash;
use std::ops::ControlFlow;
use tests::draw::Draw;
use tests::stranger::Stranger;

/// Reads the victim's log.
fn read(scene: &Scene, mut each: impl FnMut(&Block)) {
    let log = scene.world.sites[scene.victim].space.as_ref().expect("up").log();
    let scanned = log.scan(&mut |first, bytes| {
        each(&Block::read(bytes, first).expect("a sound block"));
        ControlFlow::Continue(())
    });
    scanned.expect("a scan");
}

/// What the victim's log proves of the stranger.
fn proof(scene: &Scene) -> Option<Proof> {
    let mut noted = Noted::of("Stranger");
    read(scene, |block| noted.block(block));
    assert!(noted.is_known());
    let mut told = noted.told()?;
    read(scene, |block| told.block(block));
    told.proof()
}

/// Since when the victim's log says that the link to the stranger is frozen, if it is.
fn frozen_ms(scene: &Scene) -> Option<u64> {
    let mut decisions = Decisions::new(Until::End);
    read(scene, |block| decisions.block(block));
    let (bonds, decided) = decisions.finish();
    let told = |one: &Decision| one.event == "link.contradicted";
    let bond = bonds.iter().find(|bond| bond.name == "Stranger").expect("a bond");
    assert_eq!(decided.iter().any(told), bond.frozen_ms.is_some());
    bond.frozen_ms
}

fn say(scene: &mut Scene, number: u64) {
    let victim = scene.victim_id();
    let entry = scene.stranger.entry(&victim, &Draw::new(number).event(27));
    assert_eq!(scene.tell(entry), None);
}

/// Says `count` things in envelopes of `each`.
fn talk(scene: &mut Scene, count: u64, each: u64) {
    let victim = scene.victim_id();
    let mut first = scene.stranger.line(&victim).said.len() as u64 + 1;
    let end = first + count;
    for number in first..end {
        let entry = scene.stranger.entry(&victim, &Draw::new(number).event(27));
        scene.stranger.say(&victim, entry);
    }
    while first < end {
        let last = (first + each).min(end) - 1;
        let envelope = scene.stranger.envelope(&victim, first, last);
        assert_eq!(crate::session::deliver(&mut scene.world, scene.victim, &envelope), None);
        first = last + 1;
    }
}

#[test]
fn t09_two_stories_are_proven_to_who_knows_neither_side() {
    // How much was said, in envelopes of how many; after which it is told again, from where on.
    for (count, each, kept, from) in [
        (3, 1, 1, 2),
        (3, 3, 1, 2),
        (6, 2, 3, 4),
        (6, 2, 3, 5),
        (6, 4, 0, 1),
        (6, 4, 5, 6),
        (6, 4, 4, 7),
        (600, 256, 300, 301),
    ] {
        let mut scene = Scene::new(count * 10 + each);
        talk(&mut scene, count, each);
        assert_eq!(frozen_ms(&scene), None);
        let victim = scene.victim_id();
        scene.stranger.forget_after(&victim, LinkSeq(kept));
        for number in kept..from.max(count) + 1 {
            let entry = scene.stranger.entry(&victim, &Draw::new(9_000 + number).event(27));
            scene.stranger.say(&victim, entry);
        }
        let last = scene.stranger.line(&victim).said.len() as u64;
        let again = scene.stranger.envelope(&victim, from, last.min(from + 200));
        crate::session::deliver(&mut scene.world, scene.victim, &again);
        assert!(scene.heard().2, "frozen");
        assert!(frozen_ms(&scene).is_some(), "an audit says so too");
        let proof = proof(&scene).expect("a proof");
        let read = Proof::read(&proof.write()).expect("its own form");
        let proven = verify(&read).expect("proven");
        let link = scene.stranger.line(&victim).link;
        let told = (count, each, kept, from);
        assert_eq!(proven.space, scene.stranger.id());
        let at = LinkSeq((kept + 1).max(from - 1));
        assert_eq!(proven.about, About::Entries { link, recipient: victim, at }, "{told:?}");
    }
}

fn contradiction() -> Proof {
    let mut scene = Scene::new(7);
    talk(&mut scene, 4, 2);
    let victim = scene.victim_id();
    scene.stranger.forget_after(&victim, LinkSeq(2));
    say(&mut scene, 100);
    proof(&scene).expect("a proof")
}

#[test]
fn t09_a_proof_is_refused_when_any_byte_of_it_is_another() {
    let text = contradiction().write();
    assert!(Proof::read(&text).is_ok_and(|proof| verify(&proof).is_ok()));
    for at in 0..text.len() {
        for bit in [1, 32] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let believed = Proof::read(&changed).is_ok_and(|proof| verify(&proof).is_ok());
            assert!(!believed, "byte {at}: {}", &changed[at.saturating_sub(20)..at + 1]);
        }
    }
}

#[test]
fn t09_either_story_may_come_first_and_one_story_twice_is_none() {
    let Proof::Contradiction(proof) = contradiction() else { panic!("of two stories") };
    let mut turned = proof.clone();
    std::mem::swap(&mut turned.one, &mut turned.other);
    assert!(verify(&Proof::Contradiction(turned)).is_ok());
    let refused = |change: &dyn Fn(&mut schema::latest::ContradictionProof)| {
        let mut changed = proof.clone();
        change(&mut changed);
        verify(&Proof::Contradiction(changed)).expect_err("it is none any more")
    };
    assert_eq!(refused(&|p| p.other.clone_from(&p.one)), Unproven::SameStory);
    assert_eq!(refused(&|p| p.other.clear()), Unproven::SameStory);
    assert_eq!(refused(&|p| p.at = p.at.next()), Unproven::Elsewhere);
    assert_eq!(refused(&|p| p.recipient = SpaceId([1; 32])), Unproven::Foreign);
    assert_eq!(refused(&|p| p.other[0].entries.clear()), Unproven::BrokenChain);
    assert_eq!(refused(&|p| p.one.push(p.other[0].clone())), Unproven::BrokenChain);
    let another = Stranger::new("Another", 9);
    let certificate = another.certificate().clone();
    assert_eq!(refused(&|p| p.certificate = certificate.clone()), Unproven::Foreign);
}

/// A stranger that says `count` things to a peer, honestly.
fn honest(peer: &Stranger, count: u64) -> Stranger {
    let mut stranger = Stranger::new("Honest", 1);
    stranger.trust(peer.certificate());
    for number in 0..count {
        let entry = stranger.entry(&peer.id(), &Draw::new(number).event(27));
        stranger.say(&peer.id(), entry);
    }
    stranger
}

fn evidence(bytes: &[u8]) -> Evidence {
    let Envelope { header_bytes, body, signature, .. } = Envelope::read(bytes).expect("one");
    Evidence { header: header_bytes, body_hash: body_hash(&body), signature }
}

fn run(stranger: &mut Stranger, peer: &SpaceId, first: u64, last: u64) -> SignedRun {
    let evidence = evidence(&stranger.envelope(peer, first, last));
    let said = stranger.line(peer).said.iter();
    let entry = |carried: &schema::latest::Carried| Commitment {
        incarnation: carried.incarnation,
        position: carried.position,
        commit: carried.commit(),
    };
    let (from, count) = ((first - 1) as usize, (last + 1 - first) as usize);
    SignedRun { evidence, entries: said.skip(from).take(count).map(entry).collect() }
}

#[test]
fn t09_an_honest_space_is_never_proven_to_contradict_itself() {
    let (peer, other) = (Stranger::new("Peer", 2), Stranger::new("Other", 3));
    let mut stranger = honest(&peer, 6);
    stranger.trust(other.certificate());
    let keys = Keys::verify(stranger.certificate()).expect("a certificate");
    let mut runs = Vec::new();
    for first in 1..=6 {
        runs.extend((first..=6).map(|last| run(&mut stranger, &peer.id(), first, last)));
    }
    // The same is told to somebody else, and again in another life, where it is numbered anew.
    let said: Vec<Vec<u8>> =
        stranger.line(&peer.id()).said.iter().map(|carried| carried.entry.clone()).collect();
    for entry in &said[1..] {
        stranger.say(&other.id(), entry.clone());
    }
    runs.extend((1..=5).map(|first| run(&mut stranger, &other.id(), first, 5)));
    stranger.reborn();
    for entry in said.iter().rev() {
        stranger.say(&peer.id(), entry.clone());
    }
    runs.extend((1..=6).map(|first| run(&mut stranger, &peer.id(), first, 6)));
    for one in &runs {
        for other in &runs {
            assert_eq!(of_runs(&keys, one.clone(), other.clone()), None);
            let logs = of_checkpoints(&keys, one.evidence.clone(), other.evidence.clone());
            assert_eq!(logs, None);
        }
    }
}

#[test]
fn t09_two_logs_of_one_size_told_to_two_peers_are_proven() {
    let (peer, other) = (Stranger::new("Peer", 2), Stranger::new("Other", 3));
    let mut stranger = honest(&peer, 2);
    stranger.trust(other.certificate());
    let keys = Keys::verify(stranger.certificate()).expect("a certificate");
    let to_peer = stranger.envelope(&peer.id(), 1, 2);
    for number in 0..2 {
        let entry = stranger.entry(&other.id(), &Draw::new(50 + number).event(27));
        stranger.say(&other.id(), entry);
    }
    let to_other = stranger.envelope(&other.id(), 1, 2);
    let to_other = stranger.altered(&to_other, |one| one.header.checkpoint_root = [0x78; 32]);
    let (one, two) = (evidence(&to_peer), evidence(&to_other));
    let proof = of_checkpoints(&keys, one.clone(), two.clone()).expect("two logs");
    let proven = verify(&Proof::read(&proof.write()).expect("its own form")).expect("proven");
    assert_eq!((proven.space, proven.about), (stranger.id(), About::Log { size: 4 }));
    assert_eq!(proven.signed, [[0x77; 32], [0x78; 32]]);
    let Proof::Checkpoints(mut other_size) = proof else { panic!("of two logs") };
    other_size.size += 1;
    assert_eq!(verify(&Proof::Checkpoints(other_size)), Err(Unproven::Elsewhere));
    let larger = stranger.altered(&to_other, |one| one.header.checkpoint_size += 1);
    assert_eq!(of_checkpoints(&keys, one.clone(), evidence(&larger)), None);
    let mut forged = two;
    forged.signature[0] ^= 1;
    assert_eq!(of_checkpoints(&keys, one, forged), None);
}
