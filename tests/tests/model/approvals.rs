//! Approvals: enough people say yes to this very release before it is deployed.

use super::scene::{Scene, phases, project, said, space, step, with};
use engine::command::{Command, Done, Rejection};
use engine::views::proofs;
use schema::latest::Event;
use schema::v1::event::{Definition, Pattern, PolicyRule};
use schema::v1::model::{ApprovalRule, ApprovedPer, Project};
use tests::pipeline::text;
use tests::world::name;

fn configured(per: ApprovedPer, automatic: bool) -> Vec<Definition> {
    let mut all = phases(&["Dev", "Live"]);
    all[1].automatic = automatic;
    let approval = Some(ApprovalRule { quorum: 2, per });
    with(space(&["Dev", "Live"], all, project()), "Live", |it| it.approval = approval)
}

fn given(per: ApprovedPer) -> Scene {
    let mut scene = Scene::given(configured(per, false));
    scene.create_as("mia", "1.0.0", None, false).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene
}

fn says(scene: &mut Scene, who: &str, approved: bool, why: &str) -> Result<Done, Rejection> {
    let release = scene.named(scene.home, "1.0.0");
    let (environment, reason) = (name("Live"), text(why));
    let command = Command::Approve { release, environment, approved, reason };
    scene.world.ask(scene.home, who, command)
}

#[test]
fn a_release_waits_until_enough_people_have_approved() {
    let mut scene = given(ApprovedPer::Release);
    let told = said(scene.deploy("1.0.0", "Live"));
    assert!(told.contains("0 of 2 times") && told.contains("interspace approve"), "{told}");
    says(&mut scene, "anna", true, "").unwrap();
    says(&mut scene, "anna", true, "").unwrap();
    assert!(said(scene.deploy("1.0.0", "Live")).contains("by anna for Live 1 of 2"));
    says(&mut scene, "ben", true, "looks good").unwrap();
    scene.deploy("1.0.0", "Live").unwrap();
    let proofs = proofs::of(scene.engine(0).state(), &scene.release_id("1.0.0"), u64::MAX);
    let approvals: Vec<_> = proofs.iter().filter(|it| it.kind == "approval").collect();
    assert_eq!(approvals.len(), 2);
    assert!(proofs.iter().all(|proof| proof.verified));
}

#[test]
fn nobody_approves_their_own() {
    let mut scene = Scene::given(configured(ApprovedPer::Release, false));
    scene.create_as("dana", "1.0.0", None, false).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    let told = said(says(&mut scene, "dana", true, ""));
    assert!(told.contains("nobody approves their own"), "{told}");
    // Who deploys may not be one of those whose word is needed either.
    let mut scene = given(ApprovedPer::Release);
    says(&mut scene, "dana", true, "").unwrap();
    says(&mut scene, "ben", true, "").unwrap();
    assert!(said(scene.deploy("1.0.0", "Live")).contains("1 of 2 times"));
    says(&mut scene, "anna", true, "").unwrap();
    scene.deploy("1.0.0", "Live").unwrap();
}

#[test]
fn one_refusal_holds_it_up_until_it_is_taken_back() {
    let mut scene = given(ApprovedPer::Release);
    says(&mut scene, "anna", true, "").unwrap();
    assert!(said(says(&mut scene, "ben", false, "")).contains("needs a reason"));
    says(&mut scene, "ben", false, "the index is missing").unwrap();
    let told = said(scene.deploy("1.0.0", "Live"));
    assert!(told.contains("ben refused") && told.contains("the index is missing"), "{told}");
    says(&mut scene, "ben", true, "added").unwrap();
    scene.deploy("1.0.0", "Live").unwrap();
}

#[test]
fn an_approval_is_good_once_or_for_every_deployment() {
    for (per, again) in [(ApprovedPer::Release, true), (ApprovedPer::Deployment, false)] {
        let mut scene = given(per);
        says(&mut scene, "anna", true, "").unwrap();
        says(&mut scene, "ben", true, "").unwrap();
        scene.deploy("1.0.0", "Live").unwrap();
        assert_eq!(scene.deploy("1.0.0", "Live").is_ok(), again, "{per:?}");
    }
}

#[test]
fn an_approval_is_about_this_very_digest() {
    let mut scene = given(ApprovedPer::Release);
    says(&mut scene, "anna", true, "").unwrap();
    says(&mut scene, "ben", true, "").unwrap();
    let mut all = phases(&["Dev", "Live"]);
    all[1].automatic = false;
    let other = Project { steps: vec![step("another")], ..project() };
    let approval = Some(ApprovalRule { quorum: 2, per: ApprovedPer::Release });
    let definitions =
        with(space(&["Dev", "Live"], all, other), "Live", |it| it.approval = approval);
    scene.apply(0, definitions).unwrap();
    scene.create_as("mia", "1.0.0", None, true).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    assert!(said(scene.deploy("1.0.0", "Live")).contains("0 of 2 times"));
}

#[test]
fn policy_goes_on_as_soon_as_it_is_approved() {
    let mut scene = Scene::given(configured(ApprovedPer::Release, true));
    scene.create_as("mia", "1.0.0", None, false).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(10_000);
    assert_eq!(scene.installed(0, 0, "Live"), None);
    says(&mut scene, "anna", true, "").unwrap();
    says(&mut scene, "ben", true, "").unwrap();
    scene.world.run(10_000);
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"));
}

#[test]
fn who_may_do_so_goes_past_it_and_that_is_written_down() {
    let mut scene = given(ApprovedPer::Release);
    let bypass = |scene: &mut Scene, who: &str, why: &str| {
        let command = Command::Deploy {
            release: scene.named(0, "1.0.0"),
            environment: name("Live"),
            tenant: None,
            bypass: Some(text(why)),
        };
        scene.world.ask(0, who, command)
    };
    assert!(said(bypass(&mut scene, "mia", "now")).contains("may not"));
    assert!(said(bypass(&mut scene, "dana", " ")).contains("needs a reason"));
    bypass(&mut scene, "dana", "the site is down").unwrap();
    let bypassed = scene.events(0).into_iter().find_map(|event| {
        if let Event::GateBypassed(bypassed) = event { Some(bypassed) } else { None }
    });
    let bypassed = bypassed.expect("it is an event");
    assert_eq!(bypassed.reason.as_str(), "the site is down");
    assert!(bypassed.gates[0].as_str().starts_with("approval: "));
}

#[test]
fn what_somebody_said_who_may_not_any_more_counts_no_more() {
    let mut scene = given(ApprovedPer::Release);
    says(&mut scene, "anna", true, "").unwrap();
    says(&mut scene, "ben", false, "no").unwrap();
    let mut without = configured(ApprovedPer::Release, false);
    without.retain(|it| !matches!(it, Definition::User(user) if user.name == name("ben")));
    scene.apply(0, without).unwrap();
    let told = said(scene.deploy("1.0.0", "Live"));
    assert!(told.contains("1 of 2 times"), "ben's refusal is gone with him: {told}");
}

/// Anna and Ben approve, Dana deploys, and the node stops in the middle; policy is paused before,
/// so that it begins nothing again for now.
fn cut_short() -> (Scene, Command) {
    let mut scene = given(ApprovedPer::Deployment);
    says(&mut scene, "anna", true, "").unwrap();
    says(&mut scene, "ben", true, "").unwrap();
    let rule = PolicyRule::Pause { project: Pattern::all(), place: Pattern::all() };
    let pause = Command::SetPolicy { rule: rule.clone(), reason: text("we look at it") };
    scene.world.ask(scene.home, "dana", pause).unwrap();
    let deploy = Command::Deploy {
        release: scene.named(scene.home, "1.0.0"),
        environment: name("Live"),
        tenant: None,
        bypass: None,
    };
    scene.world.ask(scene.home, "dana", deploy).unwrap();
    scene.world.crash(scene.home);
    scene.world.start(scene.home).unwrap();
    scene.world.run(10_000);
    assert_eq!(scene.installed(0, 0, "Live"), None);
    (scene, Command::LiftPolicy { rule })
}

#[test]
fn what_was_cut_short_is_begun_again_with_the_approvals_that_it_had() {
    let (mut scene, go_on) = cut_short();
    scene.world.ask(scene.home, "dana", go_on).unwrap();
    scene.world.run(10_000);
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"));
    let told = said(scene.deploy("1.0.0", "Live"));
    assert!(told.contains("0 of 2 times"), "now they are used up: {told}");
}

#[test]
fn who_deployed_what_was_cut_short_does_not_approve_that_it_begins_again() {
    let (mut scene, go_on) = cut_short();
    let mut without = configured(ApprovedPer::Deployment, false);
    without.retain(|it| !matches!(it, Definition::User(user) if user.name.as_str() == "ben"));
    scene.apply(scene.home, without).unwrap();
    says(&mut scene, "dana", true, "").unwrap();
    scene.world.ask(scene.home, "dana", go_on).unwrap();
    scene.world.run(10_000);
    assert_eq!(scene.installed(0, 0, "Live"), None, "Dana would deploy with her own approval");
}

#[test]
fn the_approvals_that_prove_a_deployment_are_those_that_opened_its_gate() {
    let mut scene = given(ApprovedPer::Deployment);
    let approvals = |scene: &Scene| {
        let id = scene.release_id("1.0.0");
        let all = proofs::of(scene.engine(0).state(), &id, u64::MAX);
        let of = all.into_iter().filter(|proof| proof.kind == "approval");
        of.map(|proof| proof.gate).collect::<Vec<_>>()
    };
    for who in ["anna", "ben", "dana"] {
        says(&mut scene, who, true, "").unwrap();
    }
    scene.deploy("1.0.0", "Live").unwrap();
    let first = ["approval of anna for Live", "approval of ben for Live"];
    assert_eq!(approvals(&scene), first, "Dana deployed it");
    says(&mut scene, "anna", true, "").unwrap();
    assert_eq!(approvals(&scene), first, "what came later opened nothing");
    let release = scene.named(0, "1.0.0");
    let bypass = Some(text("it burns"));
    let (environment, tenant) = (name("Live"), None);
    let deploy = Command::Deploy { release, environment, tenant, bypass };
    scene.world.ask(0, "dana", deploy).unwrap();
    scene.world.run(5_000);
    assert_eq!(approvals(&scene), Vec::<String>::new(), "that gate was gone past");
}

#[test]
fn an_approval_of_the_next_deployment_outlives_that_this_one_is_begun_again() {
    let mut scene = given(ApprovedPer::Deployment);
    says(&mut scene, "anna", true, "").unwrap();
    says(&mut scene, "ben", true, "").unwrap();
    let release = scene.named(scene.home, "1.0.0");
    let (environment, tenant, bypass) = (name("Live"), None, None);
    let deploy = Command::Deploy { release, environment, tenant, bypass };
    scene.world.ask(scene.home, "dana", deploy).unwrap();
    says(&mut scene, "anna", true, "for the next one").unwrap();
    scene.world.crash(scene.home);
    scene.world.start(scene.home).unwrap();
    scene.world.run(10_000);
    assert_eq!(scene.installed(0, 0, "Live").as_deref(), Some("1.0.0"));
    assert!(said(scene.deploy("1.0.0", "Live")).contains("by anna for Live 1 of 2 times"));
}
