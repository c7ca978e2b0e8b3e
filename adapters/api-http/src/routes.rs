//! The routes: what is asked becomes commands and looks, what comes back becomes JSON.

mod keys;
mod reading;
mod writing;

use crate::authority::{Who, bearer};
use crate::port::{Node, Trouble};
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use engine::engine::Engine;
use engine::step::Now;
use schema::id::SpaceId;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tower_http::limit::RequestBodyLimitLayer;

/// Largest body of a request that is not a package, in bytes.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What every route has.
#[derive(Clone)]
pub(crate) struct Context {
    node: Arc<dyn Node>,
    address: SocketAddr,
}

/// All routes over `node`, which listens on `address` until `stop`.
pub(crate) fn all(node: Arc<dyn Node>, address: SocketAddr, stop: watch::Receiver<bool>) -> Router {
    let pages = crate::pages::routes(Arc::clone(&node), address, stop);
    let context = Context { node, address };
    let bounded = Router::new()
        .route("/v1/spaces", get(reading::spaces).post(writing::found))
        .route("/v1/spaces/{space}", get(reading::space))
        .route("/v1/spaces/{space}/certificate", get(reading::certificate))
        .route("/v1/spaces/{space}/configuration", put(writing::apply))
        .route("/v1/spaces/{space}/commands", post(writing::ask))
        .route("/v1/spaces/{space}/dashboard", get(reading::dashboard))
        .route("/v1/spaces/{space}/certificate/x509", get(keys::x509))
        .route("/v1/spaces/{space}/keys", get(keys::show).post(keys::ask))
        .route("/v1/spaces/{space}/recover", post(keys::recover))
        .route("/v1/spaces/{space}/links", get(reading::links))
        .route("/v1/spaces/{space}/packages", get(reading::packages))
        .route("/v1/spaces/{space}/releases", get(reading::releases))
        .route("/v1/spaces/{space}/inbox", get(reading::inbox))
        .route("/v1/spaces/{space}/deployments", get(reading::deployments))
        .route("/v1/spaces/{space}/deployments/{deployment}/output", get(reading::output))
        .route("/v1/spaces/{space}/journey", get(reading::journey))
        .route("/v1/spaces/{space}/audit/verify", get(reading::verify))
        .route("/v1/spaces/{space}/audit/trail", get(reading::trail))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX));
    let packages = Router::new()
        .route("/v1/spaces/{space}/packages/{id}/{version}", put(writing::push))
        .layer(axum::extract::DefaultBodyLimit::disable());
    bounded
        .merge(packages)
        .merge(crate::observability::routes(Arc::clone(&context.node)))
        .fallback(|| async {
            Problem::not_found(
                "there is no such address here",
                "see the list of routes in the docs",
            )
        })
        .with_state(context.clone())
        .merge(pages)
        .layer(from_fn(crate::pages::nowhere))
        .layer(from_fn_with_state(context, guard))
}

/// Lets through only requests for this very address: a name that somebody else points at loopback
/// does not reach the interface.
async fn guard(State(context): State<Context>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let expected = context.address.to_string();
    let local = format!("localhost:{}", context.address.port());
    if host.is_some_and(|host| host == expected || host == local) {
        next.run(request).await
    } else {
        let title = "the request is for another host";
        Problem::new(StatusCode::MISDIRECTED_REQUEST, "denied", title, "use the node's own address")
            .into_response()
    }
}

type Answer<T> = Result<Json<T>, Problem>;

/// Runs something that blocks on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|failed| {
        tracing::error!(%failed, "a request failed");
        let title = "the request failed inside the node";
        let hint = "the node's output says more; this is a mistake of ours";
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", title, hint))
    })
}

impl Context {
    /// The space that a path names, by name or id, for somebody who may enter it.
    fn enter(
        &self,
        headers: &axum::http::HeaderMap,
        space: &str,
    ) -> Result<(Who, SpaceId), Problem> {
        let who = bearer(headers, &*self.node)?;
        let spaces = self.node.spaces();
        let found = spaces
            .iter()
            .find(|(id, name)| name.as_str() == space || id.to_string() == space)
            .map(|(id, _)| *id);
        let Some(id) = found else {
            let names: Vec<&str> = spaces.iter().map(|(_, name)| name.as_str()).collect();
            let hint = if names.is_empty() {
                "this node has no spaces yet: `interspace space create NAME`".to_owned()
            } else {
                format!("the spaces of this node are: {}", names.join(", "))
            };
            return Err(Problem::not_found(format!("there is no space {space} here"), &hint));
        };
        who.may_enter(&id)?;
        Ok((who, id))
    }

    /// What `look` sees between two turns of a space.
    fn look<T: Send + 'static>(
        &self,
        space: &SpaceId,
        look: impl FnOnce(&Engine, Now) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.node.look(
            space,
            Box::new(move |engine, now| {
                let _ = sender.send(look(engine, now));
            }),
        )?;
        let gone = || Trouble::Closed("the node stops".to_owned()).into();
        receiver.recv().map_err(|_| gone())
    }
}
