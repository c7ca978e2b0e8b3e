//! A relay that is faster than its signers: what it brings under keys that are not stated here yet.

use super::relay::Three;
use super::scene::saying;
use engine::command::Command;
use engine::inbox::verdict::{Verdict, judge, judge_again};
use engine::trust::refusal::EntryRefusal;
use schema::latest::{Document, Event, Receipt, Record};
use schema::limits::CERTIFICATE_STATEMENTS_MAX;
use schema::v1::model::Grant;
use tests::pipeline::text;
use tests::simulation::invariants::views;
use tests::world::name;

/// Until when Home and Ops hear nothing of each other: longer than a release takes through QA.
const APART_MS: u64 = 400_000;

impl Three {
    /// Home and Ops meet, for the first time since they are linked.
    fn meet(&mut self) {
        let left_ms = APART_MS.saturating_sub(self.scene.world.clock_ms);
        assert!(left_ms > 0, "they have met already");
        self.scene.world.run(left_ms + 60_000);
    }

    /// How many entries of QA wait at a site for keys of `of`.
    fn awaiting(&self, site: usize, of: usize) -> u64 {
        let links = self.scene.engine(site).links(self.scene.world.now_at(site));
        let through = links.iter().find(|link| link.peer == self.scene.id(self.qa)).unwrap();
        assert_eq!(through.refused, 0, "nothing is lost");
        through.awaiting.get(&self.scene.id(of)).map_or(0, |counted| counted.entries)
    }

    /// What the log of a site tells is what is true in it.
    fn is_told_by_its_log(&self, site: usize) {
        let site = &self.scene.world.sites[site];
        let told = views::rebuilt(site).unwrap();
        assert_eq!(views::difference(site.engine(), &told), None);
    }
}

#[test]
fn a_result_under_a_key_that_its_signer_has_not_stated_here_yet_waits_for_the_statement() {
    let mut three = Three::apart(&[Grant::Relay], &[Grant::Relay], APART_MS);
    let (home, ops) = (three.scene.home, three.ops);
    a_result_that_waits(&mut three);
    assert_eq!(three.scene.installed(ops, ops, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(three.scene.installed(home, ops, "Live"), None, "nobody can tell who signed it");
    // What waits holds nothing else up: what QA says of itself counts.
    assert_eq!(three.scene.installed(home, three.qa, "Test").as_deref(), Some("1.0.0"));
    three.is_told_by_its_log(home);
    three.meet();
    assert_eq!(three.scene.installed(home, ops, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(three.awaiting(home, ops), 0);
    three.is_told_by_its_log(home);
}

/// Ops has new keys, and Home has its result from QA without knowing them.
fn a_result_that_waits(three: &mut Three) {
    three.scene.world.rotate(three.ops, Vec::new()).unwrap();
    three.scene.world.run(20_000);
    three.send("1.0.0");
    assert!(three.awaiting(three.scene.home, three.ops) > 0);
}

#[test]
fn a_certificate_that_somebody_brings_tells_the_keys_as_well() {
    let mut three = Three::given();
    a_result_that_waits(&mut three);
    let (home, ops) = (three.scene.home, three.ops);
    let certificate = three.scene.engine(ops).state().certificate().unwrap().write();
    let command = Command::Trust { certificate, name: None, grants: Vec::new() };
    three.scene.world.ask(home, "ops", command).unwrap();
    assert_eq!(three.scene.installed(home, ops, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(three.awaiting(home, ops), 0);
    three.is_told_by_its_log(home);
}

#[test]
fn what_grants_let_in_when_it_came_counts_whatever_is_granted_since() {
    let mut three = Three::apart(&[Grant::Relay], &[Grant::Relay], APART_MS);
    a_result_that_waits(&mut three);
    let (home, ops) = (three.scene.home, three.ops);
    for peer in ["Ops", "QA"] {
        let command = Command::Grant { peer: name(peer), grants: Vec::new() };
        three.scene.world.ask(home, "ops", command).unwrap();
    }
    three.meet();
    assert_eq!(three.scene.installed(home, ops, "Live").as_deref(), Some("1.0.0"));
}

#[test]
fn a_bundle_and_a_recall_under_a_key_that_is_not_stated_yet_wait_for_the_statement() {
    let mut three = Three::apart(&[Grant::Relay], &[Grant::Relay], APART_MS);
    let (home, ops) = (three.scene.home, three.ops);
    three.send("1.0.0");
    three.scene.world.rotate(home, Vec::new()).unwrap();
    three.scene.world.run(20_000);
    three.send("1.1.0");
    let release = three.scene.named(home, "1.0.0");
    let command = Command::Recall { release, reason: text("it loses orders") };
    three.scene.world.ask(home, "dana", command).unwrap();
    three.scene.world.run(20_000);
    assert!(!three.scene.knows(ops, "1.1.0"));
    let recalled = |three: &Three| {
        let old = three.scene.release_id("1.0.0");
        three.scene.engine(ops).state().releases.recalls().any(|(id, _)| *id == old)
    };
    assert!(!recalled(&three));
    assert_eq!(three.awaiting(ops, home), 2);
    three.is_told_by_its_log(ops);
    three.meet();
    assert_eq!(three.scene.installed(ops, ops, "Live").as_deref(), Some("1.1.0"));
    assert!(recalled(&three));
    assert_eq!(three.awaiting(ops, home), 0);
    assert_eq!(three.scene.world.alarms, Vec::new());
    three.is_told_by_its_log(ops);
}

#[test]
fn t02_a_key_that_a_relay_invents_is_waited_for_and_never_believed() {
    let mut three = Three::given();
    three.send("1.0.0");
    let Three { scene, qa, ops } = &three;
    let state = scene.engine(scene.home).state();
    let peer = state.links.peer(&scene.id(*qa)).unwrap();
    let mirrored = scene.world.sites[scene.home].records().into_iter().find_map(|record| {
        let Record::Mirrored(it) = record else { return None };
        let event = schema::latest::Entry::read(&it.entry).unwrap().event().unwrap();
        let Event::DeploymentReported(reported) = event else { return None };
        let document = Document::read(&reported.receipt).unwrap();
        let receipt: Receipt = document.payload(schema::latest::Kind::Receipt).unwrap();
        (receipt.space == scene.id(*ops)).then_some((it, receipt))
    });
    let (mirrored, receipt) = mirrored.expect("QA passed it on");
    let claimed = |space, key| {
        let receipt = Receipt { space, key, ..receipt.clone() };
        let signer = scene.engine(*qa).identity();
        let document = signer.document(schema::latest::Kind::Receipt, &receipt);
        let reported = schema::v1::event::DeploymentReported { receipt: document.write() };
        judge(state, peer, &saying(&mirrored, &Event::DeploymentReported(reported)))
    };
    let bad = Verdict::Refuse(EntryRefusal::BadDocument);
    let of_ops = scene.id(*ops);
    assert_eq!(claimed(of_ops, 0), bad, "no key has this number");
    assert_eq!(claimed(of_ops, 1), bad, "the key of Ops is known, and QA has not got it");
    assert_eq!(claimed(of_ops, 2), Verdict::Await { signer: of_ops, key: 2 });
    let last = u32::try_from(CERTIFICATE_STATEMENTS_MAX).unwrap();
    assert_eq!(claimed(of_ops, last), Verdict::Await { signer: of_ops, key: last });
    assert_eq!(claimed(of_ops, last + 1), bad, "no space can ever state it");
    assert_eq!(claimed(scene.id(*qa), 2), bad, "QA speaks here itself, and says first what it is");
}

/// Home has new keys, and Ops has a bundle of it from QA without knowing them.
fn a_bundle_that_waits(three: &mut Three) {
    three.scene.world.rotate(three.scene.home, Vec::new()).unwrap();
    three.scene.world.run(20_000);
    three.send("1.0.0");
    assert_eq!(three.awaiting(three.ops, three.scene.home), 1);
}

/// What Ops refuses of QA, and whether it knows the release.
fn refused(three: &Three) -> (u64, bool) {
    let links = three.scene.engine(three.ops).links(three.scene.world.now_at(three.ops));
    let through = links.iter().find(|link| link.peer == three.scene.id(three.qa)).unwrap();
    (through.refused, three.scene.knows(three.ops, "1.0.0"))
}

#[test]
fn a_release_that_nobody_grants_any_more_is_not_let_in_by_the_key_that_it_awaited() {
    for peer in ["Home", "QA"] {
        let mut three = Three::apart(&[Grant::Relay], &[Grant::Relay], APART_MS);
        a_bundle_that_waits(&mut three);
        let command = Command::Grant { peer: name(peer), grants: Vec::new() };
        three.scene.world.ask(three.ops, "ops", command).unwrap();
        three.meet();
        assert_eq!(refused(&three), (1, false), "{peer}");
        three.is_told_by_its_log(three.ops);
    }
}

#[test]
fn who_is_trusted_again_with_less_gets_no_more_by_what_waited() {
    let mut three = Three::given();
    a_bundle_that_waits(&mut three);
    let (home, ops) = (three.scene.home, three.ops);
    three.scene.world.ask(ops, "ops", Command::Revoke { peer: name("Home") }).unwrap();
    let certificate = three.scene.engine(home).state().certificate().unwrap().write();
    let command = Command::Trust { certificate, name: None, grants: Vec::new() };
    three.scene.world.ask(ops, "ops", command).unwrap();
    assert_eq!(refused(&three), (1, false));
    three.is_told_by_its_log(ops);
}

#[test]
fn a_certificate_tells_newer_keys_also_after_other_links_were_ended() {
    let mut three = Three::given();
    a_result_that_waits(&mut three);
    let (home, ops) = (three.scene.home, three.ops);
    // Every link that is ended gives the space that ends it another offer.
    three.scene.world.ask(ops, "ops", Command::Revoke { peer: name("QA") }).unwrap();
    let certificate = three.scene.engine(ops).state().certificate().unwrap().write();
    let command = Command::Trust { certificate, name: None, grants: Vec::new() };
    three.scene.world.ask(home, "ops", command).unwrap();
    assert_eq!(three.scene.installed(home, ops, "Live").as_deref(), Some("1.0.0"));
}

#[test]
fn a_recall_is_judged_also_when_the_link_that_it_came_over_was_ended() {
    let mut three = Three::apart(&[Grant::Relay], &[Grant::Relay], APART_MS);
    let (home, ops) = (three.scene.home, three.ops);
    a_bundle_that_waits(&mut three);
    let release = three.scene.named(home, "1.0.0");
    let command = Command::Recall { release, reason: text("it loses orders") };
    three.scene.world.ask(home, "dana", command).unwrap();
    three.scene.world.run(20_000);
    assert_eq!(three.awaiting(ops, home), 2);
    three.scene.world.ask(ops, "ops", Command::Revoke { peer: name("QA") }).unwrap();
    three.meet();
    let bad = three.scene.release_id("1.0.0");
    let state = three.scene.engine(ops).state();
    assert!(state.releases.recalls().any(|(id, _)| *id == bad));
    assert!(!three.scene.knows(ops, "1.0.0"), "QA brings nothing any more");
    three.is_told_by_its_log(ops);
}

#[test]
fn keys_that_open_what_waits_are_kept() {
    let mut three = Three::apart(&[Grant::Relay], &[Grant::Relay], 0);
    let (home, qa, ops) = (three.scene.home, three.qa, three.ops);
    let world = &mut three.scene.world;
    // Home learns the new key of Ops, and QA does not until it has sealed to the old one.
    let until = world.clock_ms + 120_000;
    world.cut(qa, ops, until);
    world.rotate(ops, Vec::new()).unwrap();
    world.run(20_000);
    world.cut(home, ops, APART_MS);
    world.rotate(home, Vec::new()).unwrap();
    world.run(20_000);
    three.send("1.0.0");
    three.scene.world.run(120_000);
    assert_eq!(three.awaiting(ops, home), 1);
    let kept = |three: &mut Three| {
        three.scene.world.sites[ops].forget_keys();
        three.scene.world.sites[ops].secrets.numbers().collect::<Vec<u32>>()
    };
    assert_eq!(kept(&mut three), [1, 2], "QA sealed to the old one");
    three.meet();
    assert_eq!(three.scene.installed(ops, ops, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(kept(&mut three), [2], "nothing needs the old one any more");
}

#[test]
fn t02_what_turns_out_to_be_forged_is_refused_once_the_key_is_known() {
    let mut three = Three::apart(&[Grant::Relay], &[Grant::Relay], APART_MS);
    a_result_that_waits(&mut three);
    let (home, qa, ops) = (three.scene.home, three.qa, three.ops);
    let state = three.scene.engine(home).state();
    let peer = state.links.peer(&three.scene.id(qa)).unwrap();
    let waiting = three.scene.world.sites[home].records().into_iter().find_map(|record| {
        let Record::Mirrored(it) = record else { return None };
        matches!(judge(state, peer, &it), Verdict::Await { .. }).then_some(it)
    });
    let waiting = waiting.expect("it waits");
    let event = schema::latest::Entry::read(&waiting.entry).unwrap().event().unwrap();
    let Event::DeploymentReported(mut reported) = event else { panic!("a result") };
    let document = Document::read(&reported.receipt).unwrap();
    let mut receipt: Receipt = document.payload(schema::latest::Kind::Receipt).unwrap();
    receipt.finished_ms += 1;
    let signer = three.scene.engine(qa).identity();
    reported.receipt = signer.document(schema::latest::Kind::Receipt, &receipt).write();
    let forged = saying(&waiting, &Event::DeploymentReported(reported));
    assert_eq!(judge(state, peer, &forged), Verdict::Await { signer: three.scene.id(ops), key: 2 });
    three.meet();
    let state = three.scene.engine(home).state();
    let peer = state.links.peer(&three.scene.id(qa)).unwrap();
    assert_eq!(judge_again(state, peer, &forged), Verdict::Refuse(EntryRefusal::BadDocument));
}
