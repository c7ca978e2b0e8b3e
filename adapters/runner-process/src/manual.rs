//! Manual steps: a person does them, and says how it went.

use crate::control::Heed;
use crate::listener::Listener;
use crate::mask::Mask;
use crate::report;
use engine::run::Plan;
use schema::latest::model::Step;
use schema::latest::{Outcome, StepReport};
use std::time::Instant;

/// Tells the listener that the step is reached, and waits for the answer; for as long as it takes,
/// or until the deployment is to end. A person is asked once, whatever roles and retries the step
/// has.
pub(crate) fn ask(
    plan: &Plan,
    step: &Step,
    listener: Option<&dyn Listener>,
    mask: &Mask,
    heed: Heed<'_>,
) -> StepReport {
    let began = Instant::now();
    let answer = heed.question(|| {
        if let Some(listener) = listener {
            listener.awaits(plan, &step.name);
        }
    });
    let outcome = match &answer {
        Ok(answer) if answer.done => Outcome::Succeeded,
        Ok(_) => Outcome::Failed,
        Err(end) => end.outcome(),
    };
    let report = report::step(step.name.clone(), outcome, 1, began);
    match answer {
        Ok(answer) => {
            let note = Some(answer.note.as_str()).filter(|note| !note.is_empty());
            let reason = note.map(|note| report::reason(note, mask));
            StepReport { reason, answered_by: Some(answer.by), ..report }
        }
        Err(end) => StepReport { reason: Some(report::reason(end.reason(), mask)), ..report },
    }
}
