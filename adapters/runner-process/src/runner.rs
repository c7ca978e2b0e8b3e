//! Runs a plan from its first check to its last step.

use crate::environment::{self, Environment};
use crate::halt::Halt;
use crate::mask::Mask;
use crate::order::Order;
use crate::packages::{self, Proven};
use crate::step::{self, Ending};
use crate::variables;
use engine::run::{Plan, Report};
use schema::latest::model::{HexHash, Package, Step};
use schema::latest::{Outcome, StepReport};
use schema::limits::TEXT_BYTES_MAX;
use schema::name::{Name, Text};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a deployment waits for another to leave its environment.
const ENVIRONMENT_WAIT: Duration = Duration::from_secs(30);

/// A reason is a sentence, though one that may quote a path.
const REASON_CHARS_MAX: usize = 2048;

/// So many characters are always a text.
const TEXT_CHARS_MAX: usize = TEXT_BYTES_MAX / char::MAX.len_utf8();

/// Where and with what to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder under which each environment has its own.
    pub environments: PathBuf,
    /// The command line that starts a guard, without its last argument, which the runner adds:
    /// the product's own executable and the hidden subcommand that calls [`crate::guard::main`].
    pub guard: Vec<OsString>,
}

/// Hears what was kept of the output of each step that has ended: the plan, the step, and at most
/// [`schema::limits::STEP_OUTPUT_BYTES_MAX`] of text that is safe to show.
pub type Listener = Box<dyn Fn(&Plan, &Name, &str) + Send + Sync>;

/// Runs plans; several at once on several threads, one at a time in each environment.
pub struct Runner {
    settings: Settings,
    environment_wait: Duration,
    listener: Option<Listener>,
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What a run has done so far.
#[derive(Debug, Default)]
struct Done {
    proven: Vec<Proven>,
    steps: Vec<StepReport>,
}

impl Runner {
    /// A runner; nothing is touched until it runs something.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, environment_wait: ENVIRONMENT_WAIT, listener: None }
    }

    /// The same, but `listener` hears the output of the steps; a report quotes only its end. It is
    /// called on the thread of the run.
    #[must_use]
    pub fn with_listener(self, listener: Listener) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// The same, but waiting so long, and not 30 seconds, for another deployment to leave the
    /// environment.
    #[must_use]
    pub fn with_environment_wait(self, environment_wait: Duration) -> Self {
        Self { environment_wait, ..self }
    }

    /// The folder in which the steps for an environment work. Its name shows what is safe of the
    /// environment's and ends with a hash, so that it never leaves the folder of the environments
    /// and no two environments share one.
    #[must_use]
    pub fn environment_folder(&self, environment: &Name) -> PathBuf {
        self.settings.environments.join(environment::folder_name(environment))
    }

    /// Runs `plan` on this thread until it has ended, one way or another: everything that goes
    /// wrong is in the report. `package_file` says where the bytes of a package are; none that
    /// they are not here. Soon after `cancel` is set the step that runs is ended, and the report
    /// says *interrupted*.
    pub fn run(
        &self,
        plan: &Plan,
        package_file: &dyn Fn(&Package) -> Option<PathBuf>,
        cancel: &AtomicBool,
    ) -> Report {
        let (started_ms, began) = (now_ms(), Instant::now());
        let mut done = Done::default();
        let outcome = match self.carry_out(plan, package_file, cancel, &mut done) {
            Ok(outcome) => outcome,
            Err(Halt::Stopped) => Outcome::Interrupted,
            Err(Halt::Failed { stage, reason }) => {
                done.steps.push(halted(stage, &reason, began));
                Outcome::Failed
            }
        };
        Report {
            outcome,
            started_ms,
            // The clock may have been set back meanwhile.
            finished_ms: now_ms().max(started_ms),
            proven: done.proven.into_iter().map(|one| one.package).collect(),
            steps: done.steps,
        }
    }

    fn carry_out(
        &self,
        plan: &Plan,
        package_file: &dyn Fn(&Package) -> Option<PathBuf>,
        cancel: &AtomicBool,
        done: &mut Done,
    ) -> Result<Outcome, Halt> {
        packages::prove(&plan.packages, package_file, cancel, &mut done.proven)?;
        variables::check(plan)?;
        let environment = Environment::enter(
            &self.settings.environments,
            &plan.environment,
            self.environment_wait,
            cancel,
        )?;
        let variables = variables::compose(plan, environment.folder(), &done.proven);
        for step in &plan.steps {
            if cancel.load(Ordering::Relaxed) {
                return Ok(Outcome::Interrupted);
            }
            let run = step.run.iter().map(|word| word.as_str().into()).collect();
            let order = Order { timeout_s: step.timeout_s, run, variables: variables.clone() };
            let report = self.run_step(plan, step, &environment, &order, cancel);
            let outcome = report.outcome;
            done.steps.push(report);
            if outcome != Outcome::Succeeded {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Succeeded)
    }

    fn run_step(
        &self,
        plan: &Plan,
        step: &Step,
        environment: &Environment,
        order: &Order,
        cancel: &AtomicBool,
    ) -> StepReport {
        let began = Instant::now();
        let mask = Mask::of(plan.secrets.iter().map(|(_, value)| value));
        let (ending, kept) = step::run(&self.settings.guard, environment, order, mask, cancel);
        if let Some(listener) = &self.listener {
            listener(plan, &step.name, &kept.text);
        }
        let (outcome, exit_code, reason) = match ending {
            Ending::Exited(0) => (Outcome::Succeeded, Some(0), None),
            Ending::Exited(code) => (Outcome::Failed, Some(code), None),
            Ending::Stopped => {
                (Outcome::Interrupted, None, Some("the node was stopped".to_owned()))
            }
            Ending::Failed(reason) => (Outcome::Failed, None, Some(reason)),
        };
        StepReport {
            name: step.name.clone(),
            outcome,
            exit_code,
            duration_ms: elapsed_ms(began),
            output_sha256: HexHash(kept.sha256),
            output: Some(text(kept.quote(), TEXT_CHARS_MAX)),
            reason: reason.map(|reason| text(&reason, REASON_CHARS_MAX)),
        }
    }
}

/// The step that stands for what was not even begun.
fn halted(stage: &'static str, reason: &str, began: Instant) -> StepReport {
    StepReport {
        name: stage.parse().expect("a plain word is a name"),
        outcome: Outcome::Failed,
        exit_code: None,
        duration_ms: elapsed_ms(began),
        output_sha256: HexHash(schema::hash::sha256(&[])),
        output: None,
        reason: Some(text(reason, REASON_CHARS_MAX)),
    }
}

/// The first `chars_max` characters as a text.
fn text(of: &str, chars_max: usize) -> Text {
    let short: String = of.chars().take(chars_max.min(TEXT_CHARS_MAX)).collect();
    short.parse().expect("short enough for a text")
}

fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
