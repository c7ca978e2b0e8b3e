//! Steps that people do.

use crate::world::{World, reason, step, told, wait_for};
use engine::run::ManualAnswer;
use schema::latest::Outcome;
use schema::latest::model::{Step, Work};

fn manual(name: &str) -> Step {
    Step { work: Work::Manual("look at it".parse().expect("a text")), ..step(name, &[]) }
}

fn answer(done: bool, note: &str) -> ManualAnswer {
    let (by, note) = ("ann".parse().expect("a name"), note.parse().expect("a text"));
    ManualAnswer { by, done, note }
}

/// A world whose second step is done by a person.
fn world() -> World {
    let mut world = World::with(&["touch before", "touch after"]);
    world.plan.steps.insert(1, manual("look"));
    world
}

fn wait_until_asked(world: &World, times: usize) {
    wait_for("question", || (world.awaited().len() == times).then_some(()));
}

#[test]
fn a_manual_step_waits_until_a_person_has_done_it() {
    let world = world();
    let report = world.run_and(|| {
        wait_until_asked(&world, 1);
        assert!(world.file("before").exists() && !world.file("after").exists());
        assert!(world.control.answer(answer(true, "looks good")));
    });
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert_eq!(told(&report), ["step 1 succeeded", "look succeeded", "step 2 succeeded"]);
    let step = &report.steps[1];
    assert_eq!((step.attempts, step.exit_code, &step.output), (1, None, &None));
    assert_eq!(step.answered_by, Some("ann".parse().expect("a name")));
    assert_eq!(reason(step), "looks good");
    assert_eq!(world.awaited(), ["look"]);
    assert!(world.file("after").exists() && report.steps[2].answered_by.is_none());
}

#[test]
fn a_person_who_says_that_it_cannot_be_done_fails_the_step() {
    let mut world = world();
    world.secret("WORD", "hunter2");
    let report = world.run_and(|| {
        wait_until_asked(&world, 1);
        world.control.answer(answer(false, "hunter2 is wrong"));
    });
    assert_eq!((report.outcome, told(&report)[1].as_str()), (Outcome::Failed, "look failed"));
    assert_eq!(reason(&report.steps[1]), "*** is wrong");
    assert!(!world.file("after").exists());
}

#[test]
fn each_manual_step_needs_an_answer_of_its_own() {
    let mut world = World::new();
    world.plan.steps = vec![manual("one"), manual("two")];
    assert!(!world.control.answer(answer(true, "too early")));
    let report = world.run_and(|| {
        wait_until_asked(&world, 1);
        world.control.answer(answer(true, ""));
        wait_until_asked(&world, 2);
        world.control.answer(answer(false, "no"));
    });
    assert_eq!(told(&report), ["one succeeded", "two failed"]);
    assert_eq!(report.steps[0].reason, None);
}

#[test]
fn a_wait_for_a_person_ends_with_a_cancel_and_with_a_stop() {
    for (stops, outcome) in [(true, Outcome::Interrupted), (false, Outcome::Cancelled)] {
        let world = world();
        let report = world.run_and(|| {
            wait_until_asked(&world, 1);
            if stops { world.control.stop() } else { world.control.cancel() }
        });
        assert_eq!((report.outcome, report.steps[1].outcome), (outcome, outcome));
        assert_eq!((report.steps.len(), &report.steps[1].answered_by), (2, &None));
        assert!(!world.control.answer(answer(true, "too late")));
        assert!(!world.file("after").exists());
    }
}
