//! The deployments that run in a space: each on a thread of its own, with what tells it to end.

use crate::node::directory::lock;
use engine::run::ManualAnswer;
use runner_process::Control;
use schema::id::Position;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// All of one space; clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    stopped: bool,
    running: BTreeMap<Position, (Control, JoinHandle<()>)>,
}

impl Runs {
    /// Begins `work` on a thread. After a stop it is told so before it begins anything.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(crate) fn begin(
        &self,
        deployment: Position,
        work: impl FnOnce(&Control) + Send + 'static,
    ) -> std::io::Result<()> {
        let mut known = lock(&self.0);
        known.running.retain(|_, (_, thread)| !thread.is_finished());
        let control = Control::default();
        if known.stopped {
            control.stop();
        }
        let told = control.clone();
        let thread = std::thread::Builder::new().name("deployment".to_owned());
        let thread = thread.spawn(move || work(&told))?;
        known.running.insert(deployment, (control, thread));
        Ok(())
    }

    /// Somebody ends a deployment. One that has ended meanwhile stays as it is.
    pub(crate) fn cancel(&self, deployment: Position) {
        if let Some((control, _)) = lock(&self.0).running.get(&deployment) {
            control.cancel();
        }
    }

    /// Somebody says how a manual step went. Where none waits any more it is nobody's answer.
    pub(crate) fn answer(&self, deployment: Position, answer: ManualAnswer) {
        if let Some((control, _)) = lock(&self.0).running.get(&deployment) {
            control.answer(answer);
        }
    }

    /// Ends everything that runs, and whatever is begun from now on.
    pub(crate) fn stop(&self) {
        let mut known = lock(&self.0);
        known.stopped = true;
        for (control, _) in known.running.values() {
            control.stop();
        }
    }

    /// Whether everything was told to end.
    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.0).stopped
    }

    /// Waits until everything has ended: nothing that a step began outlives the space.
    pub(crate) fn join(&self) {
        let running = std::mem::take(&mut lock(&self.0).running);
        for (_, thread) in running.into_values() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_begun_after_a_stop_is_told_so_and_is_waited_for() {
        let runs = Runs::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        runs.begin(Position(1), move |_| sender.send(()).unwrap()).unwrap();
        runs.stop();
        let late = runs.clone();
        let (told, heard) = std::sync::mpsc::channel();
        runs.begin(Position(2), move |_| told.send(late.is_stopped()).unwrap()).unwrap();
        runs.join();
        assert!(receiver.try_recv().is_ok() && heard.try_recv() == Ok(true));
        // Nobody is there any more.
        runs.cancel(Position(1));
    }
}
