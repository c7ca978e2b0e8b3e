//! What a carrier knows of itself: for the operator, never for the protocol.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long something that the server denied is shown as trouble after the last time.
const DENIAL_SHOWN: Duration = Duration::from_secs(60);

/// How a carrier is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether there is a connection to a server now.
    pub connected: bool,
    /// The server's version and name, once it was reached.
    pub server: Option<String>,
    /// What is wrong, in the server's words where it said so; none while all is well.
    pub trouble: Option<String>,
    /// Envelopes that the server has stored.
    pub stored: u64,
    /// Envelopes that it did not store, or that there was no room for: they are sent again.
    pub not_stored: u64,
    /// Envelopes that were taken from the server.
    pub taken: u64,
    /// Messages that came under a subject where they do not belong.
    pub misplaced: u64,
    /// Connections made since the start.
    pub connections: u64,
}

/// What can be wrong; each is mended by something else.
#[derive(Debug, Default)]
struct Troubles {
    /// No connection. Mended by one.
    connection: Option<String>,
    /// Streams or consumers cannot be made. Mended when they can.
    layout: Option<String>,
    /// The server denied something. Forgotten when it has not done so for a while.
    denial: Option<(String, Instant)>,
}

#[derive(Debug, Default)]
struct Known {
    status: Status,
    troubles: Troubles,
}

/// A handle on the status of a carrier.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Known>>);

impl Shared {
    pub(crate) fn now(&self) -> Status {
        let known = self.lock();
        let Troubles { connection, layout, denial } = &known.troubles;
        let denial = denial.as_ref().filter(|(_, at)| at.elapsed() < DENIAL_SHOWN);
        let denial = denial.map(|(what, _)| what.clone());
        let trouble = connection.clone().or(denial).or_else(|| layout.clone());
        Status { trouble, ..known.status.clone() }
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Status)) {
        count(&mut self.lock().status);
    }

    pub(crate) fn connected(&self, server: String) {
        let mut known = self.lock();
        known.status.connected = true;
        known.status.connections += 1;
        known.status.server = Some(server);
        known.troubles.connection = None;
        known.troubles.denial = None;
    }

    pub(crate) fn disconnected(&self, why: &str) {
        let mut known = self.lock();
        known.status.connected = false;
        news(&mut known.troubles.connection, Some(why.to_owned()));
    }

    pub(crate) fn layout(&self, trouble: Option<String>) {
        news(&mut self.lock().troubles.layout, trouble);
    }

    pub(crate) fn denied(&self, what: &str) {
        let mut known = self.lock();
        let mut before = known.troubles.denial.take().map(|(what, _)| what);
        news(&mut before, Some(what.to_owned()));
        known.troubles.denial = before.map(|what| (what, Instant::now()));
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.lock().status.connected
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Every change is whole at once.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets a trouble, and traces it when it is news.
fn news(known: &mut Option<String>, now: Option<String>) {
    match &now {
        Some(what) if *known != now => {
            tracing::warn!(trouble = %what, "the carrier over NATS has trouble");
        }
        None if known.is_some() => tracing::info!("the carrier over NATS has no trouble any more"),
        Some(_) | None => {}
    }
    *known = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_shown_until_what_mends_it() {
        let status = Shared::default();
        status.layout(Some("no stream".to_owned()));
        status.disconnected("refused");
        assert_eq!(status.now().trouble.as_deref(), Some("refused"));
        status.connected("2.9.10".to_owned());
        assert_eq!(status.now().trouble.as_deref(), Some("no stream"));
        status.denied("Permissions Violation");
        assert_eq!(status.now().trouble.as_deref(), Some("Permissions Violation"));
        status.connected("2.9.10".to_owned());
        status.layout(None);
        assert_eq!(status.now().trouble, None);
    }
}
