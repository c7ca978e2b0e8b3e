//! What an operator is told of a server before anything depends on it.

mod finding;
pub(crate) mod layout;
pub(crate) mod server;

pub use finding::{Finding, Severity};

use crate::settings::{BadSettings, Settings};
use async_nats::jetstream::{Context, ContextBuilder};
use async_nats::{Client, ConnectError, Event};
use schema::id::SpaceId;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a server may take to let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take to answer one question. What it denies it does not answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Looks at a server over a connection of its own, as the space `me` with its `peers`, and changes
/// nothing there. It takes a few seconds at most where the server does not answer, and ends at the
/// first thing without which the rest cannot be looked at.
///
/// Every finding that is not good says in its hint what to do next.
pub async fn examine(settings: &Settings, me: SpaceId, peers: &[SpaceId]) -> Vec<Finding> {
    let visit = match Visit::begin(settings, me).await {
        Ok(visit) => visit,
        Err(finding) => return vec![finding],
    };
    let mut findings = server::examine(&visit, settings).await;
    if !findings.iter().any(Finding::ends_the_visit) {
        findings.extend(layout::examine(&visit, settings, peers).await);
    }
    let _ = visit.client.drain().await;
    findings
}

/// The same of the server alone, whatever it holds for anybody.
pub async fn examine_server(settings: &Settings, me: SpaceId) -> Vec<Finding> {
    match Visit::begin(settings, me).await {
        Ok(visit) => {
            let findings = server::examine(&visit, settings).await;
            let _ = visit.client.drain().await;
            findings
        }
        Err(finding) => vec![finding],
    }
}

/// A connection that asks and sends nothing.
pub(crate) struct Visit {
    pub(crate) me: SpaceId,
    pub(crate) client: Client,
    pub(crate) context: Context,
    /// What the server denied, in its words.
    denied: Arc<Mutex<Vec<String>>>,
}

impl Visit {
    pub(crate) async fn begin(settings: &Settings, me: SpaceId) -> Result<Self, Finding> {
        let unusable = |why: BadSettings| {
            Finding::problem(
                format!("No connection: {why}."),
                "Correct the settings of the broker.",
            )
        };
        let addresses = settings.addresses().map_err(unusable)?;
        let denied = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&denied);
        let options = settings.options(&me).map_err(unusable)?;
        // Nobody waits for a server that goes away in the middle.
        let options = options.max_reconnects(addresses.len()).event_callback(move |event| {
            if let Event::ServerError(error) = event {
                hearing.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
            }
            async {}
        });
        let client = tokio::time::timeout(CONNECT_TIMEOUT, options.connect(addresses)).await;
        let client = match client {
            Ok(Ok(client)) => client,
            Ok(Err(why)) => return Err(unreachable(&why)),
            Err(_) => {
                let what = "The server cannot be reached: it does not answer.";
                return Err(Finding::problem(what, "Is the address right, and the way open?"));
            }
        };
        let context = ContextBuilder::new().timeout(ANSWER_TIMEOUT).build(client.clone());
        Ok(Self { me, client, context, denied })
    }

    /// What the server denied so far, in its words.
    pub(crate) fn denied(&self) -> Vec<String> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the server denied last, as the end of a sentence.
    pub(crate) fn denials(&self) -> String {
        let denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.last().map(|what| format!(" ({})", crate::events::said(what))).unwrap_or_default()
    }
}

fn unreachable(error: &ConnectError) -> Finding {
    let why = crate::events::unreachable(&crate::events::said(&error.to_string()));
    let hint = if why.contains("credentials") {
        "Compare the credentials with those that the operator of the server gave you."
    } else if why.contains("certificate") {
        "Set the authority that signed the server's certificate, and use the name in it."
    } else if why.contains("TLS") {
        "Let the server speak TLS, or do not require it."
    } else {
        "Is the server up, the address right, and the way open?"
    };
    Finding::problem(format!("No connection: {why}."), hint)
}
