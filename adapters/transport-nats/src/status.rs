//! What a carrier knows of itself: for the operator, never for the protocol.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long something that the server denied is shown as trouble after the last time. More than
/// an idle space is silent.
const DENIAL_SHOWN: Duration = Duration::from_secs(90);

/// How long another denial waits until it takes the place of the one that is shown. Under a flood
/// of two they would take turns, and each turn is traced.
const DENIAL_STAYS: Duration = Duration::from_secs(5);

/// Denials that are remembered, so that what would be denied again is not even tried.
const DENIALS_MAX: usize = 256;

/// How a carrier is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether there is a connection to a server now.
    pub connected: bool,
    /// Since when there is none, milliseconds since 1970; none while there is one, and before the
    /// first try has failed.
    pub disconnected_at_ms: Option<u64>,
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
    /// Messages that came under a subject where they do not belong, or are larger than any
    /// envelope.
    pub misplaced: u64,
    /// Connections made since the start.
    pub connections: u64,
}

/// What can be wrong; each is mended by something else.
#[derive(Debug, Default)]
struct Troubles {
    /// No connection. Mended by one.
    connection: Option<String>,
    /// Streams or consumers that cannot be used, by name. Mended when they can.
    layout: BTreeMap<String, String>,
    /// The server denied something. Forgotten when it has not done so for a while.
    denial: Option<(String, Instant)>,
}

#[derive(Debug, Default)]
struct Known {
    status: Status,
    troubles: Troubles,
    /// What was denied just now, of which only one is shown, and when that was last.
    denials: BTreeMap<String, Instant>,
    /// Subscriptions that the server has denied, ever.
    subscriptions_denied: u64,
    /// Whether one to our own inbox was among them, on this connection.
    inbox_denied: bool,
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
        let layout = || layout.values().next().cloned();
        let trouble = connection.clone().or(denial).or_else(layout);
        Status { trouble, ..known.status.clone() }
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Status)) {
        count(&mut self.lock().status);
    }

    pub(crate) fn connected(&self) {
        let mut known = self.lock();
        known.status.connected = true;
        known.status.connections += 1;
        known.status.disconnected_at_ms = None;
        known.inbox_denied = false;
        news(&mut known.troubles.connection, None);
        known.troubles.denial = None;
        known.denials.clear();
    }

    pub(crate) fn disconnected(&self, why: &str) {
        let mut known = self.lock();
        known.status.connected = false;
        known.status.disconnected_at_ms.get_or_insert_with(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
        });
        news(&mut known.troubles.connection, Some(why.to_owned()));
    }

    /// What is wrong with the stream or consumer `name`, or that nothing is.
    pub(crate) fn layout(&self, name: &str, trouble: Option<String>) {
        let mut known = self.lock();
        let mut this = known.troubles.layout.remove(name);
        news(&mut this, trouble);
        if let Some(trouble) = this {
            known.troubles.layout.insert(name.to_owned(), trouble);
        }
    }

    pub(crate) fn denied(&self, what: &str) {
        let mut known = self.lock();
        if what.contains("Violation for Subscription") {
            known.subscriptions_denied += 1;
            known.inbox_denied |= what.contains("_INBOX.");
        }
        known.denials.retain(|_, at| at.elapsed() < DENIAL_STAYS);
        if known.denials.len() < DENIALS_MAX || known.denials.contains_key(what) {
            known.denials.insert(what.to_owned(), Instant::now());
        }
        let before = known.troubles.denial.take().filter(|(_, at)| at.elapsed() < DENIAL_SHOWN);
        known.troubles.denial = match before {
            Some((other, at)) if other != what && at.elapsed() < DENIAL_STAYS => Some((other, at)),
            before => {
                let mut before = before.map(|(what, _)| what);
                news(&mut before, Some(what.to_owned()));
                before.map(|what| (what, Instant::now()))
            }
        };
    }

    /// What is for this subject is not denied, or not any more.
    pub(crate) fn allowed(&self, subject: &str) {
        let mut known = self.lock();
        known.denials.retain(|what, _| !what.contains(subject));
        if known.troubles.denial.as_ref().is_some_and(|(what, _)| what.contains(subject)) {
            known.troubles.denial = None;
            tracing::info!(%subject, "the server denies this no more");
        }
    }

    /// Whether what is for this subject was denied just now, and would be again.
    pub(crate) fn is_denied(&self, subject: &str) -> bool {
        let known = self.lock();
        let mut denials = known.denials.iter();
        denials.any(|(what, at)| at.elapsed() < DENIAL_STAYS && what.contains(subject))
    }

    /// Subscriptions that the server has denied since the start.
    pub(crate) fn subscriptions_denied(&self) -> u64 {
        self.lock().subscriptions_denied
    }

    /// Whether one of them was to our own inbox, on this connection.
    pub(crate) fn inbox_was_denied(&self) -> bool {
        self.lock().inbox_denied
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
        status.layout("a", Some("no stream".to_owned()));
        status.layout("b", Some("no consumer".to_owned()));
        assert_eq!(status.now().disconnected_at_ms, None, "it was not tried yet");
        status.disconnected("refused");
        let since = status.now().disconnected_at_ms;
        status.disconnected("refused");
        assert!(since.is_some() && status.now().disconnected_at_ms == since, "it stays");
        assert_eq!(status.now().trouble.as_deref(), Some("refused"));
        status.connected();
        assert_eq!(status.now().disconnected_at_ms, None);
        assert_eq!(status.now().trouble.as_deref(), Some("no stream"));
        status.denied("Permissions Violation for \"x.y\"");
        assert_eq!(status.now().trouble.as_deref(), Some("Permissions Violation for \"x.y\""));
        assert!(status.is_denied("x.y") && !status.is_denied("x.z"));
        status.allowed("x.z");
        assert!(status.now().trouble.is_some_and(|what| what.contains("x.y")));
        status.allowed("x.y");
        status.layout("a", None);
        assert_eq!(status.now().trouble.as_deref(), Some("no consumer"));
        status.layout("b", None);
        assert_eq!(status.now().trouble, None);
    }

    #[test]
    fn of_several_denials_one_is_shown_and_each_is_known() {
        let status = Shared::default();
        for subject in ["x.y", "x.z"] {
            status.denied(&format!("Permissions Violation for \"{subject}\""));
        }
        assert!(status.now().trouble.is_some_and(|what| what.contains("x.y")));
        assert!(status.is_denied("x.y") && status.is_denied("x.z"));
        status.allowed("x.z");
        assert!(status.is_denied("x.y") && !status.is_denied("x.z"));
        status.connected();
        assert!(!status.is_denied("x.y"));
        for n in 0..10_000 {
            status.denied(&format!("Permissions Violation for \"{n}\""));
        }
        assert_eq!(status.lock().denials.len(), DENIALS_MAX);
    }
}
