//! How the spaces of a node reach those of other nodes.

use crate::failure::{Failure, code};
use crate::node::config::Config;
use crate::node::owner::Mail;
use api_http::port::Carriage as Carried;
use engine::step::Input;
use schema::id::SpaceId;
use schema::name::Name;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use tokio::runtime::Handle;
use transport_nats::{BadSettings, Carrier, Delivery, Status};

/// What makes carriers.
pub(crate) struct Carriage {
    config: Config,
    runtime: Handle,
}

impl Carriage {
    pub(crate) const fn new(config: Config, runtime: Handle) -> Self {
        Self { config, runtime }
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

/// How a carrier is, for those who ask the node.
pub(crate) fn show(status: &Status) -> Carried {
    Carried {
        over: "NATS",
        connected: status.connected,
        server: status.server.clone(),
        disconnected_at_ms: status.disconnected_at_ms,
        trouble: status.trouble.clone(),
        stored: status.stored,
        not_stored: status.not_stored,
        taken: status.taken,
        connections: status.connections,
    }
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
