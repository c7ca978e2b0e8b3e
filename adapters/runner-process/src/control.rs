//! What people and the node tell a deployment while it runs: to end, or how a manual step went.

use engine::run::ManualAnswer;
use schema::latest::Outcome;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The handle of one deployment, for those outside of its thread. All its clones are one; it is
/// not used for a second deployment.
///
/// | call | what runs | what follows it | outcome |
/// | --- | --- | --- | --- |
/// | [`stop`](Self::stop) | is ended | nothing | interrupted |
/// | [`cancel`](Self::cancel) | is ended | steps that run *always*, but manual ones | cancelled |
///
/// Where a step had failed before, the deployment has failed all the same. What is said before the
/// first step begins nothing at all.
#[derive(Debug, Clone, Default)]
pub struct Control(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    told: Mutex<Told>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Told {
    stopped: bool,
    cancelled: bool,
    /// The manual step that waits, if one does.
    question: Question,
}

#[derive(Debug, Default)]
enum Question {
    /// No manual step waits.
    #[default]
    None,
    /// One waits.
    Asked,
    /// One waits no longer than until its thread has woken up.
    Answered(ManualAnswer),
}

/// Why a deployment is to end before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The node stops.
    Stopped,
    /// A person said so.
    Cancelled,
}

impl End {
    /// How a deployment, or a step of it, ended that was ended for this.
    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::Stopped => Outcome::Interrupted,
            Self::Cancelled => Outcome::Cancelled,
        }
    }

    /// What the report of the step says.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Stopped => "the node was stopped",
            Self::Cancelled => "the deployment was cancelled",
        }
    }
}

impl Control {
    /// The node stops: the step that runs is ended soon, and nothing is begun any more. This counts
    /// for more than a cancel, before it or after it.
    pub fn stop(&self) {
        self.tell(|told| told.stopped = true);
    }

    /// A person ended the deployment: the step that runs is ended soon, and of those behind it only
    /// the ones are begun that run always. To say it again changes nothing.
    pub fn cancel(&self) {
        self.tell(|told| told.cancelled = true);
    }

    /// A person said how the manual step went for which the deployment waits. Only the first answer
    /// counts. False where no manual step waits: then this answer is nobody's, and is not kept for
    /// another step.
    pub fn answer(&self, answer: ManualAnswer) -> bool {
        let mut told = self.told();
        let waits = matches!(told.question, Question::Asked);
        if waits {
            told.question = Question::Answered(answer);
        }
        drop(told);
        self.0.changed.notify_all();
        waits
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told());
        self.0.changed.notify_all();
    }

    /// Nothing that happens under this lock can leave half of a change.
    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the deployment is to end.
    pub(crate) fn end(&self) -> Option<End> {
        self.told().end(false)
    }

    /// What counts for a step. It cleans up where a cancel has been answered already, by not
    /// beginning what it was meant for.
    pub(crate) const fn heed(&self, is_cleaning: bool) -> Heed<'_> {
        Heed { control: self, is_cleaning }
    }
}

impl Told {
    fn end(&self, is_cleaning: bool) -> Option<End> {
        match (self.stopped, self.cancelled) {
            (true, _) => Some(End::Stopped),
            (false, true) if !is_cleaning => Some(End::Cancelled),
            (false, _) => None,
        }
    }
}

/// What of a control counts for one step: a cancel does not for a step that cleans up after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heed<'a> {
    control: &'a Control,
    is_cleaning: bool,
}

impl Heed<'_> {
    /// Whether the step is to end.
    pub(crate) fn end(&self) -> Option<End> {
        self.control.told().end(self.is_cleaning)
    }

    /// Waits so long, or until the step is to end.
    pub(crate) fn pause(&self, time: Duration) -> Option<End> {
        let until = Instant::now().checked_add(time);
        let mut told = self.control.told();
        loop {
            if let Some(end) = told.end(self.is_cleaning) {
                return Some(end);
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let changed = &self.control.0.changed;
            told = match left {
                Some(Duration::ZERO) => return None,
                Some(left) => {
                    changed.wait_timeout(told, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => changed.wait(told).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Asks a person, by means of `ask`, and waits for the answer or until the step is to end; for
    /// as long as that takes.
    pub(crate) fn question(&self, ask: impl FnOnce()) -> Result<ManualAnswer, End> {
        // Before it is asked: the answer may be here before `ask` comes back.
        self.control.told().question = Question::Asked;
        ask();
        let mut told = self.control.told();
        loop {
            if let Some(end) = told.end(self.is_cleaning) {
                told.question = Question::None;
                return Err(end);
            }
            match std::mem::take(&mut told.question) {
                Question::Answered(answer) => return Ok(answer),
                Question::Asked | Question::None => told.question = Question::Asked,
            }
            told = self.control.0.changed.wait(told).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const LONG: Duration = Duration::from_secs(1000);

    fn answer(note: &str) -> ManualAnswer {
        let (by, note) = ("ann".parse().unwrap(), note.parse().unwrap());
        ManualAnswer { by, done: true, note }
    }

    #[test]
    fn a_stop_counts_for_more_than_a_cancel_in_whatever_order() {
        let control = Control::default();
        assert_eq!(control.end(), None);
        control.cancel();
        assert_eq!(control.end(), Some(End::Cancelled));
        control.stop();
        control.cancel();
        assert_eq!(control.end(), Some(End::Stopped));
    }

    #[test]
    fn what_cleans_up_after_a_cancel_is_not_ended_by_it_but_by_a_stop() {
        let control = Control::default();
        let (before, after) = (control.heed(false), control.heed(true));
        control.cancel();
        assert_eq!((before.end(), after.end()), (Some(End::Cancelled), None));
        assert_eq!(after.pause(Duration::ZERO), None);
        control.stop();
        assert_eq!(after.pause(LONG), Some(End::Stopped));
    }

    #[test]
    fn a_pause_ends_at_once_with_a_stop() {
        let control = Control::default();
        let ended = thread::scope(|scope| {
            let pause = scope.spawn(|| control.heed(false).pause(Duration::MAX));
            control.stop();
            pause.join().unwrap()
        });
        assert_eq!(ended, Some(End::Stopped));
    }

    #[test]
    fn an_answer_is_for_the_question_that_was_asked_and_for_no_other() {
        let control = Control::default();
        assert!(!control.answer(answer("too early")));
        let got = control.heed(false).question(|| assert!(control.answer(answer("in time"))));
        assert_eq!(got, Ok(answer("in time")));
        let got = control.heed(false).question(|| {
            assert!(control.answer(answer("first")) && !control.answer(answer("second")));
        });
        assert_eq!(got, Ok(answer("first")));
        assert!(!control.answer(answer("too late")));
        assert_eq!(control.heed(false).question(|| control.cancel()), Err(End::Cancelled));
    }
}
