//! The targets of an environment: which of them are up, and what becomes of each.
//!
//! Before the first step the `health` program of each target is run, one target after the other,
//! for at most [`HEALTH_TIMEOUT_S`]. It belongs to the environment and not to the release: it sees
//! the variables of the runner and none of the values of the release, which shall not decide what
//! counts as up.

use crate::attempts::Scene;
use crate::control::Control;
use crate::halt::Halt;
use crate::order::Order;
use crate::output::Output;
use crate::step::{self, Ending};
use crate::variables;
use schema::latest::model::{Condition, Step, Target, WhenDown};
use schema::latest::{Outcome, TargetReport};
use schema::name::Name;

/// Seconds after which a target whose health program has not ended counts as down.
const HEALTH_TIMEOUT_S: u32 = 30;

/// The name under which the output of health programs is heard.
const HEALTH: &str = "health";

/// A target and what became of it.
#[derive(Debug)]
struct Known {
    target: Target,
    up: bool,
    /// How the first of its steps ended that was no success; success if all were, none if it had
    /// none.
    outcome: Option<Outcome>,
    /// A step that it needs was not begun for it.
    has_missed: bool,
}

/// The targets of an environment, in order.
#[derive(Debug, Default)]
pub(crate) struct Targets(Vec<Known>);

/// Where a step runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Places {
    /// Once, for the environment.
    Once,
    /// For each of these; none if all that it is for were left out.
    Each(Vec<Name>),
    /// Nowhere: no target has one of its roles.
    Nowhere,
}

impl Targets {
    /// Looks which targets of the plan are up and adds each as soon as it is known.
    ///
    /// # Errors
    /// When too many are down, by the rule of the environment, or the deployment is to end.
    pub(crate) fn look(&mut self, scene: &Scene<'_>, control: &Control) -> Result<(), Halt> {
        let environment = &scene.plan.environment;
        let mut down = Vec::new();
        for target in &environment.targets {
            let flaw = flaw(scene, target, control)?;
            let up = flaw.is_none();
            down.extend(flaw.map(|flaw| format!("{} ({flaw})", target.name)));
            let target = target.clone();
            self.0.push(Known { target, up, outcome: None, has_missed: false });
        }
        let all = !down.is_empty() && down.len() == environment.targets.len();
        if all || !down.is_empty() && environment.when_down == WhenDown::Fail {
            let what = if all { "all targets are down" } else { "targets are down" };
            return Err(Halt::targets(format!("{what}: {}", down.join(", "))));
        }
        Ok(())
    }

    /// Where a step runs.
    pub(crate) fn places(&self, step: &Step) -> Places {
        if step.roles.is_empty() {
            return Places::Once;
        }
        let mut able = self.0.iter().filter(|known| known.is_for(step)).peekable();
        if able.peek().is_none() {
            return Places::Nowhere;
        }
        Places::Each(able.filter(|known| known.up).map(|known| known.target.name.clone()).collect())
    }

    /// A step ended so for one target.
    pub(crate) fn ended(&mut self, name: &Name, outcome: Outcome) {
        for known in self.0.iter_mut().filter(|known| known.target.name == *name) {
            let so_far = known.outcome.unwrap_or(Outcome::Succeeded);
            known.outcome = Some(crate::condition::after(so_far, outcome));
        }
    }

    /// A step was not begun, but on `begun`.
    pub(crate) fn missed(&mut self, step: &Step, begun: &[Name]) {
        if step.when != Condition::Failure {
            let left =
                |known: &&mut Known| known.is_for(step) && !begun.contains(&known.target.name);
            self.0.iter_mut().filter(left).for_each(|known| known.has_missed = true);
        }
    }

    /// What became of each in a deployment that ended so. One that was down has no outcome, nor has
    /// one that was up and for which nothing was begun that should have been.
    pub(crate) fn report(&self, deployment: Outcome) -> Vec<TargetReport> {
        let report = |known: &Known| {
            let outcome = match known.outcome {
                _ if !known.up => None,
                None if deployment == Outcome::Succeeded => Some(Outcome::Succeeded),
                Some(Outcome::Succeeded) if known.has_missed => Some(deployment),
                outcome => outcome,
            };
            TargetReport { name: known.target.name.clone(), up: known.up, outcome }
        };
        self.0.iter().map(report).collect()
    }
}

impl Known {
    fn is_for(&self, step: &Step) -> bool {
        self.target.roles.iter().any(|role| step.roles.contains(role))
    }
}

/// Why a target is down; none if it is up.
fn flaw(scene: &Scene<'_>, target: &Target, control: &Control) -> Result<Option<String>, Halt> {
    let heed = control.heed(false);
    if let Some(end) = heed.end() {
        return Err(Halt::Ended(end));
    }
    if target.health.is_empty() {
        return Ok(None);
    }
    let order = Order {
        timeout_s: HEALTH_TIMEOUT_S,
        run: target.health.iter().map(|word| word.as_str().into()).collect(),
        variables: variables::bare(scene, &target.name),
    };
    let mut output = Output::behind(scene.mask.fresh());
    let ending = step::run(scene.guard, scene.environment, &order, &mut output, heed);
    let flaw = match ending {
        Ending::Exited(0) => return Ok(None),
        Ending::Ended(end) => return Err(Halt::Ended(end)),
        Ending::Unended(reason) => return Err(Halt::targets(reason)),
        Ending::Exited(code) => format!("exit code {code}"),
        Ending::Failed(reason) => reason,
    };
    if let Some(listener) = scene.listener {
        let name = HEALTH.parse().expect("a plain word is a name");
        listener.output(scene.plan, &name, Some(&target.name), &output.finish().text);
    }
    Ok(Some(flaw))
}
