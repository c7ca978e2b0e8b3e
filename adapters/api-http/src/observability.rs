//! What watches a node: metrics for Prometheus, and whether it lives and is ready.
//!
//! All of it is taken from the spaces at the moment of asking. A space that does not answer in
//! time counts as not answering, and holds up neither the others nor who asked.

mod exposition;
mod health;
mod measure;
mod survey;

use crate::authority::{Who, borne};
use crate::gate::{Asked, Gate, Gated, Keeper, Route};
use crate::port::{Carriage, Node};
use crate::problem::Problem;
use crate::throttle::Throttle;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schema::hash::{Domain, Hash, hash};
use schema::name::Name;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use survey::Survey;

/// The text format of Prometheus as OpenMetrics fixed it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What these routes have.
struct Observer {
    node: Arc<dyn Node>,
    /// When the node opened its interface, seconds since 1970.
    start_s: f64,
    /// Two, so that whoever asks without a token keeps nobody from measuring.
    metrics: Arc<Survey>,
    health: Arc<Survey>,
    throttle: Throttle,
}

/// The routes. Each decides by itself whom it tells what: no space is asked who somebody is.
fn gated() -> Gated<Arc<Observer>> {
    Gated::new()
        .at(Method::GET, "/metrics", Gate::Anybody, metrics_of)
        .at(Method::GET, "/health/live", Gate::Anybody, health::live)
        .at(Method::GET, "/health/ready", Gate::Anybody, health::ready)
}

/// What is registered here.
pub(crate) fn table() -> Vec<Route> {
    gated().table()
}

/// The routes over `node`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(node: Arc<dyn Node>) -> Router<S> {
    let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (metrics, health) = (Arc::default(), Arc::default());
    let observer = Observer {
        node,
        start_s: start.as_secs_f64(),
        metrics,
        health,
        throttle: Throttle::default(),
    };
    let observer = Arc::new(observer);
    gated().over(&observer).with_state(observer)
}

impl Keeper for Arc<Observer> {
    fn node(&self) -> &Arc<dyn Node> {
        &self.node
    }

    fn token(&self, headers: &HeaderMap) -> Result<Hash, Problem> {
        borne(headers)
    }

    fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    fn refuse(&self, _: &Asked, problem: Problem, _: Option<&Who>) -> Response {
        problem.into_response()
    }
}

impl Observer {
    /// Whether a request bears the operator's token. No space is asked for it: one that hangs must
    /// not keep the operator out.
    fn is_operated(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let token = token.map(|token| -> Hash { hash(Domain::Token, &[token.trim().as_bytes()]) });
        // What is compared are hashes of 256 random bits; the time it takes tells nothing of them.
        token == Some(self.node.operator())
    }
}

/// The carrier of each space that has one. No space is asked for it: what a space that hangs cannot
/// say, its carrier still does.
async fn carriers(node: &Arc<dyn Node>) -> Vec<(Name, Carriage)> {
    let node = Arc::clone(node);
    let carriers = move || {
        let spaces = node.spaces().into_iter();
        spaces.filter_map(|(id, name)| Some((name, node.carriage(&id)?))).collect()
    };
    tokio::task::spawn_blocking(carriers).await.unwrap_or_default()
}

async fn metrics_of(State(observer): State<Arc<Observer>>, headers: HeaderMap) -> Response {
    if !observer.is_operated(&headers) {
        // Labels name spaces and peers.
        return Problem::unauthorized("the operator's token is needed").into_response();
    }
    let said = observer.metrics.ask(&observer.node, measure::measure).await;
    let carriers = carriers(&observer.node).await;
    match exposition::write(observer.start_s, &said, &carriers) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(why) => {
            tracing::error!(%why, "metrics could not be written");
            let (title, hint) = ("the metrics could not be written", "this is a mistake of ours");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", title, hint).into_response()
        }
    }
}
