//! Who hears how a deployment goes while it runs.

use engine::run::Plan;
use schema::name::Name;

/// Hears of a deployment while it runs; a report tells of it only when it is over, and quotes only
/// the end of what was written. Everything is called on the thread of the run, which waits.
pub trait Listener: Send + Sync {
    /// A step that was begun has ended, for `target` if it ran for one. `kept` is what was kept of
    /// the output of all its attempts: at most [`schema::limits::STEP_OUTPUT_BYTES_MAX`] of text
    /// that is safe to show, secrets masked. The health program of a target that is down is heard
    /// too, as the step `health`.
    fn output(&self, plan: &Plan, step: &Name, target: Option<&Name>, kept: &str);

    /// The manual step `step` is reached, and waits until [`crate::Control::answer`] is called,
    /// which may be at once, even from here.
    fn awaits(&self, plan: &Plan, step: &Name);
}
