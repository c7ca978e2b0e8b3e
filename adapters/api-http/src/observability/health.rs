//! Whether a node lives, and whether each of its spaces is open: for whoever starts it again or
//! sends it work. Without the operator's token nothing is said that has a name in it.

use super::Observer;
use super::survey::{PATIENCE, Said};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use std::sync::Arc;

/// The node answers.
#[derive(Debug, Serialize)]
pub(super) struct Live {
    live: bool,
}

/// Whether the node can work, and each space.
#[derive(Debug, Serialize)]
pub(super) struct Ready {
    /// Whether every space is open.
    ready: bool,
    spaces: Vec<Space>,
}

/// One space.
#[derive(Debug, Serialize)]
struct Space {
    /// Its name; only for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    space: Option<String>,
    /// `open`, `closed` or `silent`.
    state: &'static str,
    /// Why it is not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

pub(super) async fn live() -> Json<Live> {
    Json(Live { live: true })
}

pub(super) async fn ready(
    State(observer): State<Arc<Observer>>,
    headers: HeaderMap,
) -> (StatusCode, Json<Ready>) {
    let named = observer.is_operated(&headers);
    let said = observer.health.ask(&observer.node, |_, _| ()).await;
    let ready = said.iter().all(|(_, said)| matches!(said, Said::Open(())));
    let spaces = said.into_iter().map(|(name, said)| {
        let (state, why) = match said {
            Said::Open(()) => ("open", None),
            // A fault may quote a path, and a path has the name of its space in it.
            Said::Closed(_) if !named => ("closed", Some("closed by a failure".to_owned())),
            Said::Closed(why) => ("closed", Some(why)),
            Said::Nothing => ("silent", Some(format!("no answer in {} s", PATIENCE.as_secs()))),
        };
        Space { space: named.then(|| name.to_string()), state, why }
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, spaces: spaces.collect() }))
}
