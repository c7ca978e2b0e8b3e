//! The course of a deployment: which steps are begun, where, and what follows from how they ended.
//!
//! A step with roles runs for one target after the other, in their order. Where it fails on one, a
//! step that runs on *success* is not begun on the others: that is what makes a rolling deployment
//! safe. One that repairs or cleans up goes on: each target needs it, whatever became of another.

use crate::attempts::{self, Scene};
use crate::condition::{after, begins};
use crate::control::{Control, Heed};
use crate::manual;
use crate::passed::Passed;
use crate::report;
use crate::targets::{Places, Targets};
use schema::latest::model::{Condition, Step, Work};
use schema::latest::{Outcome, StepReport};
use schema::name::{Name, Text};
use std::time::Instant;

/// A deployment under way.
struct Course<'a, 'b> {
    scene: &'b Scene<'a>,
    control: &'b Control,
    targets: &'b mut Targets,
    steps: &'b mut Vec<StepReport>,
    passed: Passed,
    /// How it went so far.
    outcome: Outcome,
    /// A cancel was noticed: what is begun now cleans up after it.
    is_cancelled: bool,
    /// Nothing may be begun any more: the node stops, or something of a step may be left.
    is_closed: bool,
}

/// Runs the steps of the plan; says how it went, and adds a report to `steps` for each that was
/// begun.
pub(crate) fn run(
    scene: &Scene<'_>,
    control: &Control,
    targets: &mut Targets,
    steps: &mut Vec<StepReport>,
) -> Outcome {
    let mut course = Course {
        scene,
        control,
        targets,
        steps,
        passed: Passed::default(),
        outcome: Outcome::Succeeded,
        is_cancelled: false,
        is_closed: false,
    };
    for step in &scene.plan.steps {
        course.step(step);
    }
    course.outcome
}

impl Course<'_, '_> {
    fn step(&mut self, step: &Step) {
        if !self.is_begun(step) {
            return self.targets.missed(step, &[]);
        }
        match &step.work {
            Work::Manual(_) => {
                let Scene { plan, listener, mask, .. } = self.scene;
                let report = manual::ask(plan, step, *listener, mask, self.heed());
                self.reported(report);
            }
            Work::Run(run) => match self.targets.places(step) {
                Places::Once => self.run(step, run, None),
                Places::Each(names) => self.run_each(step, run, &names),
                Places::Nowhere => self.run_nowhere(step),
            },
        }
        self.passed.settle();
    }

    /// Whether a step is begun; what people and the node have said by now counts.
    fn is_begun(&mut self, step: &Step) -> bool {
        if self.is_closed || !begins(step, self.state()) {
            return false;
        }
        let Some(end) = self.heed().end() else { return true };
        self.noticed(end.outcome());
        !self.is_closed && begins(step, self.state())
    }

    /// What decides about the next step: a cancel does for more than a failure.
    const fn state(&self) -> Outcome {
        if self.is_cancelled { Outcome::Cancelled } else { self.outcome }
    }

    fn heed(&self) -> Heed<'_> {
        self.control.heed(self.is_cancelled)
    }

    fn noticed(&mut self, outcome: Outcome) {
        self.is_cancelled |= outcome == Outcome::Cancelled;
        self.is_closed |= outcome == Outcome::Interrupted;
        self.outcome = after(self.outcome, outcome);
    }

    fn reported(&mut self, report: StepReport) {
        if let Some(target) = &report.target {
            self.targets.ended(target, report.outcome);
        }
        self.noticed(report.outcome);
        self.steps.push(report);
    }

    fn run(&mut self, step: &Step, run: &[Text], target: Option<&Name>) {
        let tried = attempts::run(self.scene, (step, run), target, &self.passed, self.heed());
        self.passed.add(target, tried.outputs);
        self.is_closed |= tried.is_unended;
        self.reported(tried.report);
    }

    fn run_each(&mut self, step: &Step, run: &[Text], names: &[Name]) {
        for (i, name) in names.iter().enumerate() {
            // It was asked for the first one a moment ago.
            if i > 0 && !self.is_next(step) {
                self.targets.missed(step, &names[..i]);
                return self.say_where_not(&names[i..]);
            }
            self.run(step, run, Some(name));
        }
    }

    /// Whether a step that was begun on one target is begun on the next.
    fn is_next(&mut self, step: &Step) -> bool {
        match step.when {
            Condition::Success => self.is_begun(step),
            // It was begun because of what had happened before it; its own failure ends nothing.
            Condition::Failure | Condition::Always => {
                if let Some(end) = self.heed().end() {
                    self.noticed(end.outcome());
                }
                !self.is_closed && (!self.is_cancelled || step.when == Condition::Always)
            }
        }
    }

    /// Adds to the last report that the step was not begun on these.
    fn say_where_not(&mut self, names: &[Name]) {
        let Some(last) = self.steps.last_mut() else { return };
        let names: Vec<&str> = names.iter().map(Name::as_str).collect();
        let rest = format!("not begun on {}", names.join(", "));
        let whole = match &last.reason {
            Some(reason) => format!("{reason}; {rest}"),
            None => rest,
        };
        last.reason = Some(report::reason(&whole, self.scene.mask));
    }

    /// No target could have run it: it must not look as if one had.
    fn run_nowhere(&mut self, step: &Step) {
        let roles: Vec<&str> = step.roles.iter().map(Name::as_str).collect();
        let reason = format!(
            "no target of {} has a role of this step: {}",
            self.scene.plan.environment.name,
            roles.join(", ")
        );
        let report = report::halted(step.name.clone(), &reason, self.scene.mask, Instant::now());
        self.reported(report);
    }
}
