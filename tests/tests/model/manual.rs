//! Manual steps and cancelling: a deployment waits for a person, or a person ends it.

use super::scene::{Scene, phases, project, said, space, step};
use engine::command::{Command, Done, Rejection};
use schema::id::Position;
use schema::latest::{Actor, Outcome};
use schema::v1::model::{Project, Step, Work};
use tests::pipeline::text;
use tests::world::name;

fn given() -> (Scene, Position) {
    let call = Step { work: Work::Manual(text("call the bank")), ..step("call") };
    let web = Project { steps: vec![step("install"), call], ..project() };
    let mut scene = Scene::given(space(&["Dev", "Live"], phases(&["Dev", "Live"]), web));
    scene.create("1.0.0").unwrap();
    let done = scene.deploy("1.0.0", "Dev").unwrap();
    (scene, done.entries[0].position)
}

fn answer(scene: &mut Scene, at: Position, done: bool, note: &str) -> Result<Done, Rejection> {
    answer_at(scene, at, None, done, note)
}

fn answer_at(
    scene: &mut Scene,
    at: Position,
    step: Option<&str>,
    done: bool,
    note: &str,
) -> Result<Done, Rejection> {
    let step = step.map(name);
    let command = Command::AnswerManual { deployment: at, step, done, note: text(note) };
    let done = scene.world.ask(0, "dana", command)?;
    scene.world.run(5_000);
    Ok(done)
}

fn outcome(scene: &Scene, at: Position) -> Option<Outcome> {
    let deployment = scene.engine(0).state().cells.deployment(at)?;
    Some(deployment.proof.as_ref()?.receipt.outcome)
}

#[test]
fn a_deployment_waits_for_a_person_as_long_as_it_takes() {
    let (mut scene, at) = given();
    scene.world.run(10_000_000);
    assert_eq!(outcome(&scene, at), None);
    let told = said(scene.deploy("1.0.0", "Dev"));
    assert!(told.contains("do the step call"), "{told}");
    answer(&mut scene, at, true, "they said yes").unwrap();
    assert_eq!(outcome(&scene, at), Some(Outcome::Succeeded));
    let deployment = scene.engine(0).state().cells.deployment(at).unwrap();
    let step = deployment.proof.as_ref().unwrap().receipt.steps[1].clone();
    assert_eq!((step.answered_by, step.reason), (Some(name("dana")), Some(text("they said yes"))));
}

#[test]
fn a_manual_step_that_could_not_be_done_has_failed_and_says_why() {
    let (mut scene, at) = given();
    assert!(said(answer(&mut scene, at, false, " ")).contains("needs a reason"));
    answer(&mut scene, at, false, "nobody answers").unwrap();
    assert_eq!(outcome(&scene, at), Some(Outcome::Failed));
    assert!(said(answer(&mut scene, at, true, "")).contains("has ended"));
}

#[test]
fn a_deployment_is_ended_by_a_person_with_a_reason_and_is_not_begun_again() {
    let (mut scene, at) = given();
    let cancel = |scene: &mut Scene, why: &str| {
        let command = Command::Cancel { deployment: at, reason: text(why) };
        scene.world.ask(0, "dana", command)
    };
    assert!(said(cancel(&mut scene, "")).contains("needs a reason"));
    cancel(&mut scene, "the wrong one").unwrap();
    assert_eq!(cancel(&mut scene, "the wrong one").unwrap().entries, []);
    scene.world.run(60_000);
    assert_eq!(outcome(&scene, at), Some(Outcome::Cancelled));
    assert_eq!(scene.engine(0).state().cells.deployments().count(), 1);
    let known = scene.engine(0).state().cells.deployment(at).unwrap().cancelled.clone();
    assert_eq!(known, Some((Actor::Person(name("dana")), text("the wrong one"))));
    assert!(said(scene.deploy("1.0.0", "Live")).contains("Dev was cancelled"));
}

#[test]
fn one_that_a_person_ended_just_before_a_stop_is_cancelled_and_not_interrupted() {
    let (mut scene, at) = given();
    let command = Command::Cancel { deployment: at, reason: text("the wrong one") };
    scene.world.ask(0, "dana", command).unwrap();
    scene.world.crash(0);
    scene.world.start(0).unwrap();
    scene.world.run(60_000);
    assert_eq!(outcome(&scene, at), Some(Outcome::Cancelled));
    assert_eq!(scene.engine(0).state().cells.deployments().count(), 1);
}

#[test]
fn where_there_are_several_manual_steps_the_one_that_is_meant_is_named() {
    let manual = |called: &str| Step { work: Work::Manual(text("do it")), ..step(called) };
    let web = Project { steps: vec![manual("first"), manual("second")], ..project() };
    let mut scene = Scene::given(space(&["Dev"], phases(&["Dev"]), web));
    scene.create("1.0.0").unwrap();
    let at = scene.deploy("1.0.0", "Dev").unwrap().entries[0].position;
    assert!(said(answer(&mut scene, at, true, "")).contains("--step first"));
    let told = said(answer_at(&mut scene, at, Some("second"), true, ""));
    assert!(told.contains("waits at first, and not for second"), "{told}");
    assert_eq!(outcome(&scene, at), None);
    answer_at(&mut scene, at, Some("first"), true, "").unwrap();
}
