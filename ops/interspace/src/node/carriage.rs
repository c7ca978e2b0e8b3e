//! How the spaces of a node reach those of other nodes.

use crate::failure::{Failure, code};
use crate::node::config::Config;
use crate::node::owner::Mail;
use engine::step::Input;
use schema::id::SpaceId;
use schema::name::Name;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use tokio::runtime::Handle;
use transport_nats::{BadSettings, Carrier, Delivery, Finding, Settings, Severity};

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
        let receive = move |delivery| deliver(&mailbox, delivery);
        let started = Carrier::start(&self.runtime, &settings, space, Arc::new(receive));
        started.map(Some).map_err(|why| unusable(name, &why))
    }

    /// Ends a carrier. What was sent before is given a while to leave.
    pub(crate) fn end(&self, carrier: &Carrier) {
        self.runtime.block_on(carrier.stop());
    }
}

/// Puts what came into the mailbox of the space. What there is no room for stays with the server.
fn deliver(mailbox: &SyncSender<Mail>, delivery: Delivery) -> bool {
    match delivery {
        Delivery::Envelope { envelope, taken } => {
            let durable = taken
                .map(|taken| -> Box<dyn FnOnce() + Send> { Box::new(move || taken.durable()) });
            mailbox.try_send(Mail::Envelope { envelope, durable }).is_ok()
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
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| Failure::new(code::FAILED, why, "try again"))
}

fn unusable(space: &Name, why: &BadSettings) -> Failure {
    let hint = match why {
        BadSettings::TooOpen(path, _) => format!("`chmod 600 {}`", path.display()),
        BadSettings::Unreadable(..)
        | BadSettings::NotThat(..)
        | BadSettings::NoAddress(..)
        | BadSettings::NoServer => "correct [nats] in the node's configuration".to_owned(),
    };
    Failure::new(code::FAILED, format!("{space} cannot reach a server: {why}"), hint)
}
