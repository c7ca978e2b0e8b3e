//! Which steps are begun, after what happened so far.
//!
//! | so far | *success* | *failure* | *always* |
//! | --- | --- | --- | --- |
//! | nothing failed | yes | | yes |
//! | something failed | | yes | yes |
//! | a person cancelled | | | yes, but manual ones: nobody would end their wait |
//! | the node stops | | | |
//!
//! How a deployment ended is how the first thing ended that was no success.

use schema::latest::Outcome;
use schema::latest::model::{Condition, Step, Work};

/// Whether a step is begun in a deployment that so far went like this.
pub(crate) const fn begins(step: &Step, so_far: Outcome) -> bool {
    match (so_far, step.when) {
        (Outcome::Succeeded, Condition::Success | Condition::Always)
        | (Outcome::Failed, Condition::Failure | Condition::Always) => true,
        (Outcome::Cancelled, Condition::Always) => matches!(step.work, Work::Run(_)),
        (Outcome::Succeeded, Condition::Failure)
        | (Outcome::Failed | Outcome::Cancelled, Condition::Success)
        | (Outcome::Cancelled, Condition::Failure)
        | (Outcome::Interrupted, _) => false,
    }
}

/// How a deployment went that went like the first before this.
pub(crate) const fn after(so_far: Outcome, this: Outcome) -> Outcome {
    match so_far {
        Outcome::Succeeded => this,
        Outcome::Failed | Outcome::Interrupted | Outcome::Cancelled => so_far,
    }
}
