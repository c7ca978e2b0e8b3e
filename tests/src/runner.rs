//! A runner whose deployments take a while and succeed, unless their release or the world says
//! otherwise. Manual steps wait for a person; whoever is asked to end ends soon.

use engine::run::{ManualAnswer, Plan, Report};
use engine::step::Input;
use schema::id::Position;
use schema::latest::{Outcome, StepReport};
use schema::v1::model::{HexHash, Step, Work};
use std::collections::BTreeMap;

/// What becomes of a deployment when its time has come.
#[derive(Debug, Clone)]
enum Fate {
    /// It goes on; a manual step in it has been answered.
    Goes { fails: bool, answered: Option<ManualAnswer> },
    /// It waits for a person.
    Waits,
    /// Somebody ended it.
    Cancelled,
}

/// One deployment.
#[derive(Debug, Clone)]
struct Running {
    at_ms: u64,
    plan: Plan,
    fate: Fate,
}

/// Deployments that run.
#[derive(Debug, Clone, Default)]
pub struct Runner {
    running: Vec<Running>,
    /// What was started last.
    pub newest: Option<Plan>,
    /// What was told of each deployment when it had ended; the newest, where a log that lost its
    /// end counts on from there.
    pub told: BTreeMap<Position, Report>,
}

fn manual(plan: &Plan) -> Option<&Step> {
    plan.steps.iter().find(|step| matches!(step.work, Work::Manual(_)))
}

impl Runner {
    /// Starts a deployment that ends at `at_ms`, or comes to its manual step then; its first step
    /// fails if the world wants so.
    pub fn start(&mut self, plan: Plan, at_ms: u64, fails: bool) {
        self.newest = Some(plan.clone());
        self.running.push(Running { at_ms, plan, fate: Fate::Goes { fails, answered: None } });
    }

    /// Somebody asked to end a deployment.
    pub fn cancel(&mut self, deployment: Position, at_ms: u64) {
        for one in self.running.iter_mut().filter(|one| one.plan.deployment == deployment) {
            (one.at_ms, one.fate) = (at_ms, Fate::Cancelled);
        }
    }

    /// Somebody said how the manual step of a deployment went.
    pub fn answer(&mut self, deployment: Position, answer: &ManualAnswer, at_ms: u64) {
        for one in self.running.iter_mut().filter(|one| one.plan.deployment == deployment) {
            if matches!(one.fate, Fate::Waits) {
                let (fails, answered) = (false, Some(answer.clone()));
                (one.at_ms, one.fate) = (at_ms, Fate::Goes { fails, answered });
            }
        }
    }

    /// When something happens to a deployment next.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let moving = self.running.iter().filter(|one| !matches!(one.fate, Fate::Waits));
        moving.map(|one| one.at_ms).min()
    }

    /// The deployments that end by `now_ms`, or come to a manual step.
    pub fn ended(&mut self, now_ms: u64) -> Vec<Input> {
        let mut inputs = Vec::new();
        for mut one in std::mem::take(&mut self.running) {
            let due = one.at_ms <= now_ms && !matches!(one.fate, Fate::Waits);
            let reached = match &one.fate {
                Fate::Goes { fails: false, answered: None } => manual(&one.plan),
                Fate::Goes { .. } | Fate::Waits | Fate::Cancelled => None,
            };
            match reached.map(|step| step.name.clone()) {
                _ if !due => self.running.push(one),
                Some(step) => {
                    inputs.push(Input::Awaits { deployment: one.plan.deployment, step });
                    one.fate = Fate::Waits;
                    self.running.push(one);
                }
                None => {
                    let (deployment, report) = (one.plan.deployment, end(&one));
                    self.told.insert(deployment, report.clone());
                    inputs.push(Input::Ended { deployment, report });
                }
            }
        }
        inputs
    }

    /// What runs is ended without a word.
    pub fn stop(&mut self) {
        self.running.clear();
    }
}

/// A step that runs the program `false` fails, any other succeeds; a manual one as it was answered.
fn end(one: &Running) -> Report {
    let (wanted, answered) = match &one.fate {
        Fate::Goes { fails, answered } => (*fails, answered.as_ref()),
        Fate::Waits | Fate::Cancelled => (false, None),
    };
    let cancelled = matches!(one.fate, Fate::Cancelled);
    let mut outcome = if cancelled { Outcome::Cancelled } else { Outcome::Succeeded };
    let mut steps = Vec::new();
    for step in one.plan.steps.iter().take_while(|_| !cancelled) {
        let (fails, by) = match &step.work {
            Work::Run(run) => (run.first().is_some_and(|it| it.as_str() == "false"), None),
            Work::Manual(_) => (answered.is_some_and(|it| !it.done), answered),
        };
        let fails = wanted || fails;
        outcome = if fails { Outcome::Failed } else { Outcome::Succeeded };
        steps.push(StepReport {
            name: step.name.clone(),
            target: None,
            outcome,
            attempts: 1,
            exit_code: by.is_none().then_some(i32::from(fails)),
            duration_ms: 1,
            output_sha256: HexHash(schema::hash::sha256(&[])),
            output: None,
            reason: by.map(|answer| answer.note.clone()),
            outputs: Vec::new(),
            answered_by: by.map(|answer| answer.by.clone()),
        });
        if fails {
            break;
        }
    }
    Report {
        outcome,
        started_ms: one.at_ms,
        finished_ms: one.at_ms,
        proven: one.plan.packages.clone(),
        targets: Vec::new(),
        steps,
    }
}
