//! Runs a plan from its first check to its last step.

use crate::attempts::Scene;
use crate::control::Control;
use crate::course;
use crate::environment::{self, Environment};
use crate::halt::Halt;
use crate::listener::Listener;
use crate::mask::Mask;
use crate::packages::{self, Proven};
use crate::report;
use crate::targets::Targets;
use crate::variables;
use engine::run::{Plan, Report};
use schema::latest::model::Package;
use schema::latest::{Outcome, StepReport};
use schema::name::Name;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a deployment waits for another to leave its environment.
const ENVIRONMENT_WAIT: Duration = Duration::from_secs(30);

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
    targets: Targets,
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
        let (started_ms, began) = (report::now_ms(), Instant::now());
        let mask = Mask::of(plan.secrets.iter().map(|secret| &secret.value));
        let mut done = Done::default();
        let outcome = match self.carry_out(plan, package_file, control, &mask, &mut done) {
            Ok(outcome) => outcome,
            Err(Halt::Ended(end)) => end.outcome(),
            Err(Halt::Failed { stage, reason }) => {
                done.steps.push(report::halted(
                    stage.parse().expect("a plain word is a name"),
                    &reason,
                    &mask,
                    began,
                ));
                Outcome::Failed
            }
        };
        Report {
            outcome,
            started_ms,
            // The clock may have been set back meanwhile.
            finished_ms: report::now_ms().max(started_ms),
            proven: done.proven.into_iter().map(|one| one.package).collect(),
            targets: done.targets.report(outcome),
            steps: done.steps,
        }
    }

    fn carry_out(
        &self,
        plan: &Plan,
        package_file: &dyn Fn(&Package) -> Option<PathBuf>,
        control: &Control,
        mask: &Mask,
        done: &mut Done,
    ) -> Result<Outcome, Halt> {
        packages::prove(&plan.packages, package_file, control, &mut done.proven)?;
        variables::check(plan)?;
        let environment = &Environment::enter(
            &self.settings.environments,
            &plan.environment.name,
            self.environment_wait,
            control,
        )?;
        let guard = &self.settings.guard;
        let (proven, listener) = (&done.proven, self.listener.as_deref());
        let scene = Scene { guard, plan, environment, proven, mask, listener };
        done.targets.look(&scene, control)?;
        // Until here nothing was done that somebody would have to clean up.
        if let Some(end) = control.end() {
            return Err(Halt::Ended(end));
        }
        Ok(course::run(&scene, control, &mut done.targets, &mut done.steps))
    }
}
