//! When a space appended events, told by the node's own trace, so that nobody has to ask.

use super::clock::now_ns;
use crate::Failure;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Where the node traces each entry once its turn is durable and folded.
const TARGET: &str = "interspace::entries";

/// The events that are measured.
const EVENT: &str = "environments.published";

/// The next event comes within this time.
const NEXT_MAX: Duration = Duration::from_secs(60);

/// The times of events that were appended, in order.
#[derive(Debug)]
pub(crate) struct Appended {
    times_ns: Receiver<u64>,
}

impl Appended {
    /// Hears what every space of this process appends, from now on.
    pub(crate) fn hear() -> Result<Self, Failure> {
        let (sender, times_ns) = channel();
        tracing::subscriber::set_global_default(Ear { sender: Mutex::new(sender) })?;
        Ok(Self { times_ns })
    }

    /// When the next event was appended, which nobody has asked for yet.
    pub(crate) fn next_ns(&self) -> Result<u64, Failure> {
        Ok(self.times_ns.recv_timeout(NEXT_MAX)?)
    }
}

/// Hears the trace.
struct Ear {
    sender: Mutex<Sender<u64>>,
}

/// Whether the event is one that is measured.
struct Named(bool);

impl Visit for Named {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0 |= field.name() == "event" && value == EVENT;
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn event(&self, event: &Event<'_>) {
        let at_ns = now_ns();
        let mut named = Named(false);
        event.record(&mut named);
        if named.0
            && let Ok(sender) = self.sender.lock()
        {
            // The process may be at its end.
            let _ = sender.send(at_ns);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_events_that_are_measured_are_heard() {
        let (sender, times_ns) = channel();
        let before_ns = now_ns();
        tracing::subscriber::with_default(Ear { sender: Mutex::new(sender) }, || {
            tracing::info!(target: "interspace::entries", event = "space.founded", "appended");
            tracing::info!(target: "elsewhere", event = "environments.published", "appended");
            tracing::info!(target: "interspace::entries", event = EVENT, "appended");
        });
        let heard: Vec<_> = times_ns.iter().collect();
        assert!(matches!(*heard, [at_ns] if at_ns >= before_ns), "{heard:?}");
    }
}
