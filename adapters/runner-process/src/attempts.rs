//! One step for one target, or for none: as often as it has to be tried.

use crate::control::{End, Heed};
use crate::environment::Environment;
use crate::listener::Listener;
use crate::mask::Mask;
use crate::order::Order;
use crate::output::Output;
use crate::packages::Proven;
use crate::passed::{self, Pair, Passed};
use crate::report;
use crate::step::{self, Ending};
use crate::variables;
use engine::run::Plan;
use schema::latest::model::{HexHash, Step};
use schema::latest::{Outcome, StepOutput, StepReport};
use schema::name::{Name, Text};
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// What all steps of a deployment run with.
pub(crate) struct Scene<'a> {
    /// The command line of a guard.
    pub(crate) guard: &'a [OsString],
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// Where they run.
    pub(crate) environment: &'a Environment,
    /// The packages of the plan.
    pub(crate) proven: &'a [Proven],
    /// What masks their output.
    pub(crate) mask: &'a Mask,
    /// Who hears of them.
    pub(crate) listener: Option<&'a dyn Listener>,
}

/// How one attempt went.
struct Attempt {
    outcome: Outcome,
    exit_code: Option<i32>,
    reason: Option<String>,
    outputs: Vec<Pair>,
    /// Something of it may be left.
    is_unended: bool,
}

/// How a step went.
pub(crate) struct Tried {
    /// What is reported.
    pub(crate) report: StepReport,
    /// What it passed on.
    pub(crate) outputs: Vec<Pair>,
    /// Something of it may be left: nothing more may be begun in the environment.
    pub(crate) is_unended: bool,
}

impl Attempt {
    fn failed(reason: String) -> Self {
        let reason = Some(reason);
        let outcome = Outcome::Failed;
        Self { outcome, exit_code: None, reason, outputs: Vec::new(), is_unended: false }
    }

    fn ended(self, end: End) -> Self {
        Self { outcome: end.outcome(), reason: Some(end.reason().to_owned()), ..self }
    }
}

/// Runs a step that runs the program `run`, again after each failure as often as it says. The
/// output of all its attempts is one, with a line between them; how the last one ended counts.
pub(crate) fn run(
    scene: &Scene<'_>,
    (step, run): (&Step, &[Text]),
    target: Option<&Name>,
    passed: &Passed,
    heed: Heed<'_>,
) -> Tried {
    let began = Instant::now();
    let mut output = Output::behind(scene.mask.fresh());
    let mut attempts = 1;
    let last = loop {
        let attempt = once(scene, (step, run), target, passed, &mut output, heed);
        let again = attempt.outcome == Outcome::Failed && !attempt.is_unended;
        if !again || attempts > step.retries {
            break attempt;
        }
        if let Some(end) = heed.pause(Duration::from_secs(step.retry_delay_s.into())) {
            break attempt.ended(end);
        }
        attempts += 1;
        // Of as many as there may be: what is not needed is not tried.
        let attempts_max = u64::from(step.retries) + 1;
        output.mark(&format!("[attempt {attempts} of {attempts_max}]"));
    };
    let kept = output.finish();
    if let Some(listener) = scene.listener {
        listener.output(scene.plan, &step.name, target, &kept.text);
    }
    let shown = |(name, value): &Pair| StepOutput {
        // Whoever names an output after a secret is not helped by it.
        name: scene.mask.text(name.as_str()).parse().expect("asterisks are part of a name"),
        value: report::value(value, scene.mask),
    };
    let report = StepReport {
        target: target.cloned(),
        exit_code: last.exit_code,
        output_sha256: HexHash(kept.sha256),
        output: Some(report::quote(&kept)),
        reason: last.reason.map(|reason| report::reason(&reason, scene.mask)),
        outputs: last.outputs.iter().map(shown).collect(),
        ..report::step(step.name.clone(), last.outcome, attempts, began)
    };
    Tried { report, outputs: last.outputs, is_unended: last.is_unended }
}

fn once(
    scene: &Scene<'_>,
    (step, run): (&Step, &[Text]),
    target: Option<&Name>,
    passed: &Passed,
    output: &mut Output,
    heed: Heed<'_>,
) -> Attempt {
    let Scene { plan, environment, .. } = scene;
    let file = environment.output_file();
    if let Err(error) = passed::prepare(file) {
        return Attempt::failed(format!("the file for its outputs cannot be made: {error}"));
    }
    let variables = variables::compose(scene, step, target, passed);
    let run = run.iter().map(|word| word.as_str().into()).collect();
    let order = Order { timeout_s: step.timeout_s, run, variables };
    let ending = step::run(scene.guard, environment, &order, output, heed);
    // Whatever it wrote, the file does not outlive it.
    let taken = passed.take(plan, file);
    match ending {
        Ending::Exited(code) => {
            let (outputs, reason) = match taken {
                Ok(outputs) => (outputs, None),
                Err(reason) => (Vec::new(), Some(reason)),
            };
            let good = code == 0 && reason.is_none();
            let outcome = if good { Outcome::Succeeded } else { Outcome::Failed };
            Attempt { outcome, exit_code: Some(code), reason, outputs, is_unended: false }
        }
        Ending::Ended(end) => Attempt::failed(String::new()).ended(end),
        Ending::Failed(reason) => Attempt::failed(reason),
        Ending::Unended(reason) => Attempt { is_unended: true, ..Attempt::failed(reason) },
    }
}
