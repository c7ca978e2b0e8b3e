//! What the client tells of its connection, in the words of an operator.

use crate::status::Shared;
use async_nats::{ClientError, ConnectOptions, Event, Server, ServerError};
use std::sync::Arc;
use tokio::sync::watch;

/// Characters of what a server says that are shown. It is a stranger's text.
const SAID_CHARS_MAX: usize = 300;

/// Hears the client.
#[derive(Clone)]
pub(crate) struct Events {
    status: Shared,
    connections: Arc<watch::Sender<u64>>,
    stopped: watch::Receiver<bool>,
}

impl Events {
    pub(crate) fn new(
        status: Shared,
        connections: watch::Sender<u64>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self { status, connections: Arc::new(connections), stopped }
    }

    /// Lets the client tell.
    pub(crate) fn attach(self, options: ConnectOptions) -> ConnectOptions {
        let hearing = self.clone();
        let options = options.event_callback(move |event| {
            hearing.hear(&event);
            async {}
        });
        // The client asks this before each attempt to connect. Only here does it say why the
        // last one failed: its events keep the kind and lose the reason.
        options.reconnect_to_server_callback(move |servers, _| {
            self.attempt(&servers);
            let stopped = self.stopped.clone();
            async move {
                // The client goes on for ever without a server, also when nobody needs it any more.
                if *stopped.borrow() || stopped.has_changed().is_err() {
                    std::future::pending::<()>().await;
                }
                None
            }
        })
    }

    fn attempt(&self, servers: &[Server]) {
        let failures: Vec<_> = servers
            .iter()
            .filter_map(|server| server.last_error.as_ref().map(|why| (server, why)))
            // Not the whole address: it may hold a password.
            .map(|(Server { addr, .. }, why)| (addr.host(), addr.port(), unreachable(&said(why))))
            .map(|(host, port, why)| format!("{host}:{port}: {why}"))
            .collect();
        if !failures.is_empty() {
            self.status.disconnected(&failures.join("; "));
        }
    }

    fn hear(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.status.connected();
                self.connections.send_modify(|count| *count += 1);
            }
            Event::Disconnected => self.status.disconnected("the connection to the server is cut"),
            // Only we close it, at the end.
            Event::Closed => self.status.count(|status| status.connected = false),
            Event::ServerError(ServerError::AuthorizationViolation) => {
                self.status.disconnected("the server does not know these credentials any more");
            }
            Event::ServerError(error) => self.status.denied(&said(&error.to_string())),
            // A name that leads nowhere is no failure of a server, so no server has it.
            Event::ClientError(ClientError::Other(kind)) if kind.starts_with("DNS") => {
                self.status.disconnected("the name of the server leads to no address");
            }
            // Why is known at the next attempt, which follows at once.
            Event::ClientError(_) => {}
            Event::SlowConsumer(_) => self.status.count(|status| status.not_stored += 1),
            Event::LameDuckMode | Event::Draining => {}
        }
    }
}

/// What an operator can do something about.
pub(crate) fn unreachable(why: &str) -> String {
    if why.contains("authorization violation") {
        format!("the server does not know these credentials ({why})")
    } else if why.contains("InvalidContentType") {
        format!("TLS is required and the server speaks none ({why})")
    } else if why.to_lowercase().contains("certificate") {
        format!("the certificate is not accepted ({why})")
    } else {
        format!("the server cannot be reached ({why})")
    }
}

/// What a stranger said, fit to be shown on a line.
pub(crate) fn said(text: &str) -> String {
    let text = text.trim_start_matches("nats: ");
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(SAID_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_one_short_line() {
        assert_eq!(said("nats: no\r\n\u{1b}[2Jway"), "no   [2Jway");
        assert_eq!(said(&"x".repeat(5_000)).len(), SAID_CHARS_MAX);
    }
}
