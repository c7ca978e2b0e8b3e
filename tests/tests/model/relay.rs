//! Topology 4: the space that owns the release is not in the path between the two that deploy it.

use super::scene::{
    PROJECT, Scene, phases, project, saying, secret, space, step, target, variable, within,
};
use api_http::shape::audit;
use engine::command::Command;
use engine::inbox::verdict::{Verdict, judge};
use engine::state::cells::Slot;
use engine::views::{dashboard, proofs};
use schema::latest::{Document, Event, Receipt, Record};
use schema::v1::model::{Disclosure, Grant, Phase, Step};
use tests::pipeline::phase;
use tests::world::{World, name};

const FOR_OPS: &str = "what only ops may read";
const FOR_ALL: &str = "what everybody in the path may read";

/// Home builds and sends to QA, which sends on to Ops. Home and Ops know each other and have no
/// connection.
pub(super) struct Three {
    pub(super) scene: Scene,
    pub(super) qa: usize,
    pub(super) ops: usize,
}

fn to_qa(onward: &[&str]) -> Vec<Phase> {
    let mut all = phases(&["Dev"]);
    let onward = onward.iter().map(|text| name(text)).collect();
    all.push(Phase { onward, ..phase("QA", &[], &["QA"], true) });
    all
}

fn configured(onward: &[&str]) -> Vec<schema::v1::event::Definition> {
    let web = schema::v1::model::Project {
        steps: vec![
            step("everywhere"),
            Step { scope: within(&["QA: *"]), ..step("in QA") },
            Step { scope: within(&["Ops: Live"]), ..step("in Ops") },
            Step { scope: within(&["Dev"]), ..step("at home") },
        ],
        variables: vec![
            variable("WHERE", "home", within(&["Dev"])),
            variable("WHERE", "away", within(&["QA: *", "Ops: *"])),
        ],
        secrets: vec![secret("SHARED", within(&[])), secret("KEPT", within(&["Ops: Live"]))],
        ..project()
    };
    space(&["Dev"], to_qa(onward), web)
}

impl Three {
    pub(super) fn given() -> Self {
        Self::with(&[Grant::Relay], &[Grant::Relay])
    }

    /// `at_home` is what Home grants QA beside the usual, `at_ops` what Ops grants it.
    fn with(at_home: &[Grant], at_ops: &[Grant]) -> Self {
        Self::apart(at_home, at_ops, u64::MAX)
    }

    /// Home and Ops have no connection until `until_ms`.
    pub(super) fn apart(at_home: &[Grant], at_ops: &[Grant], until_ms: u64) -> Self {
        let mut world = World::new(5);
        let home = world.found("Home");
        let (qa, ops) = (world.found("QA"), world.found("Ops"));
        let [mut source, sends] = World::usual_grants(PROJECT);
        source.extend_from_slice(at_home);
        world.link(home, qa, [source, [&sends[..], &[Grant::Relay]].concat()]);
        let accepts = vec![Grant::AcceptReleases(name(PROJECT))];
        world.link(home, ops, [vec![Grant::AcceptResults], accepts]);
        let summary = Grant::SendResults(Disclosure::Summary);
        let from_qa = [&[summary][..], at_ops].concat();
        world.link(qa, ops, [vec![Grant::AcceptResults, Grant::Relay], from_qa]);
        world.cut(home, ops, until_ms);
        let mut scene = Scene { world, home };
        scene.apply(home, configured(&["Ops"])).unwrap();
        let mut test = vec![phase("Test", &["Test"], &[], true)];
        test.push(phase("Live", &[], &["Ops"], true));
        scene.apply(qa, target("Home", &["Test"], test)).unwrap();
        let live = vec![phase("Live", &["Live"], &[], true)];
        scene.apply(ops, target("Home", &["Live"], live)).unwrap();
        scene.set("SHARED", None, FOR_ALL);
        scene.set("KEPT", None, FOR_OPS);
        scene.world.run(10_000);
        Self { scene, qa, ops }
    }

    pub(super) fn send(&mut self, called: &str) {
        self.scene.create(called).unwrap();
        self.scene.deploy(called, "Dev").unwrap();
        self.scene.world.run(60_000);
    }
}

#[test]
fn a_release_goes_on_to_a_space_that_its_owner_does_not_reach_and_the_result_comes_back() {
    let mut three = Three::given();
    three.send("1.0.0");
    let Three { scene, qa, ops } = three;
    assert_eq!(scene.installed(ops, ops, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(scene.installed(scene.home, ops, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(scene.world.alarms, Vec::new());
    let cells = dashboard::cells(scene.engine(scene.home).state());
    let through = |space| {
        let mut of = cells.iter().filter(|cell| cell.space == space && cell.installed.is_some());
        of.next().map(|cell| cell.through)
    };
    let ways = [scene.home, qa, ops].map(|site| through(scene.id(site)));
    assert_eq!(ways, [Some(None), Some(None), Some(Some(scene.id(qa)))]);
    // The very document that Home signed, byte for byte, and the receipt of QA beside it.
    let import = scene.release(ops, "1.0.0").import().expect("it was sent").clone();
    let sent = scene.events(scene.home).into_iter().find_map(|event| {
        if let Event::ReleasePromoted(it) = event { Some(it.bundle) } else { None }
    });
    assert_eq!(Some(import.document.write()), sent);
    assert_eq!(import.from, scene.id(qa));
    let receipt: Receipt = import.receipts[0].payload(schema::latest::Kind::Receipt).unwrap();
    assert_eq!((receipt.space, receipt.environment), (scene.id(qa), name("Test")));
    let id = scene.release_id("1.0.0");
    let proofs = proofs::of(scene.engine(ops).state(), &id, u64::MAX);
    assert!(proofs.iter().all(|proof| proof.verified), "{proofs:?}");
    let signers: Vec<_> = proofs.iter().map(|proof| proof.signer).collect();
    for signer in [scene.home, qa, ops] {
        assert!(signers.contains(&scene.id(signer)), "{proofs:?}");
    }
}

#[test]
fn each_space_sees_the_steps_and_values_that_are_for_it() {
    let mut three = Three::given();
    three.send("1.0.0");
    let Three { scene, qa, ops } = three;
    assert_eq!(scene.ran(scene.home), ["everywhere", "at home"]);
    assert_eq!(scene.ran(qa), ["everywhere", "in QA"]);
    assert_eq!(scene.ran(ops), ["everywhere", "in Ops"]);
    let value = |site: usize, called: &str| {
        let seen = scene.seen(site);
        seen.into_iter().find(|(name, _)| name == called).map(|(_, value)| value)
    };
    assert_eq!(value(scene.home, "WHERE").as_deref(), Some("home"));
    assert_eq!(value(qa, "WHERE").as_deref(), Some("away"));
    assert_eq!(value(ops, "SHARED").as_deref(), Some(FOR_ALL));
    assert_eq!(value(ops, "KEPT").as_deref(), Some(FOR_OPS));
    assert_eq!(value(qa, "KEPT"), None, "it is not for QA");
    // What is scoped to Dev is in no log but that of Home.
    let at_home = b"at home";
    let has = |site: usize| scene.log(site).windows(at_home.len()).any(|it| it == at_home);
    assert!(has(scene.home) && !has(qa) && !has(ops));
}

#[test]
fn nothing_of_another_space_is_taken_without_a_relay_grant() {
    let mut three = Three::with(&[Grant::Relay], &[]);
    three.send("1.0.0");
    let Three { scene, qa, ops } = three;
    assert!(!scene.knows(ops, "1.0.0"), "Ops did not let QA relay");
    assert_eq!(scene.installed(scene.home, qa, "Test").as_deref(), Some("1.0.0"));
    let why = scene.engine(qa).state().releases.get(&scene.release_id("1.0.0")).unwrap();
    assert!(why.promotions.is_empty(), "it would be refused there for ever");
}

#[test]
fn a_result_is_passed_on_only_where_both_ends_let_it() {
    let mut three = Three::with(&[], &[Grant::Relay]);
    three.send("1.0.0");
    let Three { scene, ops, .. } = three;
    assert_eq!(scene.installed(ops, ops, "Live").as_deref(), Some("1.0.0"));
    assert_eq!(scene.installed(scene.home, ops, "Live"), None, "Home did not let QA relay");
    let refused = scene.engine(scene.home).links(scene.world.now());
    assert!(refused.iter().all(|link| link.refused == 0), "nothing is sent to be refused");
}

#[test]
fn a_bundle_that_was_not_signed_for_a_space_does_not_go_there() {
    let mut three = Three::given();
    let plain = configured(&[]);
    three.scene.apply(three.scene.home, plain).unwrap();
    three.send("1.0.0");
    let (qa, ops) = (three.qa, three.ops);
    assert!(!three.scene.knows(ops, "1.0.0"));
    let command = Command::Promote {
        release: three.scene.named(qa, "1.0.0"),
        peer: name("Ops"),
        bypass: None,
    };
    let told = super::scene::said(three.scene.world.ask(qa, "dana", command));
    assert!(told.contains("not for Ops") && told.contains("onward"), "{told}");
}

#[test]
fn t02_a_relay_cannot_change_swap_or_invent_what_it_passes_on() {
    let mut three = Three::given();
    three.send("1.0.0");
    three.send("1.1.0");
    let Three { scene, qa, ops } = &three;
    let state = scene.engine(*ops).state();
    let peer = state.links.peer(&scene.id(*qa)).unwrap();
    let records = scene.world.sites[*ops].records();
    let promotions: Vec<_> = records
        .into_iter()
        .filter_map(|record| match record {
            Record::Mirrored(it) => match schema::latest::Entry::read(&it.entry).unwrap().event() {
                Ok(Event::ReleasePromoted(promoted)) => Some((it, promoted)),
                _ => None,
            },
            Record::Own(_) | Record::Evidence(_) => None,
        })
        .collect();
    let [(mirrored, first), (_, second)] = promotions.as_slice() else {
        panic!("two promotions, not {}", promotions.len());
    };
    let verdict = |event: &schema::v1::event::ReleasePromoted| {
        judge(state, peer, &saying(mirrored, &Event::ReleasePromoted(event.clone())))
    };
    let refused =
        |event: &schema::v1::event::ReleasePromoted| matches!(verdict(event), Verdict::Refuse(_));
    assert!(matches!(verdict(first), Verdict::Fold(..)));
    let swapped = |change: &dyn Fn(&mut schema::v1::event::ReleasePromoted)| {
        let mut event = first.clone();
        change(&mut event);
        event
    };
    assert!(refused(&swapped(&|it| it.bundle.clone_from(&second.bundle))), "another's bundle");
    assert!(refused(&swapped(&|it| it.receipts.clone_from(&second.receipts))), "other receipts");
    assert!(refused(&swapped(&|it| it.release.clone_from(&second.release))), "another version");
    assert!(refused(&swapped(&|it| it.digest = second.digest)), "another digest");
    // Home's own receipt is no receipt of QA.
    let home: Vec<String> = scene
        .release(*ops, "1.0.0")
        .import()
        .unwrap()
        .content
        .receipts
        .iter()
        .map(Document::write)
        .collect();
    assert!(refused(&swapped(&|it| it.receipts.clone_from(&home))), "somebody else's receipt");
    let flipped = first.bundle.replacen("eyJ", "eyK", 1);
    assert!(refused(&swapped(&|it| it.bundle.clone_from(&flipped))), "one changed letter");
}

#[test]
fn t23_a_secret_for_the_last_space_is_readable_nowhere_on_the_way() {
    let mut three = Three::given();
    three.send("1.0.0");
    let Three { scene, qa, ops } = three;
    for site in [scene.home, qa, ops] {
        for secret in [FOR_OPS, FOR_ALL] {
            let bytes = secret.as_bytes();
            assert!(!scene.log(site).windows(bytes.len()).any(|it| it == bytes));
        }
    }
    let shown = format!("{:?} {:?}", scene.engine(qa).state(), scene.world.sites[qa].runner);
    assert!(!shown.contains(FOR_OPS));
    // QA kept what it can read, and one more goes through it unread.
    let state = scene.engine(qa).state();
    assert_eq!(state.kept_secrets(scene.release(qa, "1.0.0")).len(), 1);
    assert_eq!(scene.engine(ops).state().kept_secrets(scene.release(ops, "1.0.0")).len(), 2);
}

#[test]
fn what_a_relay_can_read_it_seals_to_the_newest_key_of_the_next_space() {
    let mut three = Three::given();
    // Home will not hear of it: it has no connection to Ops.
    three.scene.world.rotate(three.ops, Vec::new()).unwrap();
    three.scene.world.run(60_000);
    three.scene.world.sites[three.ops].forget_keys();
    three.send("1.0.0");
    let Three { scene, qa, .. } = three;
    let handed = scene.events(qa).into_iter().find_map(|event| {
        if let Event::ReleasePromoted(it) = event { Some(it.secrets) } else { None }
    });
    let keys: Vec<u32> = handed.expect("sent on").iter().map(|it| it.key).collect();
    let unread = scene.release(qa, "1.0.0").import().unwrap().handed.iter();
    let newest = keys.iter().max();
    assert_eq!(newest, Some(&2), "what QA can read");
    assert!(unread.clone().all(|it| it.key == 1), "what Home sealed");
}

#[test]
fn t23_a_secret_of_a_step_is_for_the_spaces_in_which_that_step_runs() {
    let mut three = Three::given();
    let in_ops = schema::v1::model::Where { steps: vec![name("in Ops")], ..Default::default() };
    let mut definitions = configured(&["Ops"]);
    for definition in &mut definitions {
        if let schema::v1::event::Definition::Project(project) = definition {
            project.secrets.push(secret("STEP", in_ops.clone()));
        }
    }
    three.scene.apply(three.scene.home, definitions).unwrap();
    three.scene.set("STEP", None, "for a step in Ops");
    three.send("1.0.0");
    let Three { scene, qa, ops } = three;
    let handed = &scene.release(qa, "1.0.0").import().unwrap().handed;
    let for_qa = handed.iter().filter(|one| one.recipient == scene.id(qa)).count();
    assert_eq!(for_qa, 1, "what everybody may read, and nothing else");
    let seen = scene.seen(ops);
    assert!(seen.contains(&("STEP".to_owned(), "for a step in Ops".to_owned())), "{seen:?}");
    assert!(!scene.seen(qa).iter().any(|(name, _)| name == "STEP"));
}

#[test]
fn the_receipt_that_came_along_is_a_gate_in_the_last_space() {
    let mut three = Three::given();
    let mut gated = phase("Tested", &[], &[], false);
    gated.environments = vec!["QA: Test".parse().unwrap()];
    let live = vec![gated, phase("Live", &["Live"], &[], true)];
    three.scene.apply(three.ops, target("Home", &["Live"], live)).unwrap();
    three.send("1.0.0");
    let Three { scene, ops, .. } = three;
    assert_eq!(scene.installed(ops, ops, "Live").as_deref(), Some("1.0.0"));
}

#[test]
fn why_something_runs_is_told_once_and_stays_when_newer_versions_go_on() {
    let mut three = Three::given();
    three.send("1.0.0");
    let trail = |three: &Three, site: usize, of: usize, environment: &str| {
        let (engine, of) = (three.scene.engine(site), three.scene.id(of));
        let trail = audit::trail(engine, of, &Slot::of(name(environment)), &name(PROJECT), None);
        trail.unwrap().into_iter().map(|reason| reason.what).collect::<Vec<_>>()
    };
    let told = trail(&three, three.ops, three.ops, "Live");
    let begins = [
        "Web 1.0.0 was deployed to Ops: Live",
        "Web 1.0.0 was promoted by Home",
        "Web 1.0.0 was deployed to QA: Test",
        "Web 1.0.0 was deployed to Home: Dev",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for begin in begins {
        assert!(told.iter().any(|it| it.starts_with(begin)), "{begin}: {told:#?}");
    }
    // Home goes on, and QA is down: what runs in QA runs there for the same reasons.
    let at_qa = |three: &Three| trail(three, three.scene.home, three.qa, "Test");
    let before = at_qa(&three);
    three.scene.world.crash(three.qa);
    three.send("1.1.0");
    assert_eq!(at_qa(&three), before);
    assert!(before.iter().any(|it| it.starts_with("Web 1.0.0 was deployed to Home: Dev")));
}
