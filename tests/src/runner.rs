//! A runner whose deployments take a while and succeed, unless their release or the world says
//! otherwise.

use engine::run::{Plan, Report};
use engine::step::Input;
use schema::latest::{Outcome, StepReport};
use schema::v1::model::HexHash;

/// Deployments that run.
#[derive(Debug, Clone, Default)]
pub struct Runner {
    running: Vec<(u64, Plan, bool)>,
    /// What was started last.
    pub newest: Option<Plan>,
}

impl Runner {
    /// Starts a deployment that ends at `ends_at_ms`; its first step fails if the world wants so.
    pub fn start(&mut self, plan: Plan, ends_at_ms: u64, fails: bool) {
        self.newest = Some(plan.clone());
        self.running.push((ends_at_ms, plan, fails));
    }

    /// When the next deployment ends.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        self.running.iter().map(|(at, _, _)| *at).min()
    }

    /// The deployments that end by `now_ms`.
    pub fn ended(&mut self, now_ms: u64) -> Vec<Input> {
        let (ended, running) = self.running.drain(..).partition(|(at, _, _)| *at <= now_ms);
        self.running = running;
        let ended: Vec<(u64, Plan, bool)> = ended;
        let reports = ended.iter().map(|(at, plan, fails)| end(*at, plan, *fails));
        reports.collect()
    }
}

/// A step that runs the program `false` fails, any other succeeds.
fn end(at_ms: u64, plan: &Plan, wanted: bool) -> Input {
    let mut outcome = Outcome::Succeeded;
    let mut steps = Vec::new();
    for step in &plan.steps {
        let program = step.run.first();
        let fails = wanted || program.is_some_and(|program| program.as_str() == "false");
        outcome = if fails { Outcome::Failed } else { Outcome::Succeeded };
        steps.push(StepReport {
            name: step.name.clone(),
            outcome,
            exit_code: Some(i32::from(fails)),
            duration_ms: 1,
            output_sha256: HexHash(schema::hash::sha256(&[])),
            output: None,
            reason: None,
        });
        if fails {
            break;
        }
    }
    let report = Report {
        outcome,
        started_ms: at_ms,
        finished_ms: at_ms,
        proven: plan.packages.clone(),
        steps,
    };
    Input::Ended { deployment: plan.deployment, report }
}
