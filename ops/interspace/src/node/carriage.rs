//! How the spaces of a node reach those of other nodes.

use crate::failure::{Failure, code};
use crate::node::config::Config;
use crate::node::owner::{Mail, OnDurable};
use api_http::port::Carriage as Carried;
use engine::step::Input;
use packages_feed::Feed;
use schema::id::SpaceId;
use schema::name::Name;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use tokio::runtime::Handle;
use transport_nats::{BadSettings, Carrier, Delivery, Finding, Settings, Severity, Status, Taken};

/// Bytes of stored envelopes that may wait for a space. What is beyond stays with the server.
const STORED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of signals that may wait for a space, beside what is stored: whoever may write to a server
/// can send as many as it likes. What is beyond is lost, as any signal may be.
const SIGNALS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What makes carriers.
pub(crate) struct Carriage {
    config: Config,
    runtime: Handle,
}

impl Carriage {
    pub(crate) const fn new(config: Config, runtime: Handle) -> Self {
        Self { config, runtime }
    }

    /// The file and the server that it was told of.
    pub(crate) fn origin(&self) -> (Option<PathBuf>, Option<String>) {
        (self.config.file.clone(), self.config.server.clone())
    }

    /// Whether a space of this name could be carried for, before it is made.
    pub(crate) fn check(&self, name: &Name) -> Result<(), Failure> {
        self.feed(name)?;
        let settings = self.config.settings(Some(name))?;
        let checked = settings.map_or(Ok(()), |settings| settings.check());
        checked.map_err(|why| unusable(name, &why))
    }

    /// Where a space takes its packages from, if not from who sends it releases.
    pub(crate) fn feed(&self, space: &Name) -> Result<Option<Feed>, Failure> {
        let feed = self.config.feed(Some(space))?.map(|settings| Feed::new(&settings)).transpose();
        feed.map_err(|why| {
            let what = format!("{space} cannot take packages from its feed: {why}");
            Failure::new(code::FAILED, what, "correct [packages] in the node's configuration")
        })
    }

    /// The carrier of a space, if it has one.
    pub(crate) fn carrier(
        &self,
        name: &Name,
        space: SpaceId,
        mailbox: SyncSender<Mail>,
    ) -> Result<Option<Carrier>, Failure> {
        let Some(settings) = self.config.settings(Some(name))? else {
            return Ok(None);
        };
        let waiting = Waiting::default();
        let receive = move |delivery| deliver(&mailbox, &waiting, delivery);
        let started = Carrier::start(&self.runtime, &settings, space, Arc::new(receive));
        started.map(Some).map_err(|why| unusable(name, &why))
    }

    /// Ends a carrier. What was sent before is given a while to leave.
    pub(crate) fn end(&self, carrier: &Carrier) {
        self.runtime.block_on(carrier.stop());
    }
}

/// How a carrier is, for those who ask the node.
pub(crate) fn carried(status: Status) -> Carried {
    Carried {
        over: "NATS",
        connected: status.connected,
        server: status.server,
        disconnected_at_ms: status.disconnected_at_ms,
        trouble: status.trouble,
        stored: status.stored,
        not_stored: status.not_stored,
        taken: status.taken,
        connections: status.connections,
    }
}

/// Bytes that wait for a space.
#[derive(Default)]
struct Waiting {
    stored: Arc<AtomicUsize>,
    signals: Arc<AtomicUsize>,
}

/// The room that one envelope takes, until the turn that looked at it is over.
struct Room {
    waiting: Arc<AtomicUsize>,
    bytes: usize,
}

impl Room {
    fn take(waiting: &Arc<AtomicUsize>, bytes: usize, bytes_max: usize) -> Option<Self> {
        // Given back at once if it is too much.
        let room = Self { waiting: Arc::clone(waiting), bytes };
        let before = waiting.fetch_add(bytes, Ordering::Relaxed);
        (before.saturating_add(bytes) <= bytes_max).then_some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Puts what came into the mailbox of the space. What there is no room for stays with the server.
fn deliver(mailbox: &SyncSender<Mail>, waiting: &Waiting, delivery: Delivery) -> bool {
    match delivery {
        Delivery::Envelope { envelope, taken } => {
            let (waiting, bytes_max) = match &taken {
                Some(_) => (&waiting.stored, STORED_BYTES_MAX),
                None => (&waiting.signals, SIGNALS_BYTES_MAX),
            };
            let Some(room) = Room::take(waiting, envelope.len(), bytes_max) else {
                return false;
            };
            let durable: OnDurable = Box::new(move || {
                drop(room);
                taken.into_iter().for_each(Taken::durable);
            });
            mailbox.try_send(Mail::Envelope { envelope, durable: Some(durable) }).is_ok()
        }
        Delivery::Connected { peer, envelope_bytes_max } => {
            let carries = Input::Carries { peer, envelope_bytes_max };
            mailbox.try_send(Mail::Input(carries)).is_ok()
                && mailbox.try_send(Mail::Input(Input::Connected(peer))).is_ok()
        }
    }
}

/// Fails where a server cannot carry for a node that was started with `config`.
pub(crate) fn must_serve(config: &Config, server: &str) -> Result<(), Failure> {
    let Some(settings) = config.settings(None)? else { return Ok(()) };
    // There is no space yet.
    let nobody = SpaceId([0; 32]);
    let found = runtime()?.block_on(transport_nats::examine_server(&settings, nobody));
    let problem = found.into_iter().find(|finding| finding.severity == Severity::Problem);
    problem.map_or(Ok(()), |Finding { what, hint, .. }| {
        Err(Failure::new(code::UNREACHABLE, format!("{server}: {what}"), hint))
    })
}

/// Looks at a server as one space, and changes nothing there.
pub(crate) fn examine(
    settings: &Settings,
    me: SpaceId,
    peers: &[SpaceId],
) -> Result<Vec<Finding>, Failure> {
    Ok(runtime()?.block_on(transport_nats::examine(settings, me, peers)))
}

/// A small runtime for one look.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| Failure::new(code::FAILED, why, "try again"))
}

fn unusable(space: &Name, why: &BadSettings) -> Failure {
    let hint = match why {
        BadSettings::TooOpen(path, _) => format!("`chmod 600 {}`", path.display()),
        BadSettings::Unreadable(..)
        | BadSettings::Unwritable(..)
        | BadSettings::NotThat(..)
        | BadSettings::NoAddress(..)
        | BadSettings::NoServer => "correct [nats] in the node's configuration".to_owned(),
    };
    Failure::new(code::FAILED, format!("{space} cannot reach a server: {why}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn signals_that_wait_are_bounded_in_bytes_until_they_were_looked_at() {
        let (mailbox, receiver) = sync_channel(10_000);
        let waiting = Waiting::default();
        let signal = || Delivery::Envelope { envelope: vec![0; 256 * 1024], taken: None };
        let fill = || (0..1_000).filter(|_| deliver(&mailbox, &waiting, signal())).count();
        assert_eq!(fill(), SIGNALS_BYTES_MAX / (256 * 1024));
        let Ok(Mail::Envelope { durable: Some(durable), .. }) = receiver.recv() else {
            panic!("no envelope");
        };
        assert_eq!(fill(), 0, "it is being looked at");
        durable();
        assert_eq!(fill(), 1);
        drop(receiver);
        assert_eq!(fill(), 0, "nobody is there");
        assert_eq!(waiting.signals.load(Ordering::Relaxed), 0, "what nobody looked at is gone");
    }
}
