//! Runs a plan from its first check to its last step.

use crate::control::{Control, Heed};
use crate::environment::{self, Environment};
use crate::halt::Halt;
use crate::listener::Listener;
use crate::mask::Mask;
use crate::order::Order;
use crate::packages::{self, Proven};
use crate::step::{self, Ending};
use crate::variables;
use engine::run::{Plan, Report};
use schema::latest::model::{HexHash, Package, Step, Work};
use schema::latest::{Outcome, StepReport};
use schema::limits::TEXT_BYTES_MAX;
use schema::name::{Name, Text};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
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

/// Runs plans; several at once on several threads, one at a time in each environment.
pub struct Runner {
    settings: Settings,
    environment_wait: Duration,
    listener: Option<Box<dyn Listener>>,
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

    /// The same, but `listener` hears how the deployments go.
    #[must_use]
    pub fn with_listener(self, listener: impl Listener + 'static) -> Self {
        Self { listener: Some(Box::new(listener)), ..self }
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
    /// they are not here. `control` ends it, and answers its manual steps.
    pub fn run(
        &self,
        plan: &Plan,
        package_file: &dyn Fn(&Package) -> Option<PathBuf>,
        control: &Control,
    ) -> Report {
        let (started_ms, began) = (now_ms(), Instant::now());
        let mut done = Done::default();
        let outcome = match self.carry_out(plan, package_file, control, &mut done) {
            Ok(outcome) => outcome,
            Err(Halt::Ended(end)) => end.outcome(),
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
            targets: Vec::new(),
            steps: done.steps,
        }
    }

    fn carry_out(
        &self,
        plan: &Plan,
        package_file: &dyn Fn(&Package) -> Option<PathBuf>,
        control: &Control,
        done: &mut Done,
    ) -> Result<Outcome, Halt> {
        packages::prove(&plan.packages, package_file, control, &mut done.proven)?;
        variables::check(plan)?;
        let environment = Environment::enter(
            &self.settings.environments,
            &plan.environment.name,
            self.environment_wait,
            control,
        )?;
        for step in &plan.steps {
            if let Some(end) = control.end() {
                return Ok(end.outcome());
            }
            let report = match &step.work {
                Work::Run(run) => {
                    let run = run.iter().map(|word| word.as_str().into()).collect();
                    let variables =
                        variables::compose(plan, step, environment.folder(), &done.proven);
                    let order = Order { timeout_s: step.timeout_s, run, variables };
                    self.run_step(plan, step, &environment, &order, control.heed())
                }
                Work::Manual(_) => self.ask(plan, step, control.heed()),
            };
            let outcome = report.outcome;
            done.steps.push(report);
            if outcome != Outcome::Succeeded {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Succeeded)
    }

    fn ask(&self, plan: &Plan, step: &Step, heed: Heed<'_>) -> StepReport {
        let began = Instant::now();
        let answer = heed.question(|| {
            if let Some(listener) = &self.listener {
                listener.awaits(plan, &step.name);
            }
        });
        let (outcome, reason, answered_by) = match answer {
            Ok(answer) if answer.done => (Outcome::Succeeded, answer.note, Some(answer.by)),
            Ok(answer) => (Outcome::Failed, answer.note, Some(answer.by)),
            Err(end) => (end.outcome(), text(end.reason(), REASON_CHARS_MAX), None),
        };
        StepReport {
            name: step.name.clone(),
            target: None,
            outcome,
            attempts: 1,
            exit_code: None,
            duration_ms: elapsed_ms(began),
            output_sha256: HexHash(schema::hash::sha256(&[])),
            output: None,
            reason: Some(reason),
            outputs: Vec::new(),
            answered_by,
        }
    }

    fn run_step(
        &self,
        plan: &Plan,
        step: &Step,
        environment: &Environment,
        order: &Order,
        heed: Heed<'_>,
    ) -> StepReport {
        let began = Instant::now();
        let mask = Mask::of(plan.secrets.iter().map(|secret| &secret.value));
        let (ending, kept) = step::run(&self.settings.guard, environment, order, mask, heed);
        if let Some(listener) = &self.listener {
            listener.output(plan, &step.name, None, &kept.text);
        }
        let (outcome, exit_code, reason) = match ending {
            Ending::Exited(0) => (Outcome::Succeeded, Some(0), None),
            Ending::Exited(code) => (Outcome::Failed, Some(code), None),
            Ending::Ended(end) => (end.outcome(), None, Some(end.reason().to_owned())),
            Ending::Failed(reason) => (Outcome::Failed, None, Some(reason)),
        };
        StepReport {
            name: step.name.clone(),
            target: None,
            outcome,
            attempts: 1,
            exit_code,
            duration_ms: elapsed_ms(began),
            output_sha256: HexHash(kept.sha256),
            output: Some(text(kept.quote(), TEXT_CHARS_MAX)),
            reason: reason.map(|reason| text(&reason, REASON_CHARS_MAX)),
            outputs: Vec::new(),
            answered_by: None,
        }
    }
}

/// The step that stands for what was not even begun.
fn halted(stage: &'static str, reason: &str, began: Instant) -> StepReport {
    StepReport {
        name: stage.parse().expect("a plain word is a name"),
        target: None,
        outcome: Outcome::Failed,
        attempts: 0,
        exit_code: None,
        duration_ms: elapsed_ms(began),
        output_sha256: HexHash(schema::hash::sha256(&[])),
        output: None,
        reason: Some(text(reason, REASON_CHARS_MAX)),
        outputs: Vec::new(),
        answered_by: None,
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
