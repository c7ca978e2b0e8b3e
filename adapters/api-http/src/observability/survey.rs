//! Asks every space of a node at once and waits for all of them together, but not for long.

use crate::port::{Node, Trouble};
use engine::engine::Engine;
use engine::step::Now;
use schema::id::SpaceId;
use schema::name::Name;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long spaces have to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Questions that a space may owe an answer to; then it is not asked again before it has answered,
/// so that asking for ever costs a space that hangs no more than these threads.
const UNANSWERED_MAX: usize = 2;

/// What came of asking a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said<T> {
    /// It is open, and answered.
    Open(T),
    /// It is closed, and why.
    Closed(String),
    /// It did not answer in time.
    Nothing,
}

/// Asks, and remembers who owes an answer.
#[derive(Debug, Default)]
pub(super) struct Survey {
    unanswered: Mutex<BTreeMap<SpaceId, usize>>,
}

/// One question that is not answered yet.
struct Question {
    survey: Arc<Survey>,
    space: SpaceId,
}

impl Drop for Question {
    fn drop(&mut self) {
        if let Some(count) = self.survey.unanswered().get_mut(&self.space) {
            *count = count.saturating_sub(1);
        }
    }
}

impl Survey {
    /// What every space of `node` says when it is looked at, by name.
    pub(super) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        node: &Arc<dyn Node>,
        look: fn(&Engine, Now) -> T,
    ) -> Vec<(Name, Said<T>)> {
        let until = Instant::now() + PATIENCE;
        let known = Arc::clone(node);
        let spaces = tokio::task::spawn_blocking(move || known.spaces()).await;
        let asked: Vec<_> = spaces
            .unwrap_or_default()
            .into_iter()
            .map(|(space, name)| (name, self.question(space), space))
            .map(|(name, question, space)| {
                let node = Arc::clone(node);
                let ask = |question| {
                    tokio::task::spawn_blocking(move || answer(&*node, space, look, question))
                };
                (name, question.map(ask))
            })
            .collect();
        let mut all = Vec::with_capacity(asked.len());
        for (name, asked) in asked {
            let said = match asked {
                None => Said::Nothing,
                Some(answer) => match timeout_at(until, answer).await {
                    Ok(Ok(said)) => said,
                    Ok(Err(_)) => Said::Closed("the question failed inside the node".to_owned()),
                    Err(_) => Said::Nothing,
                },
            };
            all.push((name, said));
        }
        all
    }

    fn unanswered(&self) -> MutexGuard<'_, BTreeMap<SpaceId, usize>> {
        // Every count is whole after every single change.
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to ask a space; none while it owes too many answers.
    fn question(self: &Arc<Self>, space: SpaceId) -> Option<Question> {
        let mut unanswered = self.unanswered();
        let count = unanswered.entry(space).or_default();
        if *count >= UNANSWERED_MAX {
            return None;
        }
        *count += 1;
        Some(Question { survey: Arc::clone(self), space })
    }
}

/// Waits for the answer of one space, for as long as it takes. The question ends with it.
fn answer<T: Send + 'static>(
    node: &dyn Node,
    space: SpaceId,
    look: fn(&Engine, Now) -> T,
    _question: Question,
) -> Said<T> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let asked = node.look(
        &space,
        Box::new(move |engine, now| {
            let _ = sender.send(look(engine, now));
        }),
    );
    match asked {
        Ok(()) => receiver.recv().map_or_else(|_| Said::Closed("it stops".to_owned()), Said::Open),
        Err(Trouble::Closed(why) | Trouble::Failed(why) | Trouble::Conflict(why)) => {
            Said::Closed(why)
        }
    }
}
